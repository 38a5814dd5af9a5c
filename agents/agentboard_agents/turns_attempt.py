"""One attempt at a model call, as a durable step: a whole turn, or a failure with the wait after it."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.prices import cost_usd
from agentboard_agents.redaction import redact
from agentboard_agents.runtimes.port import Turn, TurnFailed, TurnRequest
from agentboard_agents.turns_blocks import shown_blocks, without_secrets
from agentboard_agents.turns_port import Workplace
from agentboard_agents.turns_text import TextPulse

__all__ = ["ATTEMPTS", "Attempt", "Failure", "attempt_turn", "wait_before"]

ATTEMPTS = 5
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


class Failure(Struct, frozen=True):
    """An attempt that gave no turn; `wait` is in seconds."""

    kind: str
    message: str
    retryable: bool
    wait: float


class Attempt(Struct, frozen=True):
    """What came of an attempt: one of the two."""

    turn: Turn | None = None
    failure: Failure | None = None


async def attempt_turn(place: Workplace, request: TurnRequest, number: int, attempt: int) -> Attempt:
    """Make one model call in a durable step."""

    async def call() -> Any:
        return msgspec.to_builtins(await perform(place, request, number, attempt))

    return msgspec.convert(await place.step(f"turn {number} attempt {attempt}", call), Attempt)


async def perform(place: Workplace, request: TurnRequest, number: int, attempt: int) -> Attempt:
    """Make the call, reporting its beginning, its text and its end."""
    control = place.control
    control.emit("turn_started", turn=number, attempt=attempt)
    try:
        async with TextPulse(lambda text: control.emit("text", text=text, turn=number)) as pulse:
            turn = await place.runtime.turn(request, pulse.add)
    except TurnFailed as fault:
        return Attempt(failure=failure_of(fault, attempt))
    turn = without_secrets(turn)
    report(place, turn, number)
    return Attempt(turn)


def report(place: Workplace, turn: Turn, number: int) -> None:
    """Record the end of a turn with what it used."""
    cost = cost_usd(turn.model, turn.tokens)
    for kind, data in shown_blocks(turn.content, number):
        place.control.emit(kind, **data)
    place.control.emit(
        "turn_finished",
        turn=number,
        stop_reason=turn.stop_reason,
        tokens=msgspec.to_builtins(turn.tokens),
        model=turn.model,
        **({} if cost is None else {"cost_usd": cost}),
    )


def failure_of(fault: TurnFailed, attempt: int) -> Failure:
    """Return a failed call as a value."""
    return Failure(
        fault.kind, redact(fault.message), fault.retryable, wait_before(attempt, fault.retry_after)
    )


def wait_before(attempt: int, retry_after: float | None) -> float:
    """Return the seconds to wait after failed attempt number `attempt`.

    The server's word counts; without one it is full jitter under a doubling roof, so that agents which failed
    together do not come back together.
    """
    roof = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
    spread = random.uniform(0, roof)  # noqa: S311 (jitter is no secret)
    return spread if retry_after is None else retry_after + random.uniform(0, FIRST_WAIT)  # noqa: S311
