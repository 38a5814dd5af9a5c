"""Symbols of Go: its declarations start a line, as gofmt leaves them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentboard_agents.symbols.blanking import blanked
from agentboard_agents.symbols.symbol import LONGEST_SIGNATURE, Symbol

__all__ = ["read_go"]

FUNCTION = re.compile(
    r"func[ \t]+(?:\((?:\w+[ \t]+)?\*?[ \t]*(?P<receiver>\w+)(?:\[[^\]\n]*\])?\)[ \t]*)?"
    r"(?P<name>\w+)[ \t]*(?P<rest>[\[(])"
)
TYPE = re.compile(r"(?P<name>\w+)(?:\[[^\]\n]*\])?[ \t]+=?[ \t]*(?P<what>struct\b|interface\b|[\w*\[\]().]+)")
VALUE = re.compile(r"(?P<name>[A-Za-z_]\w*)\b(?![ \t]*[.(])")
SPEC = re.compile(r"[ \t]+(?P<name>[A-Za-z_]\w*)(?P<rest>\()")
KEYWORD = re.compile(r"(?P<word>type|const|var)[ \t]+(?P<group>\()?")
KINDS = {"struct": "struct", "interface": "interface"}


class Reader:
    """Goes down the lines of one file; knows in which group or interface it is."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._at = 0
        self._number = 0
        self._group = ""
        self._interface = ""

    def line(self, code: str) -> Iterator[Symbol]:
        """Yield what the next line declares; `code` is the line without comments and strings."""
        self._number += 1
        bare = code.strip()
        if bare and not code.startswith((" ", "\t")):
            self._interface = ""
            yield from self._top(code)
        elif self._interface:
            found = SPEC.match(code)
            if found:
                yield self._symbol(found["name"], "method", self._interface, found.start("rest"))
        elif self._group and bare:
            yield from self._member(self._group, bare)
        self._at += len(code) + 1

    def _top(self, code: str) -> Iterator[Symbol]:
        function, keyword = FUNCTION.match(code), KEYWORD.match(code)
        self._group = ""
        if function:
            kind = "method" if function["receiver"] else "function"
            yield self._symbol(function["name"], kind, function["receiver"] or "", function.start("rest"))
        elif keyword and keyword["group"]:
            self._group = keyword["word"]
        elif keyword:
            yield from self._member(keyword["word"], code[keyword.end() :])

    def _member(self, word: str, bare: str) -> Iterator[Symbol]:
        found = (TYPE if word == "type" else VALUE).match(bare)
        if not found:
            return
        kind = {"const": "constant", "var": "variable"}.get(word) or KINDS.get(found["what"], "type")
        if kind == "interface" and not bare.rstrip().endswith("}"):
            self._interface = found["name"]
        yield self._symbol(found["name"], kind, "")

    def _symbol(self, name: str, kind: str, scope: str, rest: int | None = None) -> Symbol:
        signature = "" if rest is None else until_body(self._text[self._at + rest :][: 2 * LONGEST_SIGNATURE])
        return Symbol(name, kind, self._path, self._number, signature, scope, "Go")


def until_body(text: str) -> str:
    """Return the start of `text` up to the end of the line or the brace that follows its parentheses."""
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth <= 0 and letter in "{\n":
            return " ".join(text[:index].split())[:LONGEST_SIGNATURE]
    return " ".join(text.split())[:LONGEST_SIGNATURE]


def read_go(path: str, text: str) -> list[Symbol]:
    """Return the functions, methods, types, constants and variables of a file."""
    reader = Reader(path, text)
    return [symbol for code in blanked(text, "Go").split("\n") for symbol in reader.line(code)]
