"""What a model call costs, in US dollars: a table of families, newest prices first.

Prices per million tokens: https://docs.anthropic.com/en/docs/about-claude/pricing. A model that no row
matches has no known price, and its cost is shown as unknown, never as zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from agentboard_agents.projection import Tokens

__all__ = ["PRICED_ON", "Price", "cost_of", "cost_usd", "price", "price_of"]

MILLION = 1_000_000

PRICED_ON = "2026-11-20"
"""When the table was written; `prices` in the user's configuration says what has changed since."""


class Price(Struct, frozen=True):
    """US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float


def price(input_usd: float, output_usd: float) -> Price:
    """Return the price of a model whose cache costs the usual share of its input."""
    return Price(input_usd, output_usd, input_usd * 0.1, input_usd * 1.25)


PRICES: tuple[tuple[re.Pattern[str], Price], ...] = (
    (re.compile(r"opus-4-(?:[5-9]|[1-9]\d)"), price(5, 25)),
    (re.compile(r"opus"), price(15, 75)),
    (re.compile(r"sonnet"), price(3, 15)),
    (re.compile(r"haiku-4"), price(1, 5)),
    (re.compile(r"3-5-haiku"), price(0.8, 4)),
    (re.compile(r"haiku"), price(0.25, 1.25)),
)
"""Part of a model's id to its price; the first match counts."""


def price_of(model: str, own: Mapping[str, Price] | None = None) -> Price | None:
    """Return the price of a model, or `None` when it is not known.

    Args:
        model: its id.
        own: prices of the user's configuration, by the model's id or a part of it; they count first.
    """
    mine = next((known for part, known in (own or {}).items() if part in model), None)
    return mine or next((known for pattern, known in PRICES if pattern.search(model)), None)


def cost_of(price: Price, tokens: Tokens) -> float:
    """Return what tokens cost at a price."""
    spent = (
        tokens.input * price.input
        + tokens.output * price.output
        + tokens.cache_read * price.cache_read
        + tokens.cache_write * price.cache_write
    )
    return spent / MILLION


def cost_usd(model: str, tokens: Tokens, own: Mapping[str, Price] | None = None) -> float | None:
    """Return what a call cost, or `None` when the model's price is not known."""
    known = price_of(model, own)
    return None if known is None else round(cost_of(known, tokens), 6)
