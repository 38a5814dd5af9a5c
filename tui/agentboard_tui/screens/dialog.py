"""The frame of every dialog: a box in the middle, a title, a line that names the keys, esc closes."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from agentboard_tui.station import Station, station_of
from agentboard_tui.widgets.spans import Span, say, width_of
from agentboard_tui.widgets.words import Words

__all__ = ["Dialog", "key_lines", "keys_line"]

Result = TypeVar("Result")

TALL = 30
"""Rows from which there is room to spare."""


def keys_line(*pairs: tuple[str, str]) -> list[Span]:
    """Return a line that names keys and what they do."""
    line: list[Span] = []
    for key, label in pairs:
        line += [say(key, "p-key"), say(f" {label}   ", "p-dim")]
    return line


def key_lines(width: int, *pairs: tuple[str, str]) -> list[list[Span]]:
    """Return the keys on as many lines as they need, a key never parted from what it does."""
    lines: list[list[Span]] = [[]]
    for pair in pairs:
        piece = keys_line(pair)
        if lines[-1] and width_of([*lines[-1], *piece]) > width + 3:
            lines.append([])
        lines[-1] += piece
    return lines


class Dialog(ModalScreen[Result]):
    """A question to the person in front of the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("ctrl+z", "app.act('suspend')", show=False),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012  Textual's type
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("enter", "ok"), ("esc", "back"))

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    @property
    def station(self) -> Station:
        """The app."""
        return station_of(self)

    def compose(self) -> ComposeResult:
        """Lay out title, fields and keys, as this window's height wants them from the first picture on."""
        self.add_class("-tall" if self.station.size.height >= TALL else "-short")
        with Vertical(id="box"):
            yield Words([[say(self._heading, "p-heading")], []], id="heading")
            yield from self.fields()
            yield Words(id="keys")

    def on_resize(self) -> None:
        """Name the keys in the width that there is."""
        width = min(72, self.size.width - 6)
        self.query_one("#keys", Words).show([[], *key_lines(width, *self.KEYS)])

    def fields(self) -> ComposeResult:
        """Return what is between title and keys."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
