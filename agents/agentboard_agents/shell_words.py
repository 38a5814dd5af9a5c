"""A shell command as words: exactly, when it is one plain command, and as far as it can be seen when not.

The grammar is shfmt's. What counts as plain is decided three times over, by the grammar, by an alphabet
and by `shlex`, and all have to agree: a command that is taken for another one would run unasked.
"""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

import msgspec
from msgspec import Struct

from agentboard_agents import shell_grammar
from agentboard_agents.shell_grammar import GrammarFault
from agentboard_agents.shell_plain import Call, File, Lit, Part, SglQuoted, Span, Word
from agentboard_agents.shell_seen import UNKNOWN, Node, Seen, guessed, seen_in

__all__ = ["UNKNOWN", "Plain", "Seen", "commands_in", "plain_command"]

CAP = 20_000
"""Characters of a command that is looked at; a longer one is never plain, and not readable."""

GUESSED = 200_000
"""Characters of a command that cannot be read in which names are looked for."""

RETURN, ORDINARY = "\r", "\x01"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_./+-]+\Z")
PLAIN_WORD = re.compile(r"[\w@%+=:,./^~*?-]+\Z", re.ASCII)
HOME = re.compile(r"(?:\A|[:=])~")
GLOB = re.compile(r"[*?]")
ESCAPE_IN_QUOTES = re.compile(r"\\([\\\"])")
LIVE_IN_QUOTES = re.compile(r"[$`]|\\[$`\n]|\\\Z")
HARMLESS_REDIRECTION = re.compile(r"[012]?>&[12]|[012&]?>>?\s*/dev/null|<\s*/dev/null")
SYNTAX = msgspec.json.Decoder(Node)
PLAIN = msgspec.json.Decoder(File)


class Plain(Struct, frozen=True):
    """One command in which a shell expands nothing but the words at the places `globs`."""

    argv: tuple[str, ...]
    globs: frozenset[int] = frozenset()


class Reading(Struct, frozen=True):
    """A command, read once for both questions."""

    plain: Plain | None
    seen: Seen


def plain_command(command: str) -> Plain | None:
    """Return the words of a command that is one plain command, else `None`."""
    return reading(command).plain


def commands_in(command: str) -> Seen:
    """Return every command that can be seen in a piece of shell, however deep it is nested."""
    return reading(command).seen


def reading(command: str) -> Reading:
    """Read a command; where the grammar does not work, it is neither plain nor readable."""
    try:
        return read(command)
    except GrammarFault:
        return Reading(None, guessed(command[:GUESSED]))


@lru_cache(64)
def read(command: str) -> Reading:
    """Read a command that was not read lately.

    Raises:
        GrammarFault: when the grammar does not work, which is not remembered.
    """
    source = source_of(command)
    tree = shell_grammar.tree_of(source) if source is not None else None
    if source is None or tree is None:
        return Reading(None, guessed(command[:GUESSED]))
    try:
        seen = seen_in(SYNTAX.decode(tree))
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError) as fault:
        raise GrammarFault("the grammar answered with something else than a tree") from fault
    return Reading(plain_in(tree, source) if RETURN not in command else None, seen)


def source_of(command: str) -> bytes | None:
    """Return a command as bytes; `None` for one that is too long, or no text.

    A carriage return is a letter like others to bash, and a blank to shfmt: it becomes another such letter.
    """
    if len(command) > CAP or "\0" in command:
        return None
    try:
        return command.replace(RETURN, ORDINARY).encode()
    except UnicodeEncodeError:
        return None


def plain_in(tree: bytes, source: bytes) -> Plain | None:
    """Return the one plain command of a tree, if it is all there is."""
    try:
        file = PLAIN.decode(tree)
    except (msgspec.DecodeError, RecursionError):
        return None
    statement = file.stmts[0]
    start, end = statement.bounds
    redirections = all(HARMLESS_REDIRECTION.fullmatch(text_of(each, source)) for each in statement.redirs)
    if (source[:start] + source[end:]).strip(b" \t\n") or not redirections:
        return None
    return plain_words(statement.cmd, source)


def plain_words(call: Call, source: bytes) -> Plain | None:
    """Return the words of a command, if three readings of it agree."""
    words = [plain_word(word, source) for word in call.args]
    argv = tuple(word for word in words if word is not None)
    if len(argv) != len(words) or not PLAIN_NAME.match(text_of(call.args[0], source)):
        return None
    try:
        again = shlex.split(text_of(call, source))
    except ValueError:
        return None
    ends = [word.bounds[1] for word in call.args[:-1]]
    starts = [word.bounds[0] for word in call.args[1:]]
    if any(source[end:start].strip(b" \t") for end, start in zip(ends, starts, strict=True)):
        return None
    live = (place for place, word in enumerate(call.args) if GLOB.search(bare_text(word)))
    return Plain(argv, frozenset(live)) if again == list(argv) else None


def plain_word(word: Word, source: bytes) -> str | None:
    """Return the value of a word that no shell would change."""
    parts = [plain_part(part, text_of(part, source)) for part in word.parts]
    together = "".join(text_of(part, source) for part in word.parts)
    if None in parts or together != text_of(word, source):
        return None
    if len(parts) > 1 and GLOB.search(bare_text(word)):
        return None
    return "".join(part for part in parts if part is not None)


def bare_text(word: Word) -> str:
    """Return what is not quoted in a word."""
    return "".join(part.value for part in word.parts if isinstance(part, Lit))


def plain_part(part: Part, text: str) -> str | None:
    """Return the value of a part of a word, if its text can mean nothing else."""
    if isinstance(part, Lit):
        plain = part.value == text and PLAIN_WORD.match(text) and not HOME.search(text)
        return text if plain else None
    inside = text[1:-1]
    if isinstance(part, SglQuoted):
        return inside if part.value == inside and text[:1] == text[-1:] == "'" else None
    return None if LIVE_IN_QUOTES.search(inside) else ESCAPE_IN_QUOTES.sub(r"\1", inside)


def text_of(node: Span, source: bytes) -> str:
    """Return the source of a node."""
    start, end = node.bounds
    return source[start:end].decode("utf-8", "replace")
