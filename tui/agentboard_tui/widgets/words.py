"""A few lines of safe text, wrapped, as tall as they need to be."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, say, wrapped

__all__ = ["Words"]

Line = Sequence[Span]


class Words(Painted):
    """Lines of spans; a line that is too long goes on in the next. At most `limit` lines."""

    DEFAULT_CSS = """
    Words { height: auto; overflow: hidden hidden; }
    """

    def __init__(self, lines: Sequence[Line | str] = (), *, limit: int = 200, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._limit = limit
        self._lines = self._of(lines)
        self._wrapped: tuple[int, list[Line]] = (-1, [])

    @staticmethod
    def _of(lines: Sequence[Line | str]) -> list[Line]:
        return [[say(line)] if isinstance(line, str) else line for line in lines]

    def show(self, lines: Sequence[Line | str]) -> None:
        """Show other lines."""
        self._lines = self._of(lines)
        self._wrapped = (-1, [])
        self.refresh(layout=True)

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def _fitted(self, width: int) -> list[Line]:
        if self._wrapped[0] != width:
            fitted: list[Line] = []
            for line in self._lines:
                fitted += wrapped(line, width, self._limit)
            self._wrapped = (width, fitted[: self._limit])
        return self._wrapped[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  Textual's signature
        """Return as many lines as the words take."""
        return len(self._fitted(width))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        lines = self._fitted(self.size.width)
        return self.strip(lines[y] if y < len(lines) else (), self.size.width)
