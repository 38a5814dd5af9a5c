"""What happened in a stretch of time, from its events alone: no model, no memory of its own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.events import Event
from agentboard_agents.projection import CheckedClaim, GateOutcome, Run, Tokens
from agentboard_agents.projection_people import InboxItem

__all__ = ["KINDS", "Commit", "Recap", "RunRecap", "TaskChange", "recap"]

MOST = 200
"""Commits, files and the like of one run that a recap names; what it counts is not cut."""

Data = Mapping[str, Any]


class Commit(Struct, frozen=True):
    """A commit that a run made."""

    commit: str
    message: str
    files: tuple[str, ...] = ()


class TaskChange(Struct, frozen=True):
    """A task that a run moved to another state, and the file that says so."""

    task: str
    state: str
    file: str = ""


class RunRecap(Struct, frozen=True):
    """What one run did in the time, and how it stands now.

    `began` and `ended` say whether it was queued and came to its end (or to review) in it. Turns, tools,
    tokens and cost are those of the time alone; gates and claims are what they said last in it.
    """

    id: str
    agent: str
    task: str | None
    title: str
    state: str
    parent: str | None = None
    began: bool = False
    ended: bool = False
    outcome: str | None = None
    reason: str | None = None
    turns: int = 0
    tools: int = 0
    corrections: int = 0
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    commits: tuple[Commit, ...] = ()
    files: tuple[str, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    gates: tuple[GateOutcome, ...] = ()
    claims: tuple[CheckedClaim, ...] = ()
    asked: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


class Recap(Struct, frozen=True):
    """What happened after `since` (`None`: from the beginning) up to `until`, both RFC 3339.

    Runs that have ended come first, then those at work; `waiting` are the inbox items that are open now, the
    new ones first.
    """

    since: str | None
    until: str
    runs: tuple[RunRecap, ...] = ()
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    waiting: tuple[InboxItem, ...] = ()
    problems: tuple[str, ...] = ()


def recap(
    events: Iterable[Event], runs: Sequence[Run], inbox: Sequence[InboxItem], since: str | None, until: str
) -> Recap:
    """Return what `events`, all of one stretch of time, add up to.

    Args:
        events: in order; kinds that are not in `KINDS` change nothing.
        runs: as they are now.
        inbox: what waits now.
        since: when the stretch began; items that were raised after it are put first.
        until: when it ended.
    """
    known = {run.id: run for run in runs}
    told: dict[str, RunRecap] = {}
    loose: list[str] = []
    for event in events:
        run = known.get(event.run)
        if run is not None:
            told[run.id] = _after(told.get(run.id) or _blank(run), event)
        elif event.kind == "problem_found":
            loose.append(_text(event.data, "message"))
    ordered = sorted(told.values(), key=lambda one: (not one.ended, one.parent is not None))
    waiting = sorted(inbox, key=lambda item: since is not None and item.since < since)
    spent = [one.cost_usd for one in ordered if one.cost_usd is not None]
    return Recap(
        since,
        until,
        tuple(ordered),
        sum((one.tokens for one in ordered), Tokens()),
        sum(spent) if spent else None,
        tuple(waiting),
        tuple(dict.fromkeys(loose))[:MOST],
    )


def _blank(run: Run) -> RunRecap:
    return RunRecap(
        run.id, run.agent, run.task, run.title, run.state, run.parent, outcome=run.outcome, reason=run.reason
    )


def _after(one: RunRecap, event: Event) -> RunRecap:
    changes = FOLDS[event.kind](one, event.data) if event.kind in FOLDS else {}
    return msgspec.structs.replace(one, **changes) if changes else one


def _turn(one: RunRecap, data: Data) -> dict[str, Any]:
    changes: dict[str, Any] = {"turns": one.turns + 1}
    counted, cost = data.get("tokens"), data.get("cost_usd")
    if isinstance(counted, dict):
        changes["tokens"] = one.tokens + msgspec.convert(counted, Tokens)
    if isinstance(cost, int | float):
        changes["cost_usd"] = (one.cost_usd or 0.0) + cost
    return changes


def _commit(one: RunRecap, data: Data) -> dict[str, Any]:
    files = tuple(str(path) for path in data.get("files") or ())
    made = Commit(_text(data, "commit"), _text(data, "message"), files[:MOST])
    touched = tuple(dict.fromkeys((*one.files, *files)))
    return {"commits": (*one.commits, made)[:MOST], "files": touched[:MOST]}


def _task(one: RunRecap, data: Data) -> dict[str, Any]:
    change = TaskChange(_text(data, "task"), _text(data, "state"), _text(data, "file"))
    others = tuple(kept for kept in one.tasks if kept.task != change.task)
    return {"tasks": (*others, change)[:MOST]}


def _gate(one: RunRecap, data: Data) -> dict[str, Any]:
    gate = msgspec.convert({"name": "", "state": "error", **data}, GateOutcome)
    return {"gates": (*(kept for kept in one.gates if kept.name != gate.name), gate)[:MOST]}


def _claim(one: RunRecap, data: Data) -> dict[str, Any]:
    claim = msgspec.convert({"claim": "", "fact": "", "holds": False, **data}, CheckedClaim)
    return {"claims": (*(kept for kept in one.claims if kept.claim != claim.claim), claim)[:MOST]}


def _asked(one: RunRecap, data: Data) -> dict[str, Any]:
    return {"asked": (*one.asked, _text(data, "text") or _text(data, "reason"))[:MOST]}


def _problem(one: RunRecap, data: Data) -> dict[str, Any]:
    return {"problems": tuple(dict.fromkeys((*one.problems, _text(data, "message"))))[:MOST]}


def _marked(mark: str, **more: object) -> Callable[[RunRecap, Data], dict[str, Any]]:
    """Return what notes, once, that something happened to a run."""

    def fold(one: RunRecap, _data: Data) -> dict[str, Any]:
        return {"marks": tuple(dict.fromkeys((*one.marks, mark))), **more}

    return fold


FOLDS: dict[str, Callable[[RunRecap, Data], dict[str, Any]]] = {
    "run_queued": lambda _one, _data: {"began": True},
    "turn_finished": _turn,
    "tool_finished": lambda one, _data: {"tools": one.tools + 1},
    "correction_attempt": lambda one, _data: {"corrections": one.corrections + 1},
    "commit_created": _commit,
    "task_changed": _task,
    "gate_finished": _gate,
    "claim_checked": _claim,
    "permission_asked": _asked,
    "question_asked": _asked,
    "blocker_created": _asked,
    "escalated": _asked,
    "budget_reached": _asked,
    "answered": lambda one, data: {"said": (*one.said, _text(data, "text"))[:MOST]},
    "problem_found": _problem,
    "run_paused": _marked("paused"),
    "run_resumed": _marked("resumed"),
    "rate_limited": _marked("held by a rate limit"),
    "conflict_found": _marked("in conflict"),
    "run_accepted": _marked("accepted", ended=True),
    "accept_undone": _marked("taken back"),
    "run_rejected": _marked("sent back", ended=False),
    "run_refused": _marked("rejected", ended=True),
    "run_failed": _marked("failed", ended=True),
    "run_cancelled": _marked("cancelled", ended=True),
    "run_finished": _marked("finished", ended=True),
    "run_answered": _marked("answered", ended=True),
}
"""What each kind of event adds to the recap of its run."""

KINDS = frozenset(FOLDS)
"""The kinds that a recap is made from; the chatter of a run is not among them."""


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
