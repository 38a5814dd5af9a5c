"""Budgets as values: what a call may cost at most, whom it is charged to, and whether that still fits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from msgspec import Struct

from agentboard_agents.prices import Price, cost_of
from agentboard_agents.projection import Tokens

__all__ = [
    "NANO",
    "Amount",
    "Budgets",
    "Cap",
    "Scope",
    "Short",
    "amount_of",
    "raise_of",
    "scopes_of",
    "worst_case",
]

NANO = 1_000_000_000
"""Parts of a dollar that are counted: sums stay exact."""


class Amount(Struct, frozen=True):
    """What a call costs: billionths of a dollar (`None`: the price is not known), and tokens."""

    nano: int | None = 0
    tokens: int = 0


class Cap(Struct, frozen=True):
    """The most that may be spent; `None` is no limit."""

    usd: float | None = None
    tokens: int | None = None

    @property
    def nano(self) -> int | None:
        """The dollars in billionths."""
        return None if self.usd is None else math.floor(self.usd * NANO)


class Budgets(Struct, frozen=True):
    """Caps on all runs of a day, all runs ever, one task, one agent on a day, one run with its children."""

    day: Cap = Cap()
    fleet: Cap = Cap()
    task: Cap = Cap()
    agent: Cap = Cap()
    run: Cap = Cap()


class Scope(Struct, frozen=True):
    """One account that a call is charged to, with its cap; `words` says which in a sentence."""

    name: str
    words: str
    cap: Cap


class Short(Struct, frozen=True):
    """Why a call is not made: the scope that it does not fit into, with figures.

    `busy` says that it would fit once calls in flight are settled. Amounts are billionths of a dollar, or
    tokens where `unit` says so.
    """

    scope: str
    words: str
    unit: str
    cap: int
    spent: int
    needed: int
    busy: bool = False

    @property
    def missing(self) -> int:
        """What it would take to make this call."""
        return self.spent + self.needed - self.cap

    @property
    def text(self) -> str:
        """What a person reads."""
        return (
            f"the budget of {self.words} is reached: {shown(self.spent, self.unit)} of "
            f"{shown(self.cap, self.unit)} spent, the next call may take {shown(self.needed, self.unit)}; "
            f"it would take {self.price} more"
        )

    @property
    def price(self) -> str:
        """What it would take, as it can be answered."""
        return shown(self.missing, self.unit)


def shown(amount: int, unit: str) -> str:
    """Return an amount in words, rounded up."""
    return f"{amount:,} tokens" if unit == "tokens" else f"${math.ceil(amount / NANO * 100) / 100:.2f}"


def scopes_of(
    budgets: Budgets,
    *,
    day: str,
    run: str,
    ancestors: Iterable[tuple[str, Cap]],
    agent: str,
    task: str | None,
) -> tuple[Scope, ...]:
    """Return the accounts of a call: a child's is charged to every run above it, too."""
    found = [
        Scope("fleet", "all runs", budgets.fleet),
        Scope(f"day:{day}", "all runs today", budgets.day),
        Scope(f"agent:{agent}:{day}", f"{agent} today", budgets.agent),
        Scope(f"run:{run}", "this run", budgets.run),
    ]
    found += [Scope(f"task:{task}", "this task", budgets.task)] if task else []
    return (*found, *(Scope(f"run:{above}", f"the run {above} above it", cap) for above, cap in ancestors))


def worst_case(price: Price | None, tokens_in: int, max_tokens: int) -> Amount:
    """Return the most that a call can cost: all of its input written to the cache, all of its room used."""
    if price is None:
        return Amount(None, tokens_in + max_tokens)
    dearest = max(price.input, price.cache_write, price.cache_read)
    return Amount(
        math.ceil((tokens_in * dearest + max_tokens * price.output) * 1_000), tokens_in + max_tokens
    )


def amount_of(price: Price | None, tokens: Tokens) -> Amount:
    """Return what a call did cost."""
    whole = tokens.input + tokens.output + tokens.cache_read + tokens.cache_write
    return Amount(None if price is None else math.ceil(cost_of(price, tokens) * NANO), whole)


ANSWER = re.compile(
    r"\+?\s*\$?\s*(?P<number>\d[\d,_]*(?:\.\d+)?|\.\d+)\s*(?P<times>[km])?\s*(?P<unit>usd|\$|dollars?|tokens?)?\s*\Z"
)
MOST = 1e12
TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
GIVE = frozenset({"approve", "approved", "yes", "ok", "raise"})


def raise_of(answer: str, short: Short) -> int | None:
    """Return by how much an answer raises the budget, in its own unit; `None` when it names no amount.

    A plain yes gives what the call takes.
    """
    text = answer.strip().lower()
    if text in GIVE:
        return short.missing
    found = ANSWER.match(text.removeprefix("approve:").strip())
    if found is None or (found["unit"] and found["unit"].startswith("token") != (short.unit == "tokens")):
        return None
    number = float(found["number"].replace(",", "").replace("_", "")) * TIMES[found["times"] or ""]
    return None if not 0 < number < MOST else math.floor(number if short.unit == "tokens" else number * NANO)
