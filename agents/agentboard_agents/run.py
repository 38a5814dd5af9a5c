"""The states of a run and the events that move it between them.

A run is one agent at work on one task. Its state is never set: it follows from the kinds of the
events that were recorded for it, by `TRANSITIONS`. Pause is accepted in every state that is not
final, and resume returns to the state before.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ACTIVE", "FINAL", "IllegalTransition", "RunState", "transition"]


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    STARTING = "starting"
    WORKING = "working"
    WAITING = "waiting"
    HOLDING = "holding"
    CHECKING = "checking"
    CORRECTING = "correcting"
    PAUSING = "pausing"
    PAUSED = "paused"
    REVIEW = "review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = RunState

FINAL = frozenset({S.ACCEPTED, S.REJECTED, S.FAILED, S.CANCELLED})
ACTIVE = frozenset({S.STARTING, S.WORKING, S.HOLDING, S.CHECKING, S.CORRECTING, S.PAUSING})
"""States in which a living worker is doing something for the run."""

OPEN = frozenset(RunState) - FINAL
AT_WORK = frozenset({S.STARTING, S.WORKING, S.HOLDING, S.CHECKING, S.CORRECTING})

TRANSITIONS: dict[str, tuple[frozenset[RunState], RunState | None]] = {
    "run_started": (frozenset({S.QUEUED}), S.STARTING),
    "turn_started": (AT_WORK | {S.REVIEW}, S.WORKING),
    "permission_asked": (AT_WORK, S.WAITING),
    "question_asked": (AT_WORK, S.WAITING),
    "escalated": (AT_WORK, S.WAITING),
    "blocker_created": (AT_WORK, S.WAITING),
    "answered": (frozenset({S.WAITING}), S.WORKING),
    "rate_limited": (AT_WORK, S.HOLDING),
    "budget_reached": (AT_WORK, S.HOLDING),
    "hold_ended": (frozenset({S.HOLDING}), S.WORKING),
    "gates_started": (AT_WORK, S.CHECKING),
    "correction_attempt": (AT_WORK, S.CORRECTING),
    "pause_requested": (OPEN - {S.PAUSING, S.PAUSED}, S.PAUSING),
    "run_paused": (frozenset({S.PAUSING}), S.PAUSED),
    "run_resumed": (frozenset({S.PAUSING, S.PAUSED}), None),
    "review_ready": (AT_WORK | {S.WAITING}, S.REVIEW),
    "run_answered": (AT_WORK | {S.WAITING}, S.ACCEPTED),  # a nested run: its answer needs no review
    "run_rejected": (frozenset({S.REVIEW}), S.WORKING),
    "run_accepted": (frozenset({S.REVIEW}), S.ACCEPTED),
    "accept_undone": (frozenset({S.ACCEPTED}), S.REVIEW),
    "run_refused": (frozenset({S.REVIEW}), S.REJECTED),
    "run_failed": (OPEN, S.FAILED),
    "run_cancelled": (OPEN, S.CANCELLED),
}
"""Event kind to (states in which it may happen, state after it); `None` is the state before the pause.

While a run is pausing, an event of its step in flight moves the state that resume returns to.
Kinds that are not listed move nothing.
"""


class IllegalTransition(ValueError):
    """An event that cannot happen in the state that the run is in."""


def transition(state: RunState, before_pause: RunState | None, kind: str) -> tuple[RunState, RunState | None]:
    """Return the state after an event of `kind`, with the state that resume would return to.

    Raises:
        IllegalTransition: when the event cannot happen in `state`.
    """
    rule = TRANSITIONS.get(kind)
    if rule is None:
        return state, before_pause
    allowed, after = rule
    if kind == "pause_requested":
        return _pausing(state, allowed)
    if after is None and state in allowed:
        return before_pause or S.WORKING, None
    if state in allowed and after is not None:
        return after, before_pause if after is S.PAUSED else None
    lasting = after is not None and after not in FINAL
    if lasting and state in {S.PAUSING, S.PAUSED} and before_pause in allowed:
        return state, after
    raise IllegalTransition(f"{kind} cannot happen while the run is {state}")


def _pausing(state: RunState, allowed: frozenset[RunState]) -> tuple[RunState, RunState | None]:
    if state not in allowed:
        raise IllegalTransition(f"pause_requested cannot happen while the run is {state}")
    return S.PAUSING, state
