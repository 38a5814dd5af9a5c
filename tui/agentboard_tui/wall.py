"""The second wall under `SafeText`: no control or hidden character in any strip reaches the terminal."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from agentboard_tasks.text import SafeText

__all__ = ["Wall"]


class Wall(LineFilter):
    """A line filter that makes whatever slipped through visible."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        """Return the segments with every hidden character shown; untouched when there is none."""
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(_walled(text), style, control) for text, style, control in segments]


def _walled(text: str) -> str:
    """Return `text` in as many cells as before where its hidden characters took none or one."""
    return text if text.isprintable() else SafeText(text)
