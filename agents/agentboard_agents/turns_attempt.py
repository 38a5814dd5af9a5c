"""One attempt at a model call, as a durable step: a whole turn, or a failure with the wait after it."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.admission import Barred
from agentboard_agents.interruption import INTERRUPTED, Interrupted, unless_interrupted
from agentboard_agents.prices import cost_usd
from agentboard_agents.redaction import redact
from agentboard_agents.runtimes.faults import MAX_RETRY_AFTER
from agentboard_agents.runtimes.port import Turn, TurnFailed, TurnRequest
from agentboard_agents.turns_bar import wait_at_bar
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
    """What came of an attempt: one of the three. A barred one was not made."""

    turn: Turn | None = None
    failure: Failure | None = None
    barred: Barred | None = None


CUT = Failure(INTERRUPTED, "a person interrupted it", retryable=True, wait=0.0)


async def attempt_turn(place: Workplace, request: TurnRequest, number: int, attempt: int) -> Attempt:
    """Make one model call in a durable step, once nothing bars it any more.

    Raises:
        LimitReached: when a budget or the time of the run ends it.
    """

    async def call() -> Any:
        return msgspec.to_builtins(await perform(place, request, number, attempt))

    while True:
        found = msgspec.convert(await place.step(f"turn {number} attempt {attempt}", call), Attempt)
        if found.barred is None:
            return found
        await wait_at_bar(place, found.barred)


async def perform(place: Workplace, request: TurnRequest, number: int, attempt: int) -> Attempt:
    """Make the call, unless it is barred, reporting its beginning, its text and its end."""
    control, gate, name = place.control, place.gate, f"{place.run}:{number}.{attempt}"
    if control.interrupted.is_set():
        return Attempt(failure=CUT)
    if gate is not None and (barred := await gate.admit(request, place.runtime, name)) is not None:
        return Attempt(barred=barred)
    request = request if gate is None else gate.fitted(request)
    control.emit("turn_started", turn=number, attempt=attempt, room=request.max_tokens)
    try:
        async with TextPulse(lambda text: control.emit("text", text=text, turn=number)) as pulse:
            turn = await unless_interrupted(control.interrupted, place.runtime.turn(request, pulse.add))
    except Interrupted:
        if gate is not None:
            gate.abandoned(name)
        control.emit("turn_interrupted", turn=number)
        return Attempt(failure=CUT)
    except TurnFailed as fault:
        if gate is not None:
            await gate.failed(name, fault)
        return Attempt(failure=failure_of(fault, attempt))
    except BaseException:
        if gate is not None:
            gate.abandoned(name)
        raise
    if gate is not None:
        await gate.done(name, turn)
    turn = without_secrets(turn)
    report(place, turn, number)
    return Attempt(turn)


def report(place: Workplace, turn: Turn, number: int) -> None:
    """Record the end of a turn with what it used."""
    cost = cost_of(place, turn)
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


def cost_of(place: Workplace, turn: Turn) -> float | None:
    """Return what a turn cost in US dollars; `None` where that is not known, or nobody is paid."""
    if place.runtime.name == "rehearsal":
        return None
    return cost_usd(turn.model, turn.tokens) if place.gate is None else place.gate.cost(turn)


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
    if retry_after is None:
        return spread
    return min(retry_after + random.uniform(0, FIRST_WAIT), MAX_RETRY_AFTER)  # noqa: S311
