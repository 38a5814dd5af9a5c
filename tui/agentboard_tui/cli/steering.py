"""`pause resume cancel retry escalate answer approve deny message`: what a person tells a run."""

from __future__ import annotations

import argparse
from typing import Any

from agentboard_agents.client import Client
from agentboard_agents.commands import Command
from agentboard_agents.project import Project
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import find_item, find_run, open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["answer", "approve", "cancel", "deny", "escalate", "message", "pause", "resume", "retry", "steer"]

PATIENCE = (
    600.0  # seconds: a step in flight (a long command, a slow model) ends before a pause is acknowledged
)


def pause(options: argparse.Namespace, output: Output) -> int:
    """Hold a run, or all of them, at the next safe point."""
    if options.all == (options.run is not None):
        raise Failure("name a run to pause, or --all", Exit.USAGE)
    if options.all:
        return _tell(options, output, "pause_all", None, "paused")
    return steer(options, output, "pause", "paused")


def resume(options: argparse.Namespace, output: Output) -> int:
    """Let a paused run go on."""
    return steer(options, output, "resume", "resumed")


def cancel(options: argparse.Namespace, output: Output) -> int:
    """End a run; its branch and worktree stay."""
    return steer(options, output, "cancel", "cancelled")


def retry(options: argparse.Namespace, output: Output) -> int:
    """Start a new run of the same task and print its id."""
    return steer(options, output, "retry", "")


def escalate(options: argparse.Namespace, output: Output) -> int:
    """Stop a run at its safe point and ask somebody."""
    return steer(options, output, "escalate", "escalated", to=options.to, reason=options.reason)


def answer(options: argparse.Namespace, output: Output) -> int:
    """Answer an inbox item."""
    return _reply(options, output, " ".join(options.text), None)


def approve(options: argparse.Namespace, output: Output) -> int:
    """Say yes to an inbox item: once, or as far as its options go."""
    scope = options.scope
    if scope == "once":
        return _reply(options, output, "approve", "approve")
    item = find_item(open_store(open_project(options)), options.item)
    wanted = next((option for option in item.options if option.endswith(f"for this {scope}")), None)
    if wanted is None:
        offered = ", ".join(item.options) or "an answer in words"
        raise Failure(f"{item.id} cannot be approved for the whole {scope}; it takes: {offered}", Exit.USAGE)
    return _reply(options, output, wanted, wanted)


def deny(options: argparse.Namespace, output: Output) -> int:
    """Say no to an inbox item."""
    return _reply(options, output, options.reason or "deny", "deny")


def message(options: argparse.Namespace, output: Output) -> int:
    """Tell an agent, or a run, something at its next safe point, which an interrupt brings about now."""
    from agentboard_agents.survey import Unknown, survey

    project = open_project(options)
    text = " ".join(options.text).strip()
    if not text:
        raise Failure("an empty message says nothing", Exit.USAGE)
    store = open_store(project)
    run = store.run(options.to) if store else None
    data: dict[str, Any] = {"text": text, "sender": "human", "interrupt": options.interrupt or None}
    if run is not None:
        return _send(project, options, output, "message", run.id, "queued", **data)
    try:
        agent = survey(project).agent(options.to)
    except Unknown as unknown:
        raise Failure(str(unknown)) from unknown
    return _send(project, options, output, "message", None, "queued", agent=agent.name, **data)


def steer(options: argparse.Namespace, output: Output, kind: str, done: str, **data: Any) -> int:
    """Send a command about a run, wait for what comes of it, and say so."""
    project = open_project(options)
    run = find_run(open_store(project), options.run)
    return _send(project, options, output, kind, run.id, done, **data)


def _reply(options: argparse.Namespace, output: Output, text: str, choice: str | None) -> int:
    project = open_project(options)
    item = find_item(open_store(project), options.item)
    if not text.strip():
        raise Failure("an empty answer says nothing", Exit.USAGE)
    return _send(
        project, options, output, "answer", item.run, "answered", item=item.id, text=text, choice=choice
    )


def _tell(options: argparse.Namespace, output: Output, kind: str, run: str | None, done: str) -> int:
    return _send(open_project(options), options, output, kind, run, done)


def _send(
    project: Project,
    options: argparse.Namespace,
    output: Output,
    kind: str,
    run: str | None,
    done: str,
    **data: Any,
) -> int:
    client = Client(project)
    command = client.send(kind, run, **data)
    if not getattr(options, "no_wait", False):
        command = client.wait(command, PATIENCE)
    return _report(output, command, done)


def _report(output: Output, command: Command, done: str) -> int:
    if command.state == "refused":
        raise Failure(command.reply)
    word = done if command.settled else "asked; not acknowledged yet"
    if output.json:
        output.value(
            {"run": command.run, "kind": command.kind, "state": command.state, "reply": command.reply}
        )
    else:
        output.line(command.reply or f"{command.run or 'all'}: {word}")
    return Exit.DONE
