"""Patches of one item's own block: its box, its date of completion, its `Blocked:` line."""

from __future__ import annotations

import re

from agentboard_tasks.formats.details import blocked_lines
from agentboard_tasks.formats.labels import DateStyle, date_style, split_completed
from agentboard_tasks.formats.lines import encode, line_end
from agentboard_tasks.formats.markers import Legend, state_of
from agentboard_tasks.formats.outline import Item, Outline
from agentboard_tasks.model import State

__all__ = ["BlockEdit", "marker_for", "one_line"]

_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?([ \t]*(?:>[ \t]?)*)")
_PLAIN = {State.DONE: ("x",), State.SKIPPED: ("-", ">", "SKIP")}
"""Markers that are understood without a legend, the best first."""
_GLUED = frozenset({" ", "x", "X"})
"""Markers of a box that is one also where the text follows it without a space."""
_NO_REASON = "no reason given"


def one_line(text: str, limit: int = 2_000) -> str:
    """Text for one line of a file: white space folded, control characters gone."""
    words = "".join(character if character.isprintable() else " " for character in text).split()
    return " ".join(words)[:limit]


def marker_for(state: State, legend: Legend, *, sectioned: bool) -> str:
    """The marker to write: the legend's where it has one, else the one that every reader knows."""
    if state is State.DONE and state_of("x", legend) is State.DONE:
        return "x"
    if state is State.TODO and state_of(" ", legend) is State.TODO:
        return " "
    own = next((marker for marker, meaning in legend.items() if meaning is state), None)
    if own is not None:
        return own
    if state is State.DONE or sectioned:
        return "x" if state is State.DONE else " "
    return next((marker for marker in _PLAIN.get(state, ()) if state_of(marker, legend) is state), " ")


class BlockEdit:
    """The lines of one item while they are changed."""

    def __init__(self, outline: Outline, index: int) -> None:
        self._outline = outline
        self._index = index
        self.item: Item = outline.items[index]
        self.lines: list[bytes] = outline.lines[self.item.line : self.item.end]

    def mark(self, marker: str) -> None:
        """Writes the marker into the box."""
        start, end = self.item.box
        head, tail = self.lines[0][:start], self.lines[0][end:]
        glued = tail[1:2].strip() != b"" and marker not in _GLUED
        self.lines[0] = head + encode(marker) + (b"] " + tail[1:] if glued else tail)

    def date(self, today: str | None, *, always: bool) -> None:
        """Writes the date of completion in the file's own style, or takes it away for None.

        Args:
            always: write it also where no other item of the file carries one.
        """
        head = self.lines[0]
        kept = head.rstrip()
        trail = head[len(kept) :]
        text = self.item.text
        bare, completed, _ = split_completed(text)
        if today is None:
            if completed is not None:
                cut = len(encode(text)) - len(encode(bare))
                self.lines[0] = kept[: len(kept) - cut] + trail
            return
        style = date_style([item.text for item in self._outline.items])
        if text and completed is None and (always or style is not None):
            self.lines[0] = kept + encode((style or DateStyle()).suffix(one_line(today))) + trail

    def block(self, reason: str | None, *, needed: bool) -> None:
        """Writes the reason on an indented line under the item, in place of one that is there."""
        if reason is None and not needed:
            return
        self.unblock()
        text = encode(f"Blocked: {one_line(reason or '') or _NO_REASON}")
        end = line_end(self.lines[0]) or b"\n"
        if not line_end(self.lines[0]):
            self.lines[0] += end
        self.lines.insert(1, self._child_indent() + text + end)

    def unblock(self) -> None:
        """Takes the `Blocked:` lines of the item away."""
        first = self.item.line
        for number in reversed(blocked_lines(self._outline, self._index)):
            if number - first < len(self.lines):
                del self.lines[number - first]

    def _child_indent(self) -> bytes:
        match = _LEADING.match(self.lines[0])
        leading = match[1] if match else b""
        width = self.item.box[0] - 1 - (match.end() if match else 0)
        return leading + (b"\t" if leading.endswith(b"\t") else b" " * max(width, 2))
