"""A list that draws only the rows in sight, with a cursor, headings and a title line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from agentboard_tui.glyphs import UNICODE, Glyphs
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, say

__all__ = ["RowList"]

Row = TypeVar("Row")


class RowList(Painted, Generic[Row], can_focus=True):
    """Rows of one line each; ten thousand cost what the visible ones cost."""

    DEFAULT_CSS = """
    RowList { height: 1fr; overflow-x: hidden; overflow-y: auto; }
    """

    class Opened(Message):
        """The row under the cursor was opened (enter, or a second click)."""

        def __init__(self, rows: RowList[object], row: object) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: RowList[object], row: object) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.rows: tuple[Row, ...] = ()
        self.cursor = 0
        self._empty: tuple[str, ...] = ()

    # for the kinds of list to define

    def draw(self, row: Row, width: int) -> list[Span]:
        """Return a row's line."""
        raise NotImplementedError

    def identity(self, row: Row) -> object:
        """Return what makes a row the same one in the next list."""
        return row

    def selectable(self, row: Row) -> bool:  # noqa: ARG002  the kinds of list look at it
        """Say whether the cursor may stand on a row."""
        return True

    # what is shown

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        if 0 <= self.cursor < len(self.rows) and self.selectable(self.rows[self.cursor]):
            return self.rows[self.cursor]
        return None

    def show_rows(self, rows: Sequence[Row], empty: Sequence[str] = ()) -> None:
        """Show these rows; the cursor stays on its row where that is still there."""
        said = self._empty
        before, self.rows, self._empty = self.rows, tuple(rows), tuple(empty)
        if not before and not self.rows and said == self._empty:
            return
        if not before or not self.rows:
            self._keep_cursor(before)
            self.refresh()
        elif len(before) != len(self.rows):
            here = self.cursor
            self._keep_cursor(before)
            self._refresh_changed(before, {here, self.cursor})
        else:
            self._refresh_changed(before, set())
        if len(before) != len(self.rows):
            self.virtual_size = Size(self.size.width, len(self.rows))

    def _refresh_changed(self, before: tuple[Row, ...], also: set[int]) -> None:
        """Paint the lines in sight that show another row than before; a list that grew keeps the rest."""
        top, (width, height) = self.scroll_offset.y, self.size
        dirty: list[Region] = []
        for y in range(top, top + height):
            old = before[y] if y < len(before) else None
            new = self.rows[y] if y < len(self.rows) else None
            if y in also or (old is not new and old != new):
                dirty.append(Region(0, y - top, width, 1))
        if dirty:
            self.refresh(*dirty)

    def _keep_cursor(self, before: tuple[Row, ...]) -> None:
        wanted = self.identity(before[self.cursor]) if 0 <= self.cursor < len(before) else None
        same = (at for at, row in enumerate(self.rows) if wanted is not None and self.identity(row) == wanted)
        self.cursor = next(same, min(self.cursor, max(0, len(self.rows) - 1)))
        if self.current is None:
            self.cursor = self._selectable_from(self.cursor, 1) or self._selectable_from(self.cursor, -1) or 0

    def on_resize(self) -> None:
        """Keep the width of what scrolls that of the window."""
        self.virtual_size = Size(self.size.width, len(self.rows))

    def render_line(self, y: int) -> Strip:
        """Return one visible line."""
        width, at = self.scrollable_content_region.width, y + self.scroll_offset.y
        if not self.rows:
            return self.strip([say(self._empty[y], "p-dim")] if y < len(self._empty) else (), width)
        if at >= len(self.rows):
            return self.strip((), width)
        here = at == self.cursor and self.has_focus
        return self.strip(self.draw(self.rows[at], width), width, cursor=here)

    def on_focus(self) -> None:
        """Show the cursor."""
        if self.current is None:
            self.cursor = self._selectable_from(0, 1) or 0
        self.refresh()
        self._tell()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    # moving

    def step(self, direction: str) -> None:
        """Move the cursor `up`, `down`, to the `first` or `last` row."""
        starts = {
            "up": (self.cursor - 1, -1),
            "down": (self.cursor + 1, 1),
            "first": (0, 1),
            "last": (len(self.rows) - 1, -1),
        }
        if direction not in starts:
            return
        found = self._selectable_from(*starts[direction])
        if found is not None:
            self._stand_on(found)

    def key_home(self) -> None:
        """Go to the first row."""
        self.step("first")

    def key_end(self) -> None:
        """Go to the last row."""
        self.step("last")

    def key_pagedown(self) -> None:
        """Go down by what is visible."""
        self._stand_on(
            self._selectable_from(min(len(self.rows) - 1, self.cursor + self.size.height), -1) or 0
        )

    def key_pageup(self) -> None:
        """Go up by what is visible."""
        self._stand_on(self._selectable_from(max(0, self.cursor - self.size.height), 1) or 0)

    def _selectable_from(self, start: int, by: int) -> int | None:
        at = start
        while 0 <= at < len(self.rows):
            if self.selectable(self.rows[at]):
                return at
            at += by
        return None

    def _stand_on(self, at: int) -> None:
        self.cursor = at
        self.scroll_to_region(Region(0, at, 1, 1), animate=False)
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self.current is not None:
            self.post_message(self.Moved(self, self.current))  # type: ignore[arg-type]

    def open_current(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))  # type: ignore[arg-type]

    def on_click(self, event: events.Click) -> None:
        """Stand on the row under the pointer; a second click opens it."""
        at = event.y + self.scroll_offset.y
        if at < len(self.rows) and self.selectable(self.rows[at]):
            self._stand_on(at)
            if event.chain > 1:
                self.open_current()
