"""What a model call costs, in US dollars: a table of families, newest prices first.

Prices per million tokens: https://docs.anthropic.com/en/docs/about-claude/pricing. A model that no row
matches has no known price, and its cost is shown as unknown, never as zero.
"""

from __future__ import annotations

import re

from msgspec import Struct

from agentboard_agents.projection import Tokens

__all__ = ["Price", "cost_usd", "price_of"]

MILLION = 1_000_000


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


def price_of(model: str) -> Price | None:
    """Return the price of a model, or `None` when it is not known."""
    return next((known for pattern, known in PRICES if pattern.search(model)), None)


def cost_usd(model: str, tokens: Tokens) -> float | None:
    """Return what a call cost, or `None` when the model's price is not known."""
    known = price_of(model)
    if known is None:
        return None
    spent = (
        tokens.input * known.input
        + tokens.output * known.output
        + tokens.cache_read * known.cache_read
        + tokens.cache_write * known.cache_write
    )
    return round(spent / MILLION, 6)
