"""A sheet of lines that scrolls: only those in sight are broken and drawn. For briefs, files and facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.geometry import Size
from textual.strip import Strip

from agentboard_tasks.text import SafeText
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, say, wrapped

__all__ = ["MOST_LINES", "Sheet", "heading", "texts"]

MOST_LINES = 5_000
Line = Sequence[Span]


def texts(raw: str | bytes, style: str = "p-plain", limit: int = MOST_LINES) -> list[list[Span]]:
    """Return the lines of a text from outside, each a span."""
    return [[Span(line, style)] for line in SafeText.lines(raw, limit)]


def heading(words: str, note: str = "") -> list[list[Span]]:
    """Return an empty line and a heading."""
    return [[], [say(words, "p-heading"), say(f"  {note}" if note else "", "p-dim")]]


class Sheet(Painted, can_focus=True):
    """Lines of spans, broken to the width; moves by line and by page."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; overflow-x: hidden; overflow-y: auto; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._broken: list[list[Span]] = []
        self._width = -1

    def show(self, lines: Iterable[Line], *, top: bool = False) -> None:
        """Show other lines; the same ones stay where they are, unless `top`."""
        given = tuple(lines)[:MOST_LINES]
        if given == self._lines and not top:
            return
        self._lines, self._width = given, -1
        self._fit()
        if top:
            self.scroll_home(animate=False)
        self.refresh()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def _fit(self) -> None:
        width = self.scrollable_content_region.width
        if width > 0 and width != self._width:
            self._width = width
            self._broken = [part for line in self._lines for part in wrapped(line, width, 200)]
            self.virtual_size = Size(width, len(self._broken))

    def on_resize(self) -> None:
        """Break the lines for another width."""
        self._fit()

    def render_line(self, y: int) -> Strip:
        """Return one visible line."""
        self._fit()
        at = y + self.scroll_offset.y
        line = self._broken[at] if at < len(self._broken) else ()
        return self.strip(line, self.scrollable_content_region.width)

    def step(self, direction: str) -> None:
        """Go `up` or `down` by a line."""
        self.scroll_relative(y=-1 if direction == "up" else 1, animate=False)

    def page(self, by: int) -> None:
        """Go by what is visible."""
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)

    def key_pageup(self) -> None:
        """Go up by what is visible."""
        self.page(-1)

    def key_pagedown(self) -> None:
        """Go down by what is visible."""
        self.page(1)

    def key_home(self) -> None:
        """Go to the start."""
        self.scroll_home(animate=False)

    def key_end(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False)
