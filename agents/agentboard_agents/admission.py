"""What stands before each model call of a run: its time, its budgets, and the pace that all agents share."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from agentboard_agents.budget import Amount, Scope, Short, amount_of, worst_case
from agentboard_agents.budget_ledger import BudgetLedger
from agentboard_agents.governor import Ticket
from agentboard_agents.governor_shared import Governor
from agentboard_agents.prices import Price, price_of
from agentboard_agents.runtimes.port import Runtime, Turn, TurnFailed, TurnRequest

__all__ = ["Admission", "Barred", "Gate"]

NEAR = 1.0
"""Seconds that are waited for without a word."""

BUSY = 2.0
"""Seconds between two tries while other calls have reserved the rest of a budget."""

LEAST_ROOM = 2_048
"""Tokens of a reply below which a call is not worth its input: where no more fits, it is not made."""

UNBILLED = frozenset(
    ("rate_limit", "overloaded", "server", "refused_request", "context_overflow", "credentials")
) | {"unknown_model"}
"""Failures before anything was produced; of all others nobody knows what they cost."""

PUSHED_BACK = frozenset({"rate_limit", "overloaded"})
OVERHEAD = 1_200
"""Tokens that the API adds to a request with tools, on the high side."""


class Barred(Struct, frozen=True):
    """Why a call is not made now: `wait` some seconds, a `budget` is reached, or the `time` is up."""

    kind: Literal["wait", "budget", "time"]
    reason: str
    seconds: float = 0.0
    short: Short | None = None


class Gate(Protocol):
    """What lets a model call through."""

    async def admit(self, request: TurnRequest, runtime: Runtime, call: str) -> Barred | None:
        """Let the call named `call` through, with what it may cost set aside; or say why not."""
        ...

    def fitted(self, request: TurnRequest) -> TurnRequest:
        """Return the request that was let through, no longer a reply allowed than fits."""
        ...

    async def done(self, call: str, turn: Turn) -> None:
        """Charge a call that was made."""
        ...

    async def failed(self, call: str, fault: TurnFailed) -> None:
        """Charge a call that failed, as far as it may have cost something."""
        ...

    def abandoned(self, call: str) -> None:
        """Charge a call that was cut off: nobody knows what it cost."""
        ...

    def cost(self, turn: Turn) -> float | None:
        """Return what a turn cost in dollars."""
        ...

    async def fits(self, short: Short) -> bool:
        """Tell whether what did not fit would fit by now."""
        ...

    async def raised(self, item: str, short: Short, amount: int) -> None:
        """Raise the budget that was reached."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A runtime that can count what a request takes, without making the call."""

    async def count_tokens(self, request: TurnRequest) -> int:
        """Return the tokens of the request."""
        ...


class Admission:
    """The gate of one run. `scopes` are its accounts as they are now; `ends` is when its time is up."""

    def __init__(
        self,
        ledger: BudgetLedger,
        governor: Governor | None,
        scopes: Callable[[], tuple[Scope, ...]],
        prices: dict[str, Price],
        ends: Callable[[], datetime | None] = lambda: None,
        warn: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._governor = governor
        self._scopes = scopes
        self._prices = prices
        self._ends = ends
        self._warn = warn
        self._warned = False
        self._ticket: Ticket | None = None
        self._price: Price | None = None
        self._room = 0

    @property
    def governor(self) -> Governor | None:
        """What all agents of this user and key share; the scripted model needs none."""
        return self._governor

    async def admit(self, request: TurnRequest, runtime: Runtime, call: str) -> Barred | None:
        """Let a call through, or say why not: time, then pace, and money last, right before it is made."""
        ends = self._ends()
        if ends is not None and datetime.now(UTC) > ends:
            return Barred("time", "the time of this run is up")
        barred = await self._paced()
        return barred or await self._reserved(request, runtime, call)

    async def _paced(self) -> Barred | None:
        governor = self._governor
        while governor is not None:
            ticket = self._ticket
            if ticket is None or not await asyncio.to_thread(governor.valid, ticket):
                ticket = self._ticket = await asyncio.to_thread(governor.take)
            left = ticket.at - governor.now()
            if left > NEAR:
                return Barred("wait", ticket.reason, left)
            await asyncio.sleep(max(0.0, left))
            if left <= 0 or await asyncio.to_thread(governor.valid, ticket):
                break
        return None

    async def _reserved(self, request: TurnRequest, runtime: Runtime, call: str) -> Barred | None:
        scopes, price = self._scopes(), price_of(request.model, self._prices)
        self._price = price
        self._mention_unknown(request.model, price, scopes)
        most = worst_case(price, bytes_of(request) + OVERHEAD, request.max_tokens)
        short = await self._reserve(call, scopes, most)
        self._room = request.max_tokens
        if short is not None:
            short = await self._squeezed(call, scopes, price, await counted(request, runtime))
        if short is None:
            return None
        if short.busy:
            return Barred("wait", f"other calls use the rest of the budget of {short.words}", BUSY)
        return Barred("budget", short.text, short=short)

    async def _squeezed(
        self, call: str, scopes: tuple[Scope, ...], price: Price | None, tokens: int
    ) -> Short | None:
        """Set a call aside with as much room for its reply as fits; say what is missing for all of it."""
        room = self._room
        whole = short = await self._reserve(call, scopes, worst_case(price, tokens, room))
        while short is not None and not short.busy:
            room -= too_long_by(short, price)
            if room < LEAST_ROOM:
                return whole
            short = await self._reserve(call, scopes, worst_case(price, tokens, room))
        self._room = room
        return short

    def fitted(self, request: TurnRequest) -> TurnRequest:
        """Return the request that was let through last, with the room that its budgets leave for a reply."""
        return msgspec.structs.replace(request, max_tokens=min(request.max_tokens, self._room))

    async def _reserve(self, call: str, scopes: tuple[Scope, ...], amount: Amount) -> Short | None:
        return await asyncio.to_thread(self._ledger.reserve, call, scopes, amount)

    def _mention_unknown(self, model: str, price: Price | None, scopes: tuple[Scope, ...]) -> None:
        if price is None and not self._warned and any(scope.cap.usd is not None for scope in scopes):
            self._warned = True
            self._warn(
                f"the price of {model} is not known: budgets in dollars do not hold it, "
                "only those in tokens do (`prices` in your configuration names it)"
            )

    async def done(self, call: str, turn: Turn) -> None:
        """Charge what a call cost, and let the pace recover."""
        await asyncio.to_thread(self._ledger.settle, call, self._amount(turn))
        self._ticket = None
        if self._governor is not None:
            await asyncio.to_thread(self._governor.served)

    async def failed(self, call: str, fault: TurnFailed) -> None:
        """Charge a failed call, and slow everybody down when the server pushed back."""
        await asyncio.to_thread(self._ledger.settle, call, Amount() if fault.kind in UNBILLED else None)
        ticket, self._ticket = self._ticket, None
        if self._governor is not None and ticket is not None and fault.kind in PUSHED_BACK:
            await asyncio.to_thread(self._governor.refused, ticket, fault.retry_after, fault.message)

    def abandoned(self, call: str) -> None:
        """Charge all that was reserved for a call that was cut off."""
        self._ledger.settle(call, None)
        self._ticket = None

    def cost(self, turn: Turn) -> float | None:
        """Return what a turn cost in dollars, or `None` when the price is not known."""
        nano = self._amount(turn).nano
        return None if nano is None else round(nano / 1e9, 6)

    def _amount(self, turn: Turn) -> Amount:
        return amount_of(price_of(turn.model, self._prices) or self._price, turn.tokens)

    async def fits(self, short: Short) -> bool:
        """Tell whether what did not fit would fit by now: it was raised, or a new day has begun."""
        scope = next((scope for scope in self._scopes() if scope.name == short.scope), None)
        return scope is None or await asyncio.to_thread(self._ledger.fits, scope, short.needed, short.unit)

    async def raised(self, item: str, short: Short, amount: int) -> None:
        """Raise the budget that was reached, once for each answer."""
        await asyncio.to_thread(self._ledger.raise_cap, item, short.scope, short.unit, amount)


def too_long_by(short: Short, price: Price | None) -> int:
    """Return how many tokens a reply would have to be shorter to fit."""
    if short.unit == "tokens" or price is None or not price.output:
        return max(1, short.missing)
    return max(1, math.ceil(short.missing / (price.output * 1_000)))


def bytes_of(request: TurnRequest) -> int:
    """Return the bytes of a request: no text has more tokens than bytes."""
    return len(msgspec.json.encode([request.system, request.messages, request.tools]))


async def counted(request: TurnRequest, runtime: Runtime) -> int:
    """Return the tokens of a request as the API counts them, or all its bytes."""
    most = bytes_of(request) + OVERHEAD
    if not isinstance(runtime, Counts):
        return most
    try:
        return min(most, math.ceil(await runtime.count_tokens(request) * 1.02) + 100)
    except TurnFailed:
        return most  # the call itself will say what is wrong
