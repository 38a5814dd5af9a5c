"""The JSON shapes that scripts rely on: stable snake_case keys, strings for ids, RFC 3339 times in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from agentboard_agents.completion import checklist
from agentboard_agents.config import AgentConfig
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.events import Event
from agentboard_agents.projection import Run, Tokens
from agentboard_agents.projection_people import InboxItem, Message
from agentboard_tasks.model import Artifact, Problem, Task
from agentboard_tasks.workspace_claude import Team

__all__ = [
    "agent_form",
    "artifact_form",
    "check_forms",
    "event_form",
    "item_form",
    "letter_forms",
    "message_form",
    "problem_form",
    "run_form",
    "run_forms",
    "task_form",
    "time_form",
    "with_children",
]

Form = dict[str, Any]
AS_DEFINED = AgentConfig()


def problem_form(problem: Problem) -> Form:
    """Return a problem: `{severity, file, line, column, message, hint}`."""
    form: Form = msgspec.to_builtins(problem)
    return form


def agent_form(agent: AgentDefinition, configured: AgentConfig = AS_DEFINED) -> Form:
    """Return an agent as its definition describes it, and as the configuration wants it otherwise."""
    return {
        "name": agent.name,
        "description": agent.description,
        "model": configured.model or agent.model,
        "tools": None if agent.tools is None else list(agent.tools),
        "source": agent.file,
        "dialect": agent.dialect,
        "protocol": configured.protocol or agent.protocol,
        "problems": [problem_form(problem) for problem in agent.problems],
        "stem": agent.stem,
        "lead": agent.lead,
        "tier": agent.tier,
        "peers": list(agent.peers),
    }


def task_form(task: Task) -> Form:
    """Return a task; a title falls back to the description."""
    return {
        "id": task.id,
        "title": task.title or task.body.strip().split("\n")[0],
        "state": task.state,
        "agent": task.agent,
        "priority": task.priority,
        "source": {"file": task.source.file, "line": task.source.line},
        "criteria": list(task.criteria),
        "depends_on": list(task.depends_on),
        "section": task.section,
        "tags": list(task.tags),
        "parent": task.parent,
        "reason": task.reason,
        "format": task.format,
        "contradiction": msgspec.to_builtins(task.contradiction),
        "read_only": task.read_only,
    }


def artifact_form(artifact: Artifact) -> Form:
    """Return a shared artifact."""
    return {
        "path": artifact.path,
        "kind": artifact.kind,
        "agent": artifact.agent,
        "time": time_form(artifact.time),
        "problems": [problem_form(problem) for problem in artifact.problems],
        "size": artifact.size,
    }


def run_form(run: Run) -> Form:
    """Return one run, its own tokens and cost only."""
    names = ("id", "agent", "task", "title", "state", "since", "provenance", "branch", "worktree", "tokens")
    more = (
        "cost_usd",
        "attempts",
        "turns",
        "parent",
        "protocol",
        "runtime",
        "gates",
        "claims",
        "assumptions",
    )
    last = ("criteria", "corrections", "reason", "outcome", "base", "commit", "disk_bytes")
    return {name: msgspec.to_builtins(getattr(run, name)) for name in (*names, *more, *last)}


def run_forms(runs: Iterable[Run], *, nested: bool = False, inbox: Iterable[InboxItem] = ()) -> list[Form]:
    """Return runs as given, without nested ones unless asked; a parent's spend includes its children's.

    With what waits in the `inbox`, the checklist of each says whether something of it does.
    """
    whole, waiting = with_children(list(runs)), list(inbox)
    shown = (run for run in whole if nested or run.parent is None)
    return [{**run_form(run), "checklist": check_forms(run, waiting)} for run in shown]


def check_forms(run: Run, inbox: Iterable[InboxItem]) -> list[Form]:
    """Return the lead's checklist of a run: `{text, state, why}`."""
    return [msgspec.to_builtins(check) for check in checklist(run, inbox)]


def with_children(runs: list[Run]) -> list[Run]:
    """Return the runs with the tokens and cost of all their descendants added."""
    below: dict[str, list[Run]] = {}
    for run in runs:
        if run.parent is not None:
            below.setdefault(run.parent, []).append(run)
    return [_sum(run, below) if run.id in below else run for run in runs]


def item_form(item: InboxItem) -> Form:
    """Return an inbox item."""
    form: Form = msgspec.to_builtins(item)
    return form


def message_form(message: Message) -> Form:
    """Return a message with its receipts."""
    form: Form = msgspec.to_builtins(message)
    return form


def letter_forms(team: Team) -> list[Form]:
    """Return the letters between the agents of a team of Claude Code, as messages."""
    return [
        {
            "id": f"{team.tasks.title}/{inbox.agent}:{number}",
            "agent": inbox.agent,
            "run": None,
            "text": letter.text,
            "sender": letter.sender,
            "state": "read" if letter.read else "delivered",
            "since": letter.time,
            "delivered_to": inbox.file,
        }
        for inbox in team.inboxes
        for number, letter in enumerate(inbox.letters, 1)
    ]


def event_form(event: Event) -> Form:
    """Return an event with its data beside `{seq, time, run, agent, kind}`."""
    return {
        **event.data,
        "seq": event.seq,
        "time": event.time,
        "run": event.run,
        "agent": event.agent,
        "kind": event.kind,
    }


def _sum(run: Run, below: Mapping[str, list[Run]]) -> Run:
    tokens, cost = _spent(run, below, depth=0)
    return msgspec.structs.replace(run, tokens=tokens, cost_usd=cost)


def _spent(run: Run, below: Mapping[str, list[Run]], depth: int) -> tuple[Tokens, float | None]:
    tokens, cost = run.tokens, run.cost_usd
    for child in below.get(run.id, ()) if depth < 10 else ():
        more, dollars = _spent(child, below, depth + 1)
        tokens += more
        cost = cost if dollars is None else (cost or 0.0) + dollars
    return tokens, cost


def time_form(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
