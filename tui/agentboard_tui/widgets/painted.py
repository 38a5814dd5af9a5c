"""The base of every widget that draws lines itself: named styles from the theme, safe text only."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentboard_tui.station import station_of
from agentboard_tui.widgets.spans import Span

__all__ = ["STYLES", "Painted"]

STYLES: dict[str, tuple[str, float, str]] = {
    "p-plain": ("foreground", 1.0, ""),
    "p-dim": ("foreground", 0.62, ""),
    "p-off": ("foreground", 0.4, ""),
    "p-name": ("foreground", 1.0, "bold"),
    "p-said": ("foreground", 1.0, "italic"),
    "p-key": ("text-accent", 1.0, "bold"),
    "p-frame": ("foreground", 0.35, ""),
    "p-frame-on": ("text-accent", 1.0, "bold"),
    "p-heading": ("text-secondary", 1.0, "bold"),
    "p-ask": ("text-warning", 1.0, "bold"),
    "p-fault": ("text-error", 1.0, ""),
    "p-ok": ("text-success", 1.0, ""),
    "p-note": ("foreground", 0.62, "italic"),
    "p-tool": ("text-secondary", 1.0, ""),
    "p-tab": ("foreground", 0.62, ""),
    "p-tab-on": ("foreground", 1.0, "bold underline"),
    "p-rehearsal": ("text-warning", 1.0, "bold"),
    "s-queued": ("foreground", 0.62, ""),
    "s-starting": ("text-secondary", 1.0, ""),
    "s-working": ("text-success", 1.0, "bold"),
    "s-paused": ("text-secondary", 1.0, "bold"),
    "s-pausing": ("text-secondary", 1.0, ""),
    "s-waiting": ("text-warning", 1.0, "bold"),
    "s-holding": ("text-warning", 1.0, ""),
    "s-checking": ("text-success", 1.0, ""),
    "s-correcting": ("text-warning", 1.0, ""),
    "s-review": ("text-accent", 1.0, "bold"),
    "s-accepted": ("text-success", 1.0, ""),
    "s-rejected": ("foreground", 0.62, ""),
    "s-failed": ("text-error", 1.0, "bold"),
    "s-cancelled": ("foreground", 0.62, ""),
    "s-idle": ("foreground", 0.62, ""),
}
"""Name of a style to (theme variable, strength over the background, attributes).

A table, and not component classes: Textual matches its style sheets again for each of those of each widget.
"""

CURSOR = ("primary", 0.28)
"""Theme variable and strength of the background under the cursor."""


FAINT = 0.7
"""Strength under which a style is dim where there is no colour."""


class Painted(ScrollView, can_focus=False, inherit_bindings=False):
    """A widget that paints its own lines from spans."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Painted {
        scrollbar-size: 1 1; background: $background; color: $foreground;
        scrollbar-background: $surface; scrollbar-color: $panel-lighten-3;
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
            found = self._named[name] = self._resolve(name)
        return found

    def _resolve(self, name: str) -> Style:
        variable, strength, attributes = STYLES.get(name, STYLES["p-plain"])
        background = self.background_colors[1]
        style = Style.parse(attributes) if attributes else Style()
        if strength < FAINT and station_of(self).no_color:
            style += Style(dim=True)
        color = background.blend(self._variable(variable), strength, 1)
        return Style.from_color(color.rich_color, background.rich_color) + style

    def _variable(self, name: str) -> Color:
        """Return a colour of the theme; what the terminal uses where it has none."""
        try:
            return Color.parse(station_of(self).theme_variables.get(name, "ansi_default"))
        except ColorParseError:
            return Color.parse("ansi_default")

    def _cursor(self) -> Style:
        variable, strength = CURSOR
        under = self.background_colors[1].blend(self._variable(variable), strength, 1)
        plain = Style(bold=True, reverse=True if station_of(self).no_color else None)
        return Style.from_color(None, under.rich_color) + plain

    def strip(self, spans: Iterable[Span], width: int, *, cursor: bool = False) -> Strip:
        """Return a strip of exactly `width` cells, marked when the cursor is on it."""
        segments = [Segment(text, self.named(style)) for text, style in spans if text]
        line = Strip(segments).adjust_cell_length(width, self.named("p-plain"))
        return Strip(Segment.apply_style(line, post_style=self._cursor()), width) if cursor else line
