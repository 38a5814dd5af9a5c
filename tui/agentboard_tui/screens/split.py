"""A screen of a list and what is under its cursor: side by side, or one of them where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import var

from agentboard_tui.screens.deck import Deck
from agentboard_tui.widgets.lines import TabStrip, Title
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.sheet import Sheet
from agentboard_tui.widgets.spans import Span

__all__ = ["SplitScreen"]


class SplitScreen(Deck):
    """List left, detail right."""

    VIEWS: ClassVar[tuple[tuple[str, str], ...]] = (("rows", "List"), ("detail", "Detail"))
    DEFAULT_CSS = """
    SplitScreen #rows { width: 2fr; }
    SplitScreen #detail { width: 3fr; border-left: solid $panel-lighten-2; }
    SplitScreen #tabs { display: none; }
    SplitScreen.-narrow #tabs { display: block; }
    SplitScreen.-narrow #rows, SplitScreen.-narrow #detail { width: 1fr; border: none; }
    SplitScreen.-narrow.-view-rows #detail, SplitScreen.-narrow.-view-detail #rows { display: none; }
    """
    view: var[str] = var("rows", init=False)

    def __init__(self) -> None:
        super().__init__(classes="-view-rows")
        self._rows: RowList[Any]

    def body(self) -> ComposeResult:
        """Title, tabs where there is no room, list and detail."""
        glyphs = self.station.glyphs
        yield Title(glyphs=glyphs, id="title")
        yield TabStrip(glyphs=glyphs, id="tabs")
        with Horizontal():
            self._rows = self.make_list()
            yield self._rows
            yield Sheet(id="detail")

    def make_list(self) -> RowList[Any]:
        """Return the list; its id is `rows`."""
        raise NotImplementedError

    def detail(self) -> Iterable[list[Span]]:
        """Return what to show of the row under the cursor."""
        raise NotImplementedError

    @property
    def rows(self) -> RowList[Any]:
        """The list."""
        return self._rows

    def on_mount(self) -> None:
        """Start in the list."""
        super().on_mount()
        self.query_one("#tabs", TabStrip).show(self.VIEWS, self.view)
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the view in front."""
        self.set_focus(self.query_one(f"#{self.view}"))

    def watch_view(self) -> None:
        """Bring the other one to the front."""
        for name, _ in self.VIEWS:
            self.set_class(name == self.view, f"-view-{name}")
        self.query_one("#tabs", TabStrip).show(self.VIEWS, self.view)
        self.focus_first()

    def show_detail(self, *, top: bool = False) -> None:
        """Show what belongs to the row under the cursor."""
        self.query_one(Sheet).show(self.detail(), top=top)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving in the view in front; left and right change it."""
        return {
            "up": partial(self._step, "up"),
            "down": partial(self._step, "down"),
            "left": partial(self._go, "rows"),
            "right": partial(self._go, "detail"),
            "next_panel": self._turn,
            "previous_panel": self._turn,
        }

    def _step(self, direction: str) -> None:
        view = self.query_one(Sheet) if self.view == "detail" else self.rows
        view.step(direction)

    def _go(self, view: str) -> None:
        self.view = view

    def _turn(self) -> None:
        self.view = "detail" if self.view == "rows" else "rows"

    @on(TabStrip.Chosen)
    def tab_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.view = event.tab

    @on(RowList.Moved)
    def moved(self) -> None:
        """Another row is under the cursor."""
        self.show_detail(top=True)
        self.update_footer()
