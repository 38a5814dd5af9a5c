"""`agents tasks runs inbox artifacts`: what the board shows, as text or JSON."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from agentboard_agents import outward
from agentboard_agents.attention import ranked_items
from agentboard_agents.blockers import has_expired
from agentboard_agents.client import Client
from agentboard_agents.escalation import times_raised
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.standing import as_it_stands
from agentboard_agents.survey import survey, survey_at_rest
from agentboard_agents.task_marks import begun_by_hand, in_progress, with_marks
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.opening import find_item, open_project, open_store
from agentboard_tui.cli.output import Output
from agentboard_tui.orders import leave_receipts

__all__ = ["agents", "artifacts", "inbox", "messages", "runs", "tasks"]

Form = dict[str, Any]
Row = Callable[[Form], Sequence[str]]


def agents(options: argparse.Namespace, output: Output) -> int:
    """List the agents that the files define."""
    here = survey(open_project(options))
    found = here.team.agents
    forms = [outward.agent_form(agent, here.config.agent(agent.stem, agent.name)) for agent in found]
    head = ("AGENT", "WORKS BY", "MODEL", "TOOLS", "FILE")
    return _show(output, forms, head, _agent_row, "no agents: write one in .claude/agents/<name>.md")


def tasks(options: argparse.Namespace, output: Output) -> int:
    """List every task, in file order."""
    project = open_project(options)
    here = survey_at_rest(project).workspace
    for path in here.unread:
        output.say(f"{path} cannot be read: none of its tasks is listed (agentboard check says why)")
    found = with_marks(here.tasks, _begun(project))
    forms = [outward.task_form(task) for task in found]
    head = ("TASK", "STATE", "AGENT", "TITLE", "WHERE")
    return _show(output, forms, head, _task_row, "no tasks: write one in .claude/tasks/<agent>-tasks.md")


def runs(options: argparse.Namespace, output: Output) -> int:
    """List the runs, newest first."""
    project = open_project(options)
    store = open_store(project)
    waiting = store.inbox() if store else ()
    forms = outward.run_forms(_runs(project), nested=options.all, inbox=waiting)
    head = ("RUN", "STATE", "AGENT", "TASK", "BRANCH", "TITLE")
    return _show(output, forms, head, _run_row, "no runs yet: agentboard dispatch AGENT --task ID")


def inbox(options: argparse.Namespace, output: Output) -> int:
    """List what waits for a human, the most pressing first."""
    project = open_project(options)
    store = open_store(project)
    if options.item is not None:
        return _whole_item(output, outward.item_form(find_item(store, options.item)))
    items = store.inbox() if store else ()
    found = survey(project)
    raised = partial(times_raised, now=time.time(), minutes=found.config.escalation.blocked_minutes)
    listed = ranked_items(items, found.problems, partial(_written, project), raised)
    forms = [
        {**outward.item_form(item), "raised": raised(item), "expired": has_expired(item)} for item in listed
    ]
    head = ("ITEM", "KIND", "AGENT", "FOR", "SINCE", "TEXT")
    return _show(output, forms, head, _item_row, "nothing needs you")


def _whole_item(output: Output, form: Form) -> int:
    """Show one item with everything that an answer is about."""
    if output.json:
        output.value([form])
        return Exit.DONE
    output.line(f"{form['id']}  {form['kind']} of {form['agent'] or 'nobody'}, since {form['since']}")
    output.raw(form["text"])
    if form["what"]:
        output.line("exactly:")
        output.raw(form["what"])
    if form["answer"] is not None:
        output.line(f"answered: {form['answer']}")
    elif form["options"]:
        output.line(f"answers: {', '.join(form['options'])}")
    return Exit.DONE


def messages(options: argparse.Namespace, output: Output) -> int:
    """List what agents were told, with receipts: queued, delivered, read, acted."""
    project = open_project(options)
    store = open_store(project)
    told = store.messages() if store else []
    forms = [outward.message_form(message) for message in told]
    forms += [form for team in survey(project).workspace.teams for form in outward.letter_forms(team)]
    head = ("MESSAGE", "RECEIPT", "AGENT", "FROM", "SINCE", "TEXT")
    code = _show(output, forms, head, _message_row, "no messages yet: agentboard message AGENT TEXT")
    if store is not None and not output.json:
        leave_receipts(project, told)
    return code


def artifacts(options: argparse.Namespace, output: Output) -> int:
    """List the shared artifacts."""
    found = survey(open_project(options)).workspace.artifacts
    forms = [outward.artifact_form(artifact) for artifact in found]
    head = ("PATH", "KIND", "AGENT", "TIME", "PROBLEMS")
    return _show(output, forms, head, _artifact_row, "no shared artifacts directory, or nothing in it")


def _written(project: Project, path: str) -> str:
    try:
        at = os.stat(os.path.join(project.root, path)).st_mtime
    except OSError:
        at = time.time()
    return outward.time_form(at)


def _show(output: Output, forms: list[Form], head: Sequence[str], row: Row, empty: str) -> int:
    if output.json:
        output.value(forms)
    else:
        output.table(head, [row(form) for form in forms], empty)
    return Exit.DONE


def _agent_row(form: Form) -> Sequence[str]:
    tools = "all" if form["tools"] is None else str(len(form["tools"]))
    count = len(form["problems"])
    mark = f"  {count} problem{'s' if count > 1 else ''}" if count else ""
    return form["name"], form["protocol"], form["model"] or "-", tools, form["source"] + mark


def _task_row(form: Form) -> Sequence[str]:
    where = f"{form['source']['file']}:{form['source']['line']}"
    return form["id"], form["state"], form["agent"] or "-", form["title"][:80], where


def _run_row(form: Form) -> Sequence[str]:
    mark = {"inferred": "~", "stale": "!"}.get(form["provenance"], "")
    label = " (rehearsal)" if form["runtime"] == "rehearsal" else ""
    state = f"{mark}{form['state']}{label}"
    return form["id"], state, form["agent"], form["task"] or "-", form["branch"] or "-", form["title"][:60]


def _item_row(form: Form) -> Sequence[str]:
    kind, text = form["kind"] + item_mark(form), form["text"][:200]
    return form["id"], kind, form["agent"], form.get("to") or "-", form["since"], text


def item_mark(form: Form) -> str:
    """Return what the wait for an answer has come to: that it was too long, or is raised again."""
    if form.get("expired"):
        return " (expired)"
    return f" (raised {form['raised']}x)" if form.get("raised") else ""


def _message_row(form: Form) -> Sequence[str]:
    return form["id"], form["state"], form["agent"], form["sender"], form["since"], form["text"][:200]


def _artifact_row(form: Form) -> Sequence[str]:
    return form["path"], form["kind"], form["agent"] or "-", form["time"], str(len(form["problems"]) or "")


def _begun(project: Project) -> frozenset[str]:
    """Return the ids of the tasks that the store says are in progress."""
    store = open_store(project)
    if store is None:
        return frozenset()
    return in_progress(begun_by_hand(store.by_hand()), store.runs(open_only=True))


def _runs(project: Project) -> list[Run]:
    store = open_store(project)
    if store is None:
        return []
    return as_it_stands(store.runs(), worker_alive=Client(project, store).worker_alive())
