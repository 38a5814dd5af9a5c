"""The course of a run, from its events."""

from __future__ import annotations

from typing import Any

from agentboard_agents.course import Course, follow
from agentboard_agents.events import Event

QUEUED = "2026-01-01T10:00:00Z"


def at(minute: int, kind: str, **data: Any) -> Event:
    return Event(minute, f"2026-01-01T10:{minute:02}:00Z", "r1", "ada", kind, data)


def course(*events: Event) -> Course:
    return follow(Course(), QUEUED, events)


def states(found: Course) -> list[tuple[str, str]]:
    return [(one.since[14:16], str(one.state)) for one in found.stretches]


def test_stretches_follow_the_states_of_the_run() -> None:
    found = course(
        at(1, "run_started"),
        at(2, "turn_started"),
        at(3, "turn_started"),
        at(4, "pause_requested"),
        at(5, "run_paused"),
        at(9, "run_resumed"),
        at(10, "gates_started"),
        at(11, "review_ready"),
    )
    assert states(found) == [
        ("00", "queued"),
        ("01", "starting"),
        ("02", "working"),
        ("04", "pausing"),
        ("05", "paused"),
        ("09", "working"),
        ("10", "checking"),
        ("11", "review"),
    ]


def test_events_that_come_later_go_on_where_the_course_was() -> None:
    first = course(at(1, "run_started"), at(2, "turn_started"), at(3, "pause_requested"))
    assert states(follow(first, QUEUED, [at(4, "run_paused"), at(5, "run_resumed")]))[-2:] == [
        ("04", "paused"),
        ("05", "working"),
    ]


def test_gates_and_turns_are_marked_at_their_time() -> None:
    tokens = {"input": 5, "output": 3, "cache_read": 2, "cache_write": 0}
    found = course(
        at(1, "run_started"),
        at(2, "turn_finished", tokens=tokens, cost_usd=0.5),
        at(3, "gate_finished", name="pytest", state="failed"),
        at(4, "turn_finished", tokens="many", cost_usd=None),
    )
    assert [(one.tokens, one.cost_usd) for one in found.spent] == [(10, 0.5), (0, 0.0)]
    assert [one.state for one in found.gates] == ["failed"]


def test_an_event_that_cannot_be_changes_nothing() -> None:
    assert states(course(at(1, "run_paused"), at(2, "comet"))) == [("00", "queued")]


def test_a_course_can_be_seen_as_it_was() -> None:
    found = course(at(1, "run_started"), at(5, "turn_started"))
    assert states(found.until("2026-01-01T10:03:00Z")) == [("00", "queued"), ("01", "starting")]
