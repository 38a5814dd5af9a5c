"""A model call that is not made now: the run holds where people see it, until it may be, or ends."""

from __future__ import annotations

from agentboard_agents.admission import Barred, Gate
from agentboard_agents.budget import Short, raise_of
from agentboard_agents.turns_port import LimitReached, Workplace

__all__ = ["STOP", "wait_at_bar"]

STOP = "stop"
ENDING = frozenset({STOP, "deny", "denied", "no", "n", "end", "cancel"})
UNREAD = "That names no amount. "


async def wait_at_bar(place: Workplace, barred: Barred) -> None:
    """Wait until the call may be tried again.

    Raises:
        LimitReached: when the run ends here.
    """
    if barred.kind == "time":
        raise LimitReached(barred.reason)
    if barred.short is None or place.gate is None:
        await place.control.hold(barred.reason, barred.seconds)
        return
    await ask_for_more(place, place.gate, barred.short)


async def ask_for_more(place: Workplace, gate: Gate, short: Short) -> None:
    """Hold until a person raises the budget, or it fits by itself."""
    said = ""
    while True:
        item = place.unique("b")
        text = f"{said}{short.text}. Answer with an amount to add, or {STOP}."

        async def fits() -> bool:
            return await gate.fits(short)

        answer = await place.control.hold_for(item, text, (short.price, STOP), fits)
        if not answer:
            return
        if answer.partition(":")[0].strip().lower() in ENDING:
            raise LimitReached(short.text)
        amount = raise_of(answer, short)
        if amount is not None:
            await gate.raised(item, short, amount)
            return
        said = UNREAD
