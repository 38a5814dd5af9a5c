"""Where code fences and HTML comments end, found in linear time also when they never do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentboard_tasks.formats.lines import indent_width

__all__ = ["Fences", "Skip", "fence_of"]

_FENCE = re.compile(rb"[ \t]*(?:(`{3,})([^`\r\n]*)|(~{3,})([^\r\n]*))[\r\n]*\Z")
_SECTION = re.compile(rb"#{2,6}[ \t]")
_BULLET = re.compile(rb"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_ITEM = re.compile(rb"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[^\[\]\r\n]{0,16}\]|#{1,6}[ \t]")

Skip = tuple[int, bool]  # the line after the skipped ones, and whether they end as they should


def fence_of(line: bytes) -> tuple[bytes, int, bool] | None:
    """The fence that a line holds: its character, length, and whether it may close another one."""
    match = _FENCE.match(line)
    if match is None:
        return None
    run, info = match[1] or match[3], match[2] if match[1] else match[4]
    return run[:1], len(run), not info.strip()


class Fences:
    """The fences and comments of one file."""

    def __init__(self, lines: Sequence[bytes], data: bytes) -> None:
        self._lines = lines
        self._table: dict[bytes, list[int]] | None = None
        self._last_comment_end = -1
        if b"<!--" in data:
            self._last_comment_end = max((n for n, line in enumerate(lines) if b"-->" in line), default=-1)

    def after_fence(self, start: int, character: bytes, length: int) -> Skip:
        """Where the fence that opens on line `start` ends.

        The fence of a list's item also ends before an item or heading left of it; one that is never closed
        ends before the next section heading, so that the rest of the file is not lost.
        """
        indent = self._indent_in_list(start)
        closed = self._is_closed(start, character, length)
        for number in range(start + 1, len(self._lines)):
            line = self._lines[number]
            if (
                closed
                and (fence := fence_of(line))
                and fence[0] == character
                and fence[1] >= length
                and fence[2]
            ):
                return number + 1, True
            if indent and _ITEM.match(line) and indent_width(line) < indent:
                return number, True
            if not closed and _SECTION.match(line):
                return number, False
        return len(self._lines), False

    def _indent_in_list(self, start: int) -> int:
        """The columns before a fence that belongs to an item; 0 for one that is only set in a little."""
        indent = indent_width(self._lines[start])
        above = start - 1
        while above > 0 and not self._lines[above].strip():
            above -= 1
        if not 0 < indent < 4 or above < 0:
            return indent
        line = self._lines[above]
        return indent if indent_width(line) >= indent or _BULLET.match(line) else 0

    def _is_closed(self, start: int, character: bytes, length: int) -> bool:
        longest = self._longest_after()
        return longest[character][start + 1] >= length

    def _longest_after(self) -> dict[bytes, list[int]]:
        if self._table is None:
            self._table = {b"`": self._suffix_maximum(b"`"), b"~": self._suffix_maximum(b"~")}
        return self._table

    def _suffix_maximum(self, character: bytes) -> list[int]:
        longest = [0] * (len(self._lines) + 1)
        run = character * 3
        for number in range(len(self._lines) - 1, -1, -1):
            longest[number] = longest[number + 1]
            line = self._lines[number]
            if run in line and (fence := fence_of(line)) and fence[0] == character and fence[2]:
                longest[number] = max(longest[number], fence[1])
        return longest

    def after_comment(self, start: int) -> Skip:
        """Where the comment that opens on line `start` and does not end there ends."""
        if start >= self._last_comment_end:
            return start + 1, False
        number = start + 1
        while b"-->" not in self._lines[number]:
            number += 1
        return number + 1, True
