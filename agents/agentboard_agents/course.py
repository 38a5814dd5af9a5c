"""The course of a run: in which state it was when, what its gates said, what it spent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from agentboard_agents.events import Event
from agentboard_agents.run import TRANSITIONS, IllegalTransition, RunState, transition

__all__ = ["KINDS", "Course", "Mark", "Spent", "Stretch", "follow"]

KINDS = frozenset({*TRANSITIONS, "gate_finished", "turn_finished"})
"""The kinds of event that a course is made from."""

COUNTED = ("input", "output", "cache_read", "cache_write")


class Stretch(Struct, frozen=True):
    """From `since` on (RFC 3339) the run was in `state`."""

    since: str
    state: RunState


class Mark(Struct, frozen=True):
    """A gate that ended: `passed`, `failed`, …"""

    time: str
    state: str


class Spent(Struct, frozen=True):
    """What one turn took."""

    time: str
    tokens: int
    cost_usd: float


class Course(Struct, frozen=True):
    """One run over time; the first stretch begins when it was queued."""

    stretches: tuple[Stretch, ...] = ()
    gates: tuple[Mark, ...] = ()
    spent: tuple[Spent, ...] = ()
    before_pause: RunState | None = None

    def until(self, time: str) -> Course:
        """Return the course as it was at a moment."""
        return replace(
            self,
            stretches=tuple(one for one in self.stretches if one.since <= time),
            gates=tuple(one for one in self.gates if one.time <= time),
            spent=tuple(one for one in self.spent if one.time <= time),
        )


def follow(course: Course, queued: str, events: Iterable[Event]) -> Course:
    """Return a course with what further events say; `queued` is when the run was."""
    if not course.stretches:
        course = Course((Stretch(queued, RunState.QUEUED),))
    for event in events:
        course = _after(course, event)
    return course


def _after(course: Course, event: Event) -> Course:
    if event.kind == "gate_finished":
        return replace(course, gates=(*course.gates, Mark(event.time, str(event.data.get("state", "")))))
    if event.kind == "turn_finished":
        return replace(course, spent=(*course.spent, _spent(event)))
    state = course.stretches[-1].state
    try:
        after, before = transition(state, course.before_pause, event.kind)
    except IllegalTransition:
        return course  # the store lets no such event in; a foreign file may hold one
    more = (Stretch(event.time, after),) if after is not state else ()
    return replace(course, stretches=(*course.stretches, *more), before_pause=before)


def _spent(event: Event) -> Spent:
    found, cost = event.data.get("tokens"), event.data.get("cost_usd")
    counts = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    total = sum(count for name in COUNTED if isinstance(count := counts.get(name), int))
    return Spent(event.time, total, float(cost) if isinstance(cost, int | float) else 0.0)
