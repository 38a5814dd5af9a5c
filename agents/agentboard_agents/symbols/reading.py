"""The symbols of one file's contents: by our own reading, and what universal-ctags finds besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from agentboard_agents.symbols.ctags import Ctags
from agentboard_agents.symbols.reading_go import read_go
from agentboard_agents.symbols.reading_python import read_python
from agentboard_agents.symbols.reading_script import read_script
from agentboard_agents.symbols.symbol import Symbol, capped, language_of

__all__ = ["LARGEST", "read_symbols"]

LARGEST = 256 * 1024
"""Bytes of a file that is read; larger ones are generated, as a rule."""

OWN: dict[str, Callable[[str, str], list[Symbol]]] = {
    "Python": read_python,
    "Go": read_go,
    "TypeScript": lambda path, text: read_script(path, text, "TypeScript"),
    "JavaScript": lambda path, text: read_script(path, text, "JavaScript"),
}


MORE = frozenset(
    {"function", "method", "class", "struct", "interface", "enum", "trait", "type", "macro", "module"}
)
"""Kinds that ctags may add to our own reading of a file, which has all variables that count."""


def read_symbols(path: str, data: bytes, ctags: Ctags | None) -> tuple[Symbol, ...]:
    """Return the symbols of a file, by line; none for a file that is too large or not text."""
    language = language_of(path)
    if language is None or len(data) > LARGEST or b"\0" in data:
        return ()
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
    own = OWN[language](path, text) if language in OWN else []
    return capped(joined(own, ctags.read(path, data) if ctags else []))


def joined(own: Sequence[Symbol], others: Sequence[Symbol]) -> list[Symbol]:
    """Return our own symbols, and of the others those that name something else or stand elsewhere."""
    if not own:
        return list(others)
    known = {(one.name, one.line): one for one in own}
    more = [one for one in others if (one.name, one.line) not in known and one.kind in MORE]
    signatures = {(one.name, one.line): one.signature for one in others}
    filled = [
        one if one.signature else structs.replace(one, signature=signatures.get((one.name, one.line), ""))
        for one in own
    ]
    return [*filled, *more]
