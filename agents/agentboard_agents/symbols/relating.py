"""Which files and symbols a task is about, from its words alone. Pure."""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from agentboard_agents.symbols.index import Index
from agentboard_agents.symbols.query import is_test
from agentboard_agents.symbols.symbol import Symbol
from agentboard_agents.symbols.words import identifiers, words

__all__ = ["Related", "related", "told"]

MOST_TEXT = 20_000
NAMED, WITHIN, MENTIONED, STEM = 12.0, 4.0, 40.0, 6.0
"""What it weighs that a text names a symbol, what that is in, a path, or the stem of one."""

LEAST = 3.0
TEST_MARKS = re.compile(r"^test_|_test$|[._-](?:test|spec)$")


class Related(Struct, frozen=True):
    """The files that a text is about, the best first, and the symbols."""

    files: tuple[str, ...] = ()
    symbols: tuple[Symbol, ...] = ()


def related(index: Index, text: str, *, most_files: int = 10, most_symbols: int = 20) -> Related:
    """Return what a task's text is about: what it names, what shares its telling words, and their tests."""
    text = text[:MOST_TEXT]
    rarity = _rarity(index)
    named, said = identifiers(text), words(text)
    graded = [(_weight(symbol, named, said, rarity), symbol) for symbol in index.symbols()]
    found = sorted(
        ((weight, symbol) for weight, symbol in graded if weight >= LEAST),
        key=lambda pair: (-pair[0], is_test(pair[1].file), pair[1].file, pair[1].line),
    )
    files = _files(index, text, said, found, rarity)
    symbols = [symbol for _, symbol in found if not is_test(symbol.file)]
    return Related(_with_tests(files, index.paths)[:most_files], tuple(symbols[:most_symbols]))


def told(found: Related) -> str:
    """Return what was found as lines for a brief, "" for nothing."""
    files = [f"- {path}" for path in found.files]
    symbols = [f"- {one.file}:{one.line} {one.kind} {one.qualified}{one.signature}" for one in found.symbols]
    parts = (("Files that this may be about:", files), ("Symbols that this may be about:", symbols))
    return "\n\n".join("\n".join([head, *lines]) for head, lines in parts if lines)


def _rarity(index: Index) -> Mapping[str, float]:
    """Return for each word of a name or path how telling it is: the fewer files have it, the more."""
    counts: Counter[str] = Counter()
    for path, symbols in index.files.items():
        counts.update(words(path).union(*(words(one.name) for one in symbols)))
    total = len(index.files) + 1
    return {word: math.log(1 + total / count) for word, count in counts.items()}


def _weight(
    symbol: Symbol, named: frozenset[str], said: frozenset[str], rarity: Mapping[str, float]
) -> float:
    """Return how much a text is about a symbol."""
    own = words(symbol.name)
    shared = own & said
    weight = sum(rarity.get(word, 0.0) for word in shared) * (len(shared) / len(own) if own else 0.0)
    if symbol.name in named and _is_telling(symbol.name):
        weight += NAMED
    elif symbol.name not in named and not shared:
        return 0.0
    if symbol.scope and symbol.scope.rpartition(".")[2] in named:
        weight += WITHIN
    return weight


def _is_telling(name: str) -> bool:
    """Whether a name is not also an everyday word, as `run` and `name` are."""
    return "_" in name.strip("_") or any(letter.isupper() for letter in name) or len(name) > 4


def _files(
    index: Index,
    text: str,
    said: frozenset[str],
    found: Iterable[tuple[float, Symbol]],
    rarity: Mapping[str, float],
) -> list[str]:
    weights: dict[str, float] = {}
    for weight, symbol in found:
        best = weights.get(symbol.file, 0.0)
        weights[symbol.file] = max(best, weight) + 0.1 * min(best, weight)
    for path in index.paths:
        more = _path_weight(path, text, said, rarity)
        if more:
            weights[path] = weights.get(path, 0.0) + more
    return sorted(
        (path for path in weights if weights[path] >= LEAST), key=lambda path: (-weights[path], path)
    )


def _path_weight(path: str, text: str, said: frozenset[str], rarity: Mapping[str, float]) -> float:
    name = posixpath.basename(path)
    if path in text:
        return 2 * MENTIONED
    if len(name) > 3 and "." in name and re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text):
        return MENTIONED
    shared = words(posixpath.splitext(name)[0]) & said
    return sum(min(rarity.get(word, 0.0), STEM) for word in shared)


def _with_tests(files: list[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Put the tests of each file right after it."""
    tests: dict[str, list[str]] = {}
    for path in paths:
        if is_test(path):
            tests.setdefault(_subject(path), []).append(path)
    ordered = (one for path in files for one in (path, *tests.get(_stem(path), [])[:2]))
    return tuple(dict.fromkeys(ordered))


def _stem(path: str) -> str:
    return posixpath.basename(path).partition(".")[0]


def _subject(path: str) -> str:
    """Return the stem of the file that a test is of: `cart` for `test_cart.py` and `cart.test.ts`."""
    return TEST_MARKS.sub("", posixpath.splitext(posixpath.basename(path))[0])
