"""A named thing that source code defines, and which languages are read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from msgspec import Struct

__all__ = ["LANGUAGES", "MOST_IN_FILE", "Symbol", "capped", "language_of", "owner"]

LONGEST_NAME = 200
LONGEST_SIGNATURE = 300
MOST_IN_FILE = 2_000

EXTENSIONS = {
    "Python": "py pyi pyw",
    "Go": "go",
    "TypeScript": "ts tsx mts cts",
    "JavaScript": "js jsx mjs cjs",
    "Rust": "rs",
    "Java": "java",
    "C": "c",
    "C++": "h cc cpp cxx hh hpp hxx",
    "C#": "cs",
    "Ruby": "rb",
    "PHP": "php",
    "Sh": "sh bash",
    "Lua": "lua",
    "Perl": "pl pm",
    "Elixir": "ex exs",
}
"""Language, as universal-ctags names it -> the extensions of its files."""

LANGUAGES = {f".{end}": language for language, ends in EXTENSIONS.items() for end in ends.split()}


class Symbol(Struct, frozen=True):
    """One definition: where it is, what it is, and what it is in.

    `kind` is a word such as class, function, method; `scope` names what encloses it (`Cart.Line`), "" at the
    top of a file; `signature` has the parameters and, where it is declared, the result.
    """

    name: str
    kind: str
    file: str
    line: int
    signature: str = ""
    scope: str = ""
    language: str = ""

    @property
    def qualified(self) -> str:
        """The name with what it is in: `Cart.total`."""
        return f"{self.scope}.{self.name}" if self.scope else self.name


def language_of(path: str) -> str | None:
    """Return the language of a source file by its name; `None` for one that is not read."""
    return None if path.endswith(".min.js") else LANGUAGES.get(posixpath.splitext(path)[1].lower())


def owner(scope: str) -> str:
    """Return the innermost part of a scope."""
    return scope.rpartition(".")[2]


def capped(symbols: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Return the first symbols of a file by line; what no person would call a name is left out."""
    named = [one for one in symbols if one.name and len(one.name) <= LONGEST_NAME and one.name.isprintable()]
    return tuple(sorted(named, key=lambda one: (one.line, one.name))[:MOST_IN_FILE])
