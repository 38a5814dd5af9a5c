"""Budgets, prices and limits of a configuration file, typed."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.budget import Budgets, Cap
from agentboard_agents.config_fields import Fields
from agentboard_agents.prices import Price

__all__ = ["Spending", "narrower", "read_spending"]

SCOPES = ("day", "fleet", "task", "agent", "run")
CAP_KEYS = ("usd", "tokens")
PRICE_KEYS = ("input", "output", "cache_read", "cache_write")


class Spending(Struct, frozen=True):
    """What may be spent, and at which prices; `runs` may be at work at once, each for `minutes` at most."""

    budgets: Budgets = Budgets()
    prices: dict[str, Price] = {}
    runs: int | None = None
    minutes: float | None = None


def read_spending(user: Fields, project: Fields) -> Spending:
    """Read both files: a project may narrow what the user allows, and has no say about prices."""
    mine, theirs = user.mapping("budgets"), project.mapping("budgets")
    limits, own_limits = user.mapping("limits"), project.mapping("limits")
    caps = {name: narrower(cap_of(mine, name), cap_of(theirs, name)) for name in SCOPES}
    for fields in (mine, theirs):
        fields.known(SCOPES)
    runs = least(limits.number("runs", 1.0), own_limits.number("runs", 1.0))
    return Spending(
        Budgets(**caps),
        prices_of(user.mapping("prices")),
        None if runs is None else int(runs),
        least(limits.number("minutes"), own_limits.number("minutes")),
    )


def cap_of(fields: Fields, name: str) -> Cap:
    """Read one cap: `{usd: 5, tokens: 1000000}`."""
    cap = fields.mapping(name)
    cap.known(CAP_KEYS)
    tokens = cap.number("tokens")
    return Cap(cap.number("usd"), None if tokens is None else int(tokens))


def narrower(one: Cap, other: Cap) -> Cap:
    """Return the lower cap of each kind."""
    tokens = least(one.tokens, other.tokens)
    return Cap(least(one.usd, other.usd), None if tokens is None else int(tokens))


def prices_of(fields: Fields) -> dict[str, Price]:
    """Read prices in dollars per million tokens, by a model's id or a part of it."""
    found: dict[str, Price] = {}
    for model in fields.values:
        row = fields.mapping(model)
        row.known(PRICE_KEYS)
        given = {key: row.number(key) for key in PRICE_KEYS}
        into, out = given["input"], given["output"]
        if into is None or out is None:
            fields.refuse(model, f"the price of {model} needs `input` and `output`")
            continue
        read, write = given["cache_read"], given["cache_write"]
        found[model] = Price(
            into, out, into * 0.1 if read is None else read, into * 1.25 if write is None else write
        )
    return found


def least(one: float | None, other: float | None) -> float | None:
    """Return the lower of two limits, where either is given."""
    return min((limit for limit in (one, other) if limit is not None), default=None)
