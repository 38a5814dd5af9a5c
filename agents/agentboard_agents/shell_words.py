"""A shell command as words: exactly, when it is one plain command, and as far as it can be seen when not.

The grammar is tree-sitter's. What counts as plain is decided three times over, by the grammar, by an
alphabet and by `shlex`, and all have to agree: a command that is taken for another one would run unasked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["Plain", "Seen", "commands_in", "plain_command"]

CAP = 20_000
"""Characters of a command that is looked at; a longer one is never plain, and not readable."""

DEEPEST = 4
"""Shells inside of shells that are looked into."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9_./+-]+\Z")
PLAIN_WORD = re.compile(r"[\w@%+=:,./^~*?-]+\Z", re.ASCII)
HOME = re.compile(r"(?:\A|[:=])~")
GLOB = re.compile(r"[*?]")
ESCAPE_IN_QUOTES = re.compile(r"\\([\\\"])")
LIVE_IN_QUOTES = re.compile(r"[$`]|\\[$`\n]|\\\Z")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
QUOTES = re.compile(r"[\"']")
HARMLESS_REDIRECTION = re.compile(r"[012]?>&[12]|[012&]?>>?\s*/dev/null|<\s*/dev/null")
TEXT = frozenset({"word", "number", "raw_string", "string", "concatenation"})
UNKNOWN = "\0"
"""Stands for a word whose value only the shell will know."""


class Plain(Struct, frozen=True):
    """One command in which a shell expands nothing but the words at the places `globs`."""

    argv: tuple[str, ...]
    globs: frozenset[int] = frozenset()


class Seen(Struct, frozen=True):
    """The commands in a piece of shell; `readable` is false when there may be others than those seen.

    Words that only the shell will know are `UNKNOWN`. `written` and `read` are targets of redirections.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    readable: bool = True
    written: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@lru_cache(16)
def plain_command(command: str) -> Plain | None:
    """Return the words of a command that is one plain command, else `None`."""
    root = tree(command)
    if root is None or root.has_error or len(root.children) != 1:
        return None
    node = root.children[0]
    source = command.encode()
    outside = source[: node.start_byte] + source[node.end_byte :]
    if outside.strip(b" \t\n"):
        return None
    body = without_redirections(node)
    if body is None or body.type != "command":
        return None
    return plain_words(body, source)


def without_redirections(node: Node) -> Node | None:
    """Return the command beneath redirections that touch no file."""
    if node.type != "redirected_statement":
        return node
    body, *others = node.children
    harmless = all(HARMLESS_REDIRECTION.fullmatch(text_of(other)) for other in others)
    return body if harmless else None


def plain_words(body: Node, source: bytes) -> Plain | None:
    """Return the words of a command node, if three readings of it agree."""
    parts = [child.children[0] if child.type == "command_name" else child for child in body.children]
    words = [plain_word(part) for part in parts]
    argv = tuple(word for word in words if word is not None)
    if len(argv) != len(words) or not argv or not PLAIN_NAME.match(text_of(parts[0])):
        return None
    try:
        again = shlex.split(source[body.start_byte : body.end_byte].decode())
    except ValueError:
        return None
    if again != list(argv):
        return None
    return Plain(
        argv, frozenset(i for i, part in enumerate(parts) if part.type == "word" and GLOB.search(argv[i]))
    )


def plain_word(node: Node) -> str | None:
    """Return the value of a word that no shell would change."""
    text = text_of(node)
    if node.type in {"word", "number"}:
        return text if PLAIN_WORD.match(text) and not HOME.search(text) else None
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "string":
        inside = text[1:-1]
        return None if LIVE_IN_QUOTES.search(inside) else ESCAPE_IN_QUOTES.sub(r"\1", inside)
    if node.type != "concatenation":
        return None
    parts = [plain_word(child) for child in node.children]
    joined = "".join(part for part in parts if part is not None)
    return (
        None
        if None in parts or any(GLOB.search(text_of(c)) for c in node.children if c.type == "word")
        else joined
    )


def commands_in(command: str, depth: int = 0) -> Seen:
    """Return every command that can be seen in a piece of shell, however deep it is nested."""
    root = tree(command)
    if root is None or depth > DEEPEST:
        return Seen(readable=False)
    commands: list[tuple[str, ...]] = []
    written: list[str] = []
    read: list[str] = []
    for node in walk(root):
        if node.type == "file_redirect":
            note_redirection(node, written, read)
        elif node.type in {"command", "declaration_command", "unset_command"}:
            commands.append(words_of(node))
    readable = not root.has_error and all(UNKNOWN not in argv[0] for argv in commands if argv)
    return Seen(tuple(argv for argv in commands if argv), readable, tuple(written), tuple(read))


def note_redirection(node: Node, written: list[str], read: list[str]) -> None:
    """Note which file a redirection reads or writes."""
    target = node.child_by_field_name("destination")
    if target is not None:
        reads = any(child.type == "<" for child in node.children)
        (read if reads else written).append(loose_word(target))


def words_of(node: Node) -> tuple[str, ...]:
    """Return the words of a command as far as they can be told, without assignments before it."""
    found: list[str] = []
    for child in node.children:
        inner = child.children[0] if child.type == "command_name" and child.children else child
        if child.type == "variable_assignment" and not found:
            continue
        if "redirect" not in child.type:
            found.append(loose_word(inner))
    return tuple(found)


def loose_word(node: Node) -> str:
    """Return what a word most probably is: quotes and escapes taken off, expansions unknown."""
    if node.type in {"simple_expansion", "expansion", "command_substitution", "process_substitution"}:
        return UNKNOWN
    text = text_of(node)
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "ansi_c_string":
        return ansi(text[2:-1])
    if node.type in {"string", "concatenation", "translated_string"}:
        pieces = [loose_word(child) for child in node.children if child.type not in {'"', "$"}]
        return "".join(pieces)
    return ESCAPE.sub(lambda found: "" if found[1] == "\n" else found[1], QUOTES.sub("", text))


def ansi(text: str) -> str:
    """Return what `$'...'` stands for."""
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        return UNKNOWN


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything in it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def text_of(node: Node) -> str:
    """Return the source of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def tree(command: str) -> Node | None:
    """Parse a command; `None` for one that is too long, or no text."""
    if len(command) > CAP or "\0" in command:
        return None
    try:
        source = command.encode()
    except UnicodeEncodeError:
        return None
    return grammar().parse(source).root_node


@cache
def grammar() -> Parser:
    """Load the grammar, once, when the first command is looked at."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
