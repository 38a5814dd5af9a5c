"""Bracketed phrases that wait to be filled before an agent can start."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Placeholder", "placeholders"]

WAITING = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+)?\**(?P<label>[A-Za-z][^:\[\]`|\n]{0,60}?)\**[ \t]*:\**[ \t]*"
    r"(?P<text>\[(?P<phrase>[^\[\]\n]{5,400})\])[ \t]*\.?[ \t]*"
)
LABEL = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+|#{1,6}[ \t]+)?\**(?P<label>[A-Za-z][^:\[\]`|\n]{0,60}?)\**[ \t]*:\**[ \t]*"
)
ALONE = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?\**(?P<text>\[(?P<phrase>[^\[\]\n]{5,400})\])\**[ \t]*\.?[ \t]*")
FILLED_BY = re.compile(
    r"\b(?:lead|pm|manager|orchestrator|coordinator|dispatcher)\b.*\b(?:fill|paste|insert|add|provide|write|put)s?\b",
    re.IGNORECASE,
)
"""A label on one line, and below it what waits: only where somebody is named who fills it.

Many files have such lines as templates of an answer.
"""

CANDIDATE = re.compile(r":\**\s{0,8}(?:[-*+>][ \t]+)?\**\[[^\[\]\n]{5,400}\]")
"""What every line with a placeholder has; most files have none, and are not read line by line."""

FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
HEADING = re.compile(r"#{1,6}[ \t]+(.*)")
FORM = re.compile(r"\b(?:output|format|template|report|response|example|deliverable)s?\b", re.IGNORECASE)
DATA = re.compile(r"[\"'{}=|]|^\s*[-\d.]+\s*(?:,|$)")


class Placeholder(Struct, frozen=True):
    """A phrase in brackets, as it stands in the body, with its label and its line in the file."""

    text: str
    line: int
    label: str = ""


def placeholders(text: str, first_line: int = 1) -> tuple[Placeholder, ...]:
    """Return the phrases that wait to be filled.

    Each stands alone on a line after a label and a colon, and has three words or more. Code fences and
    sections that describe an output format are the agent's to fill, so they hold none.
    """
    if CANDIDATE.search(text) is None:
        return ()
    found: list[Placeholder] = []
    fence = label = ""
    form = False
    for number, line in enumerate(text.splitlines(), first_line):
        fence, fenced = after_fence(line, fence)
        if fenced:
            continue
        heading = HEADING.match(line)
        if heading:
            form = FORM.search(heading.group(1)) is not None
        elif "[" in line and not form:
            found.extend(waiting(line, number, label))
        label = label_of(line, label)
    return tuple(found)


def after_fence(line: str, fence: str) -> tuple[str, bool]:
    """Return the fence that is open after a line, and whether the line belongs to one."""
    found = FENCE.match(line)
    if found is None:
        return fence, bool(fence)
    mark = found.group(1)
    if not fence:
        return mark, True
    closes = mark.startswith(fence) and not line.strip(" \t>" + mark[0])
    return ("" if closes else fence), True


def label_of(line: str, before: str) -> str:
    """Return the label that stands above the next line; blank lines between the two do not matter."""
    found = LABEL.fullmatch(line)
    return found["label"].strip() if found else "" if line.strip() else before


def waiting(line: str, number: int, above: str = "") -> list[Placeholder]:
    """Return the placeholder of one line, if it is one; its label stands before it or `above`."""
    found = WAITING.fullmatch(line)
    label = found["label"].strip() if found else above
    found = found or (ALONE.fullmatch(line) if above and FILLED_BY.search(line) else None)
    if found is None or len(found["phrase"].split()) < 3 or DATA.search(found["phrase"]):
        return []
    return [Placeholder(found["text"], number, label)]
