"""What the syntax tree of one plain command looks like; a tree with anything else in it does not decode.

Negation, background, assignments, expansions, comments, further statements: each is a member of shfmt's JSON
that these types do not have, and an unknown member is an error.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

__all__ = [
    "Call",
    "DblQuoted",
    "File",
    "Lit",
    "Part",
    "Place",
    "Redirection",
    "SglQuoted",
    "Span",
    "Statement",
    "Word",
]


class Place(Struct, frozen=True, rename="pascal"):
    """Where something is: bytes from the start."""

    offset: int


class Span(Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """Anything with a start and an end."""

    pos: Place
    end: Place

    @property
    def bounds(self) -> tuple[int, int]:
        """First byte, and the one after the last."""
        return self.pos.offset, self.end.offset


class Lit(Span, frozen=True, tag_field="Type", tag="Lit"):
    """Bare text."""

    value: str
    value_pos: Place
    value_end: Place


class SglQuoted(Span, frozen=True, tag_field="Type", tag="SglQuoted"):
    """Text in single quotes."""

    left: Place
    right: Place
    value: str = ""


class DblQuoted(Span, frozen=True, tag_field="Type", tag="DblQuoted"):
    """Text in double quotes, in which nothing is expanded."""

    left: Place
    right: Place
    parts: tuple[Lit, ...] = ()


Part = Lit | SglQuoted | DblQuoted


class Word(Span, frozen=True):
    """A word, made of parts that touch each other."""

    parts: Annotated[tuple[Part, ...], Meta(min_length=1)]


class Call(Span, frozen=True, tag_field="Type", tag="CallExpr"):
    """A program and its words."""

    args: Annotated[tuple[Word, ...], Meta(min_length=1)]


class Redirection(Span, frozen=True):
    """A redirection; what it says is read from the source."""

    op_pos: Place
    op: str
    word: Raw
    n: Raw = Raw()


class Statement(Span, frozen=True):
    """A command with its redirections."""

    position: Place
    cmd: Call
    redirs: tuple[Redirection, ...] = ()


class File(Span, frozen=True, tag_field="Type", tag="File"):
    """All of the text: one statement."""

    stmts: Annotated[tuple[Statement, ...], Meta(min_length=1, max_length=1)]
