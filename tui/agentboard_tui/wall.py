"""The second wall under `SafeText`: no control or hidden character in any strip reaches the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from agentboard_tasks.text import SafeText

__all__ = ["Chain", "Colorless", "Plain", "Wall"]


class Chain(LineFilter):
    """Line filters one after another, as one: Textual looks each of them up for each line of each update."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        super().__init__()
        self.filters = tuple(filters)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments as they come out of the last filter."""
        for one in self.filters:
            segments = one.apply(segments, background)
        return segments


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


ASCII = str.maketrans(
    "…·−–—‘’“”×→←↑↓›≠✓▸▾▌│┃║▏▕▎▊▉█─━═┄▔▁▂▃▄▀┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛╔╗╚╝",
    "~.---''\"\"x><^v>#v>v>|||||||##---------=+++++++++++++++++++++",
)
"""What stands for characters of our own and of Textual's borders where the locale has only ASCII."""


class Plain(LineFilter):
    """Leaves only ASCII, each cell in its place."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        """Return the segments in ASCII."""
        return [Segment(_plain(text), style, control) for text, style, control in segments]


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    if text.isascii():
        return text
    known = text.translate(ASCII)
    return "".join(part if part.isascii() else "?" * cell_len(part) for part in known)


class Colorless(LineFilter):
    """Leaves no colour of any kind, as NO_COLOR asks: weight, slant, line and reversal say the rest."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        """Return the segments without colours."""
        return [Segment(text, style and _colorless(style), control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _colorless(style: Style) -> Style:
    return Style(
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse,
        strike=style.strike,
    )
