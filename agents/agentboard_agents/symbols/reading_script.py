"""Symbols of TypeScript and JavaScript: declarations at the top, in namespaces, classes and interfaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentboard_agents.symbols.blanking import blanked
from agentboard_agents.symbols.symbol import LONGEST_SIGNATURE, Symbol

__all__ = ["read_script"]

PARAMETERS = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
GENERIC = r"(?:\s*<[^(){};]{0,200}>)?"
RESULT = r"(?:\s*:[^{};=\n]{0,200})?"
NAME = r"(?<![\w$\#])[A-Za-z_$\#][\w$]*"
CALLED = rf"{GENERIC}\s*{PARAMETERS}{RESULT}"
TOKENS = re.compile(
    rf"""
    (?P<open>\{{) | (?P<close>\}})
    | \bfunction\b\s*\*?\s*(?P<function>{NAME})(?P<args>{CALLED})
    | \b(?P<word>class|interface|enum|namespace|module)\s+(?P<block>{NAME})
      (?:\s*<(?:[^<>]|<[^<>]*>){{0,300}}>)?(?=[^;={{}}]{{0,400}}\{{)
    | \btype\s+(?P<type>{NAME})(?:<[^=;{{}}]{{0,200}}>)?\s*=
    | \b(?:const|let|var)\s+(?P<value>{NAME})(?:\s*:[^=;\n]{{0,200}})?\s*=
      \s*(?P<arrow>(?:async\s*)?(?:{CALLED}|{NAME})\s*=>|(?:async\s+)?function\b)?
    | (?P<method>{NAME})\??(?P<given>{CALLED})(?=\s*[{{;\n}}])
    | (?P<field>{NAME})\s*=\s*(?P<held>(?:async\s*)?{PARAMETERS}{RESULT})\s*=>
    """,
    re.VERBOSE,
)
"""One pass over code without comments and strings: braces, and everything that declares a name."""

CONTROL = frozenset(
    {"if", "for", "while", "switch", "catch", "return", "with", "function", "await", "super", "new", "typeof"}
    | {"throw"}
)
BLOCKS = {"module": "namespace"}
HOLDERS = frozenset({"class", "interface", "namespace"})
MEMBERS = frozenset({"class", "interface"})


class Reader:
    """Goes through the tokens of one file; knows what encloses it."""

    def __init__(self, path: str, language: str, text: str) -> None:
        self._path = path
        self._language = language
        self._text = text
        self._around: list[tuple[str, str]] = []
        self._pending = ("", "")
        self._line, self._counted = 1, 0

    def token(self, found: re.Match[str]) -> Iterator[Symbol]:
        """Yield the symbol that a token declares, if it does."""
        kind = found.lastgroup
        if kind == "open":
            self._around.append(self._pending)
            self._pending = ("", "")
        elif kind == "close":
            self._around = self._around[:-1]
        elif self._visible():
            yield from self._declared(found)

    def _visible(self) -> bool:
        """Whether everything around is a class or the like: what is local to a function is no symbol."""
        return all(kind in HOLDERS for kind, _ in self._around)

    def _declared(self, found: re.Match[str]) -> Iterator[Symbol]:
        inner = self._around[-1][0] if self._around else ""
        kind, name, span = declaration(found, inner)
        if name and name not in CONTROL:
            self._pending = (kind, name)
            yield self._symbol(found, name, kind, span)

    def _symbol(self, found: re.Match[str], name: str, kind: str, span: tuple[int, int]) -> Symbol:
        at = found.start() + found.group().find(name)
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        signature = " ".join(self._text[span[0] : span[1]].split())[:LONGEST_SIGNATURE]
        scope = ".".join(name for _, name in self._around)
        return Symbol(name, kind, self._path, self._line, signature, scope, self._language)


def declaration(found: re.Match[str], inner: str) -> tuple[str, str, tuple[int, int]]:
    """Return the kind, name and place of the signature of what a token declares inside an `inner` thing."""
    nothing = (0, 0)
    if found["function"]:
        return "function", found["function"], found.span("args")
    if found["block"]:
        return BLOCKS.get(found["word"], found["word"]), found["block"], nothing
    if found["type"]:
        return "type", found["type"], nothing
    if found["value"] and inner not in MEMBERS:
        if found["arrow"]:
            return "function", found["value"], arrow_span(found)
        return ("constant" if found.group().startswith("const") else "variable"), found["value"], nothing
    if found["method"] and inner in MEMBERS:
        return "method", found["method"], found.span("given")
    if found["field"] and inner in MEMBERS:
        return "method", found["field"], found.span("held")
    return "", "", nothing


def arrow_span(found: re.Match[str]) -> tuple[int, int]:
    """Return where the parameters and the result of an arrow function are."""
    start, end = found.span("arrow")
    return (start, end - 2) if found["arrow"].endswith("=>") else (0, 0)


def read_script(path: str, text: str, language: str) -> list[Symbol]:
    """Return the classes, interfaces, types, functions, methods and top-level names of a file."""
    reader = Reader(path, language, text)
    code = blanked(text, "TypeScript")
    return [symbol for found in TOKENS.finditer(code) for symbol in reader.token(found)]
