"""When somebody is called without being asked, who that is, and which model is stronger. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from agentboard_agents.config_fields import Fields
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState

__all__ = ["ASKABLE", "STOPPING", "TARGETS", "Rules", "due", "read_rules", "stronger", "times_raised"]

TARGETS = ("human", "lead", "pm", "model")
STOPPING = frozenset({"permission", "question", "blocker", "escalation", "budget"})
"""Kinds of inbox items for which a run stands still."""

ASKABLE = frozenset({"question", "blocker", "escalation"})
"""Kinds of inbox items that somebody else than the one addressed can answer."""

FAMILIES = ("haiku", "sonnet", "opus")
"""Families of models, the weakest first."""

AT_WORK = frozenset({RunState.WORKING, RunState.CHECKING, RunState.CORRECTING, RunState.HOLDING})
KEYS = ("blocked_minutes", "failures", "budget_percent", "to", "model")
MOST_RAISED = 20


class Rules(Struct, frozen=True):
    """What calls somebody by itself.

    A run that stands still for `blocked_minutes` (0: never) is raised again, then after twice as long, and so
    on. After `failures` corrections in vain, or when it has spent `budget_percent` of its own budget, it is
    escalated `to` somebody. `model` is the one that counts as stronger than all others.
    """

    blocked_minutes: float = 30.0
    failures: int | None = None
    budget_percent: float | None = None
    to: str = "human"
    model: str | None = None


def read_rules(user: Fields, project: Fields) -> Rules:
    """Read `escalation:` of both files; the user's own word goes first, and alone names a model."""
    mine, theirs = user.mapping("escalation"), project.mapping("escalation")
    mine.known(KEYS)
    theirs.known(tuple(key for key in KEYS if key != "model"))

    def number(key: str, least: float = 0.0) -> float | None:
        own = mine.number(key, least)
        other = theirs.number(key, least)
        return other if own is None else own

    blocked, failures = number("blocked_minutes"), number("failures", 1.0)
    return Rules(
        Rules().blocked_minutes if blocked is None else blocked,
        None if failures is None else int(failures),
        number("budget_percent", 1.0),
        mine.string("to", TARGETS) or theirs.string("to", TARGETS) or Rules().to,
        mine.string("model"),
    )


def stronger(current: str, configured: str | None) -> tuple[str, ...]:
    """Return the hints of models that are stronger than `current`, the first choice first.

    A model of no known family is taken for weaker than the strongest one.
    """
    places = [place for place, family in enumerate(FAMILIES) if family in current.lower()]
    above = FAMILIES[max(places) + 1 :] if places else FAMILIES[-1:]
    return tuple(hint for hint in (configured, *above) if hint and hint != current)


def times_raised(item: InboxItem, now: float, minutes: float) -> int:
    """Return how often an item that stops a run has been raised again by `now` (seconds since the epoch)."""
    if item.kind not in STOPPING or item.closed is not None or minutes <= 0:
        return 0
    waited = (now - _epoch(item.since, now)) / 60 / minutes
    return min(MOST_RAISED, math.floor(math.log2(waited)) + 1) if waited >= 1 else 0


def due(runs: Iterable[Run], items: Sequence[InboxItem], rules: Rules, now: float) -> list[NewEvent]:
    """Return what the rules ask for at `now`, each under a key that makes it happen once."""
    return [*_runs_due(runs, rules), *_items_due(items, rules, now)]


def _runs_due(runs: Iterable[Run], rules: Rules) -> Iterator[NewEvent]:
    for run in runs:
        if run.state not in AT_WORK or run.escalation is not None or run.parent is not None:
            continue
        if rules.failures is not None and run.attempts >= rules.failures:
            reason = f"{run.attempts} corrections were in vain"
            yield _asked(run, f"~rule failures {run.rounds}", rules.to, reason)
        budget = run.spec.limits.budget_usd
        share = 100 * (run.cost_usd or 0.0) / budget if budget else 0.0
        if rules.budget_percent is not None and share >= rules.budget_percent:
            reason = f"{share:.0f}% of its budget of ${budget:.2f} is spent"
            yield _asked(run, "~rule budget", rules.to, reason)


def _asked(run: Run, key: str, to: str, reason: str) -> NewEvent:
    return NewEvent(run.id, run.agent, "escalate_requested", {"to": to, "reason": reason}, key)


def _items_due(items: Sequence[InboxItem], rules: Rules, now: float) -> Iterator[NewEvent]:
    """Yield the items that wait too long for somebody else than those who are to be called then."""
    to = "human" if rules.to == "model" else rules.to
    for item in items:
        if item.kind in ASKABLE and item.to != to and times_raised(item, now, rules.blocked_minutes):
            reason = f"{item.to} has not answered for {rules.blocked_minutes:g} minutes"
            data = {"item": item.id, "to": to, "reason": reason}
            yield NewEvent(item.run, item.agent, "item_escalated", data, f"~rule blocked {item.id}")


def _epoch(time: str, now: float) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return now
