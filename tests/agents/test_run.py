"""The state machine of a run: complete, closed, and honest about pauses."""

from __future__ import annotations

import random

import pytest

from agentboard_agents.events import KINDS
from agentboard_agents.run import FINAL, OPEN, TRANSITIONS, IllegalTransition, RunState, transition

S = RunState
MOVING = sorted(TRANSITIONS)


def outcome(state: RunState, before: RunState | None, kind: str) -> tuple[RunState, RunState | None] | None:
    try:
        return transition(state, before, kind)
    except IllegalTransition:
        return None


@pytest.mark.parametrize("state", [state for state in S if state not in {S.PAUSING, S.PAUSED}])
@pytest.mark.parametrize("kind", MOVING)
def test_each_event_in_each_state_is_either_in_the_table_or_refused(state: RunState, kind: str) -> None:
    allowed, after = TRANSITIONS[kind]
    result = outcome(state, None, kind)
    if state not in allowed:
        assert result is None
    elif kind == "pause_requested":
        assert result == (S.PAUSING, state)
    else:
        assert result == (after, None)


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("kind", MOVING)
def test_nothing_moves_a_run_that_is_over(state: RunState, kind: str) -> None:
    undone = (S.REVIEW, None) if (state, kind) == (S.ACCEPTED, "accept_undone") else None
    assert outcome(state, None, kind) == undone


@pytest.mark.parametrize("state", sorted(OPEN - {S.PAUSING, S.PAUSED}))
def test_pause_is_accepted_in_every_open_state_and_resume_returns_to_it(state: RunState) -> None:
    pausing = transition(state, None, "pause_requested")
    paused = transition(*pausing, "run_paused")
    assert paused == (S.PAUSED, state)
    assert transition(*paused, "run_resumed") == (state, None)


@pytest.mark.parametrize("state", sorted(OPEN - {S.PAUSING, S.PAUSED}))
def test_resume_before_the_pause_took_effect_returns_to_the_state_too(state: RunState) -> None:
    assert transition(*transition(state, None, "pause_requested"), "run_resumed") == (state, None)


def test_events_of_the_step_in_flight_move_the_state_that_resume_returns_to() -> None:
    pausing = transition(S.WORKING, None, "pause_requested")
    asked = transition(*pausing, "question_asked")
    assert asked == (S.PAUSING, S.WAITING)
    answered = transition(*transition(*asked, "run_paused"), "answered")
    assert answered == (S.PAUSED, S.WORKING)


@pytest.mark.parametrize("kind", ["run_failed", "run_cancelled"])
@pytest.mark.parametrize("state", sorted(OPEN))
def test_every_open_run_can_fail_and_be_cancelled(state: RunState, kind: str) -> None:
    before = S.WORKING if state in {S.PAUSING, S.PAUSED} else None
    assert transition(state, before, kind)[0] in FINAL


@pytest.mark.parametrize("kind", ["run_accepted", "run_refused"])
def test_a_paused_review_is_not_decided_behind_the_pause(kind: str) -> None:
    assert outcome(S.PAUSED, S.REVIEW, kind) is None


@pytest.mark.parametrize("state", [S.PAUSING, S.PAUSED])
def test_a_second_pause_is_refused(state: RunState) -> None:
    assert outcome(state, S.WORKING, "pause_requested") is None


def test_kinds_that_only_narrate_move_nothing() -> None:
    for kind in set(KINDS) - set(TRANSITIONS):
        for state in S:
            assert transition(state, None, kind) == (state, None)


def test_every_kind_of_the_table_is_a_known_kind() -> None:
    assert set(TRANSITIONS) <= set(KINDS)


def test_every_state_can_be_reached_and_every_open_state_can_be_left() -> None:
    reached: set[tuple[RunState, RunState | None]] = {(S.QUEUED, None)}
    frontier: list[tuple[RunState, RunState | None]] = [(S.QUEUED, None)]
    while frontier:
        place = frontier.pop()
        for kind in MOVING:
            after = outcome(*place, kind)
            if after is not None and after not in reached:
                reached.add(after)
                frontier.append(after)
    assert {state for state, _ in reached} == set(S)
    for state, before in reached:
        assert (state in FINAL) == all(
            outcome(state, before, kind) is None for kind in MOVING if kind != "accept_undone"
        )


@pytest.mark.parametrize("seed", range(20))
def test_in_any_sequence_the_state_before_is_kept_exactly_while_paused(seed: int) -> None:
    chance = random.Random(seed)
    place: tuple[RunState, RunState | None] = (S.QUEUED, None)
    for _ in range(200):
        place = outcome(*place, chance.choice(MOVING)) or place
        assert (place[1] is not None) == (place[0] in {S.PAUSING, S.PAUSED}), f"seed {seed}: {place}"
