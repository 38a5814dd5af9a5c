"""Lines of safe, styled text and the arithmetic of fitting them into cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from agentboard_tasks.text import SafeText

__all__ = ["Span", "cut", "fill", "fit", "say", "spread", "width_of", "wrap", "wrapped"]

ELLIPSIS = "…"
SAID = 2048
SHORT = 200
"""Spans that are remembered, and characters of the longest among them: texts from outside may be any size."""


class Span(NamedTuple):
    """A piece of a line: safe text in a named style (a component class of `Painted`)."""

    text: SafeText
    style: str = "p-plain"


def say(text: str, style: str = "p-plain") -> Span:
    """Return a span of any text, made safe; what is said again and again is made safe once."""
    return _said(text, style) if len(text) <= SHORT else Span(SafeText(text), style)


@lru_cache(maxsize=SAID)
def _said(text: str, style: str) -> Span:
    return Span(SafeText(text), style)


def width_of(spans: Iterable[Span]) -> int:
    """Return how many cells the spans take."""
    return sum(cell_len(span.text) for span in spans)


def cut(text: SafeText, width: int) -> SafeText:
    """Return `text` in at most `width` cells; what was cut shows as an ellipsis."""
    if width <= 0:
        return SafeText("")
    if cell_len(text) <= width:
        return text
    return SafeText(set_cell_size(text, width - 1).rstrip() + ELLIPSIS)


def fit(spans: Sequence[Span], width: int) -> list[Span]:
    """Return the spans in exactly `width` cells: cut with an ellipsis, or padded."""
    line: list[Span] = []
    left = max(0, width)
    for span in spans:
        size = cell_len(span.text)
        if size > left:
            line.append(Span(cut(span.text, left), span.style))
            left -= cell_len(line[-1].text)
            break
        line.append(span)
        left -= size
    return [*line, fill(left)] if left > 0 else line


def fill(width: int, glyph: str = " ", style: str = "p-plain") -> Span:
    """Return `width` cells of one glyph."""
    return say(glyph * max(0, width), style)


def spread(
    left: Sequence[Span], right: Sequence[Span], width: int, glyph: str = " ", style: str = "p-plain"
) -> list[Span]:
    """Return `left` and `right` at the two ends of `width` cells; the left one is cut where both do not fit.

    The right end goes when fewer than eight cells would stay for the left one.
    """
    ending = width_of(right)
    if ending and width - ending - 1 < min(8, width_of(left)):
        return fit(left, width)
    room = width - ending - (1 if ending else 0)
    head = [*left] if width_of(left) <= room else fit(left, room)
    gap = width - width_of(head) - ending
    return [*head, fill(gap, glyph, style), *right]


def wrap(text: SafeText, width: int, limit: int = 10_000) -> list[SafeText]:
    """Return `text` on lines of at most `width` cells, broken at spaces where it can be."""
    lines: list[SafeText] = []
    rest: str = text
    while rest and len(lines) < limit:
        if cell_len(rest) <= width:
            lines.append(SafeText(rest))
            break
        head = _prefix(rest, width)
        space = head.rfind(" ")
        if space > width // 3 and not rest[len(head) : len(head) + 1].isspace():
            head = head[:space]
        lines.append(SafeText(head.rstrip()))
        rest = rest[max(1, len(head)) :].lstrip(" ")
    return lines or [SafeText("")]


def wrapped(line: Sequence[Span], width: int, limit: int = 10_000) -> list[list[Span]]:
    """Return a line of spans on lines of at most `width` cells: short spans stay whole, long ones run on."""
    if width <= 0 or width_of(line) <= width:
        return [[*line]]
    lines: list[list[Span]] = [[]]
    for span in line:
        for at, part in enumerate(_parts(span.text, width, width - width_of(lines[-1]))):
            if at or (lines[-1] and width_of(lines[-1]) + cell_len(part.rstrip()) > width):
                lines.append([])
            lines[-1].append(Span(part, span.style))
    return lines[:limit]


def _parts(text: SafeText, width: int, room: int) -> list[SafeText]:
    """Break a text for lines of `width` cells, of which the first has `room` left."""
    if cell_len(text) <= max(room, width // 2):
        return [text]
    if room < width // 3:
        return wrap(text, width)
    first = wrap(text, room, 1)[0]
    rest = text[len(first) :].lstrip(" ")
    return [first, *wrap(SafeText(rest), width)] if rest else [first]


def _prefix(text: str, width: int) -> str:
    """Return the longest start of `text` that takes at most `width` cells (never empty)."""
    if text.isascii():
        return text[: max(1, width)]
    cells = 0
    for place, character in enumerate(text):
        cells += cell_len(character)
        if cells > width:
            return text[: max(1, place)]
    return text
