"""What the indented lines under an item say: detail, acceptance criteria, dependencies, why it is blocked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from msgspec import Struct

from agentboard_tasks.formats.labels import read_labels
from agentboard_tasks.formats.lines import encode, indent_width, text_of
from agentboard_tasks.formats.outline import Outline

__all__ = ["Details", "blocked_lines", "read_details"]

_BLOCKED = re.compile(
    r"(?:[ \t]*(?:>[ \t]?)+)?[ \t]+(?:[-*+][ \t]+)?[*_]{0,2}Blocked[*_]{0,2}:[*_]{0,2}[ \t]*(.*)\Z",
    re.IGNORECASE,
)
_CRITERIA = re.compile(
    r"[ \t]*(?:[-*+][ \t]+)?[*_]{0,2}(?:acceptance(?: criteria)?|done when|criteria)"
    r"[*_]{0,2}:[*_]{0,2}[ \t]*\Z",
    re.IGNORECASE,
)
_BULLET = re.compile(r"([ \t]*)(?:[-*+]|\d{1,3}[.)])[ \t]+(.*)\Z")
_FIELD = re.compile(
    r"[ \t]*(?:[-*+][ \t]+)?[*_]{0,2}(?:priority|depends(?:[ _-]on)?|dependencies|deps|blocked by)(?:\b|_)",
    re.IGNORECASE,
)


class Details(Struct, frozen=True, gc=False):
    """The lines under an item, read."""

    body: str = ""
    criteria: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    priority: int | None = None
    blocked: str | None = None


def blocked_lines(outline: Outline, index: int) -> list[int]:
    """The numbers (from 0) of the `Blocked:` lines that belong to an item itself."""
    return [number for number in _own_lines(outline, index) if _BLOCKED.match(text_of(outline.lines[number]))]


def _own_lines(outline: Outline, index: int) -> Iterator[int]:
    """The lines of an item's block without those of the items within it."""
    item = outline.items[index]
    number, nested = item.line + 1, index + 1
    while number < item.end:
        if nested < len(outline.items) and outline.items[nested].line == number:
            number = outline.items[nested].end
            while nested < len(outline.items) and outline.items[nested].line < number:
                nested += 1
        else:
            yield number
            number += 1


def read_details(outline: Outline, index: int) -> Details:
    """What the lines under an item say."""
    texts = [text_of(outline.lines[number]) for number in _own_lines(outline, index)]
    blocked = [match[1].strip() for match in map(_BLOCKED.match, texts) if match]
    plain = [text for text in texts if not _BLOCKED.match(text)]
    fields = [read_labels(text.strip()) for text in plain if _FIELD.match(text)]
    depends = tuple(name for field in fields for name in field.depends_on)
    priority = next((field.priority for field in fields if field.priority is not None), None)
    reason = blocked[-1] if blocked else None
    return Details(dedent("\n".join(plain)).strip("\n"), _criteria(plain), depends, priority, reason)


def _criteria(texts: list[str]) -> tuple[str, ...]:
    """The bullets under a line that announces criteria: if the first one is deeper than it, all are."""
    found: list[str] = []
    margin, floor = -1, -1  # columns: of the line that announces them, and those that a criterion has
    for text in texts:
        bullet = _BULLET.match(text)
        indent = indent_width(encode(text))
        if _CRITERIA.match(text):
            margin, floor = indent, -1
        elif margin >= 0 and bullet:
            floor = floor if floor >= 0 else margin + (indent > margin)
            if indent < floor or (floor == margin and _FIELD.match(text)):
                margin = -1
            else:
                found.append(bullet[2].strip())
        elif text.strip():
            margin = -1
    return tuple(found)
