"""The base of every widget that draws lines itself: named styles from the theme, safe text only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentboard_tui.widgets.spans import Span

__all__ = ["STYLES", "Painted"]

STYLES = frozenset(
    [
        "p-plain",
        "p-dim",
        "p-name",
        "p-key",
        "p-frame",
        "p-frame-on",
        "p-cursor",
        "p-heading",
        "p-ask",
        "p-fault",
        "p-ok",
        "p-note",
        "p-tool",
        "p-add",
        "p-del",
        "p-tab",
        "p-tab-on",
        "p-off",
        "p-rehearsal",
        "s-queued",
        "s-starting",
        "s-working",
        "s-paused",
        "s-pausing",
        "s-waiting",
        "s-holding",
        "s-checking",
        "s-correcting",
        "s-review",
        "s-accepted",
        "s-rejected",
        "s-failed",
        "s-cancelled",
        "s-idle",
    ]
)
"""Names that a span's style may have."""


class Painted(ScrollView, can_focus=False, inherit_bindings=False):
    """A widget that paints its own lines from spans."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)
    DEFAULT_CSS = """
    Painted {
        scrollbar-size: 1 1;
        background: $background;
        color: $foreground;
        & > .p-dim { color: $text-muted; }
        & > .p-name { text-style: bold; }
        & > .p-key { color: $accent; text-style: bold; }
        & > .p-frame { color: $foreground 35%; }
        & > .p-frame-on { color: $accent; text-style: bold; }
        & > .p-cursor { background: $primary-muted; text-style: bold; }
        & > .p-heading { color: $secondary; text-style: bold; }
        & > .p-ask { color: $warning; text-style: bold; }
        & > .p-fault { color: $error; }
        & > .p-ok { color: $success; }
        & > .p-note { color: $text-muted; text-style: italic; }
        & > .p-tool { color: $secondary; }
        & > .p-add { color: $success; }
        & > .p-del { color: $error; }
        & > .p-tab { color: $text-muted; }
        & > .p-tab-on { color: $foreground; text-style: bold underline; }
        & > .p-off { color: $text-disabled; }
        & > .p-rehearsal { color: $warning; text-style: bold; }
        & > .s-queued { color: $text-muted; }
        & > .s-starting { color: $secondary; }
        & > .s-working { color: $success; text-style: bold; }
        & > .s-paused { color: $secondary; text-style: bold; }
        & > .s-pausing { color: $secondary; }
        & > .s-waiting { color: $warning; text-style: bold; }
        & > .s-holding { color: $warning; }
        & > .s-checking { color: $success; }
        & > .s-correcting { color: $warning; }
        & > .s-review { color: $accent; text-style: bold; }
        & > .s-accepted { color: $success; }
        & > .s-rejected { color: $text-muted; }
        & > .s-failed { color: $error; text-style: bold; }
        & > .s-cancelled { color: $text-muted; }
        & > .s-idle { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._named: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """Forget resolved styles when the theme or a class changed."""
        super().notify_style_update()
        self._named = {}
        self.restyled()

    def restyled(self) -> None:
        """Drop what was painted in the styles before; widgets that keep strips say how."""

    def named(self, name: str) -> Style:
        """Return the style that the theme gives a name."""
        found = self._named.get(name)
        if found is None:
            found = self._named[name] = self.get_component_rich_style(name)
        return found

    def strip(self, spans: Iterable[Span], width: int, *, over: str | None = None) -> Strip:
        """Return a strip of exactly `width` cells; the background and weight of style `over` win."""
        top = Style(bgcolor=self.named(over).bgcolor, bold=True) if over else None
        segments = [Segment(span.text, self.named(span.style) + top) for span in spans if span.text]
        return Strip(segments).adjust_cell_length(width, self.named("p-plain") + top)
