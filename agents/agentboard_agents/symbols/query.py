"""Finding symbols by name: the whole name first, then its start, a word of it, any part of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentboard_agents.symbols.symbol import Symbol
from agentboard_agents.symbols.words import words

__all__ = ["MOST_FOUND", "search"]

MOST_FOUND = 1_000
KIND_ORDER = ("class", "interface", "struct", "trait", "enum", "type", "function", "method")
TEST = re.compile(r"(^|/)(tests?|__tests__|spec)/|(^|/)test_|[._](test|spec)\.|_test\.")
NO_MATCH = 9


def search(symbols: Iterable[Symbol], query: str, most: int = MOST_FOUND) -> list[Symbol]:
    """Return the symbols that a query names, the best first.

    Upper and lower case are alike, but what is written alike comes first. `Cart.total` and `Cart::total` name
    a member of something; several words must all be in the name, in what it is in, or in its path.
    """
    asked = query.strip().replace("::", ".").replace("#", ".").removesuffix("()")
    if not asked:
        return []
    graded = ((_grade(symbol, asked), symbol) for symbol in symbols)
    found = [(grade, symbol) for grade, symbol in graded if grade < NO_MATCH]
    found.sort(key=lambda pair: (pair[0], *_order(pair[1])))
    return [symbol for _, symbol in found[:most]]


def _grade(symbol: Symbol, asked: str) -> int:
    """Return how far a symbol is from what was asked: 0 is that very name."""
    name = symbol.qualified if "." in asked else symbol.name
    low, wanted = name.lower(), asked.lower()
    if " " in asked:
        return (
            5
            if all(part in f"{symbol.file} {symbol.qualified}".lower() for part in wanted.split())
            else NO_MATCH
        )
    if name == asked or name.endswith(f".{asked}"):
        return 0
    if low == wanted or low.endswith(f".{wanted}"):
        return 1
    if low.startswith(wanted):
        return 2
    if words(asked) and words(asked) <= words(name):
        return 3
    return 4 if wanted in low else NO_MATCH


def _order(symbol: Symbol) -> tuple[bool, int, int, str, int]:
    rank = KIND_ORDER.index(symbol.kind) if symbol.kind in KIND_ORDER else len(KIND_ORDER)
    return is_test(symbol.file), rank, len(symbol.name), symbol.file, symbol.line


def is_test(path: str) -> bool:
    """Tell whether a path looks like that of a test."""
    return TEST.search(path) is not None
