"""What can be seen in a syntax tree of the shell: its commands, and the files that redirections name.

A tree is shfmt's JSON: https://pkg.go.dev/mvdan.cc/sh/v3/syntax. Here it is read generously: a command is
found wherever it stands, and what only the shell will know is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from msgspec import Struct

__all__ = ["UNKNOWN", "Node", "Seen", "guessed", "seen_in"]

UNKNOWN = "\0"
"""Stands for a word whose value only the shell will know."""

ESCAPE = re.compile(r"\\(.)", re.DOTALL)
LIVE_NAME = re.compile(r"[*?]|\[.|\{.")
"""What makes a program's name depend on files, or on braces."""

PIECE = re.compile(r"[^\s'\"`$&|;<>(){}\\]+")
READING = frozenset({"<", "<>"})
FEEDING = frozenset({"<<", "<<-", "<<<"})
WRITING = frozenset({">", ">>", ">|", "<>", "&>", "&>>", ">&"})
PLACES = frozenset({"Pos", "End", "ValuePos", "ValueEnd", "OpPos", "Left", "Right", "Position", "Semicolon"})

Node = dict[str, Any]


class Seen(Struct, frozen=True):
    """The commands in a piece of shell; `readable` is false when there may be others than those seen.

    Words that only the shell will know are `UNKNOWN`. `written` and `read` are targets of redirections;
    `fed` are commands with the text that stands behind them for their input (`<<`, `<<<`).
    """

    commands: tuple[tuple[str, ...], ...] = ()
    readable: bool = True
    written: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    fed: tuple[tuple[tuple[str, ...], str], ...] = ()


def guessed(text: str) -> Seen:
    """Return what a text that cannot be read may do: read and write all that it names."""
    pieces = tuple(dict.fromkeys(PIECE.findall(text)))
    return Seen((), False, pieces, pieces)


def seen_in(tree: Node) -> Seen:
    """Return what can be seen in a tree.

    Raises:
        KeyError, TypeError: when it is not the tree of a file.
    """
    if tree["Type"] != "File":
        raise TypeError(tree["Type"])
    commands: list[tuple[str, ...]] = []
    written: list[str] = []
    read: list[str] = []
    fed: list[tuple[tuple[str, ...], str]] = []
    for node in walk(tree):
        commands += commands_of(node)
        for redirection in node.get("Redirs", ()):
            target = loose_word(redirection["Word"])
            if redirection["Op"] in FEEDING:
                text = loose_word(redirection["Hdoc"]) if "Hdoc" in redirection else target
                fed += [(argv, text) for argv in commands_of(node.get("Cmd") or {})]
            read += [target] if redirection["Op"] in READING else []
            written += [target] if redirection["Op"] in WRITING else []
    readable = all(UNKNOWN not in argv[0] for argv in commands)
    return Seen(tuple(commands), readable, tuple(written), tuple(read), tuple(fed))


def commands_of(node: Node) -> list[tuple[str, ...]]:
    """Return the command that a node is, if it is one; assignments before it are left out."""
    kind = node.get("Type")
    if kind == "CallExpr" and node.get("Args"):
        name, *others = node["Args"]
        return [(program_name(name), *map(loose_word, others))]
    if kind == "DeclClause":
        return [(node["Variant"]["Value"], *map(assigned, node.get("Args", ())))]
    return [("let",)] if kind == "LetClause" else []


def program_name(word: Node) -> str:
    """Return the first word of a command; unknown where files or braces decide about it."""
    live = any(part["Type"] == "Lit" and LIVE_NAME.search(part.get("Value", "")) for part in word["Parts"])
    return UNKNOWN if live else loose_word(word)


def assigned(node: Node) -> str:
    """Return an argument of `declare` and its like."""
    value = loose_word(node["Value"]) if "Value" in node else ""
    if "Name" not in node:
        return value
    return node["Name"]["Value"] if node.get("Naked") else f"{node['Name']['Value']}={value}"


def loose_word(word: Node) -> str:
    """Return what a word most probably is: quotes and escapes taken off, expansions unknown."""
    return "".join(map(loose_part, word.get("Parts", ())))


def loose_part(part: Node) -> str:
    """Return what a part of a word most probably is."""
    kind, text = part["Type"], part.get("Value", "")
    if kind == "SglQuoted":
        return ansi(text) if part.get("Dollar") else text
    if kind == "DblQuoted":
        return loose_word(part)
    if kind != "Lit":
        return UNKNOWN
    return ESCAPE.sub(lambda found: "" if found[1] == "\n" else found[1], text)


def ansi(text: str) -> str:
    """Return what `$'...'` stands for."""
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        return UNKNOWN


def walk(tree: Node) -> Iterator[Node]:
    """Yield a node and everything in it, in the order of the text."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(cast("list[object]", node)))
        elif isinstance(node, dict):
            members = cast("Node", node)
            yield members
            waiting.extend(value for name, value in reversed(members.items()) if name not in PLACES)
