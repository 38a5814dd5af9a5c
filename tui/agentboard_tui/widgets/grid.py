"""The grid of agents: one widget that paints every pane, and repaints only those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from agentboard_agents.attention import KIND_ORDER
from agentboard_agents.board_panes import Pane
from agentboard_tui.glyphs import UNICODE, Glyphs
from agentboard_tui.widgets.layout import GridPlan, Place, plan
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.pane_paint import Brush, paint_pane, paint_row
from agentboard_tui.widgets.spans import Span, say, width_of

__all__ = ["AgentGrid", "by_need"]

ORDER = ("waiting", "failed", "review", "correcting", "holding", "working", "checking", "starting", "pausing")
Key = tuple[Pane, int, int, bool, str]
Painting = tuple[int, Pane, Place]
"""A number, which is the pane's place, or -1 for the look below the rows; what is painted, and where."""


def by_need(panes: Sequence[Pane]) -> tuple[Pane, ...]:
    """Return panes with what needs a human first, then what is at work, then the rest; stable."""

    def weight(pane: Pane) -> tuple[int, int]:
        asks = (
            KIND_ORDER.index(pane.ask.kind) if pane.ask and pane.ask.kind in KIND_ORDER else len(KIND_ORDER)
        )
        place = ORDER.index(pane.state) if pane.state in ORDER else len(ORDER) + (pane.run is None)
        return (-1 if pane.provenance == "stale" else place), asks

    return tuple(sorted(panes, key=weight))


class AgentGrid(Painted, can_focus=True):
    """All agents: panes in columns, or rows of one line with a look into the selected one."""

    DEFAULT_CSS = """
    AgentGrid { overflow: hidden hidden; height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "go('first')", show=False),
        Binding("end", "go('last')", show=False),
    ]

    class Selected(Message):
        """An agent was chosen (with a key or a click); `opened` when it was asked for in full."""

        def __init__(self, stem: str, *, opened: bool = False) -> None:
            super().__init__()
            self.stem = stem
            self.opened = opened

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self.border_title = None
        self._brush = Brush(glyphs, 0.0)
        self._panes: tuple[Pane, ...] = ()
        self._selected: str | None = None
        self._plan = GridPlan()
        self._planned_for = Size(0, 0)
        self._peek = False
        self._top = 0
        self._empty: tuple[tuple[Span, ...], ...] = ()
        self._painted: dict[int, tuple[Key, list[Strip]]] = {}
        self._paintings: list[Painting] | None = None
        self._across: dict[int, list[Painting]] = {}  # those that a line leads through

    # what is shown

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes in the order in which they are shown."""
        return self._panes

    @property
    def plan(self) -> GridPlan:
        """Where they are."""
        return self._plan

    def show_panes(self, panes: Sequence[Pane], selected: str | None, now: float) -> None:
        """Show these panes; only what differs from what is on the screen is painted."""
        ordered = by_need(panes) if self._plan.rows or self._replan(len(panes)).rows else tuple(panes)
        count_changed = len(ordered) != len(self._panes)
        self._panes, self._selected, self._paintings = ordered, selected, None
        self._brush = Brush(self._brush.glyphs, now)
        if count_changed:
            self._arrange()
        else:
            self._scroll_to_selected()
            self._refresh_changed()

    def show_empty(self, lines: Sequence[Sequence[Span]]) -> None:
        """Say these words while there is no agent."""
        self._empty = tuple(tuple(line) for line in lines)
        if not self._panes:
            self.refresh()

    def tick(self, now: float) -> None:
        """Let ages grow; repaints only those whose figure changed."""
        self._brush = Brush(self._brush.glyphs, now)
        self._refresh_changed()

    def toggle_peek(self) -> bool:
        """Show or hide the look into the selected agent below the rows; return whether there are rows."""
        self._peek = not self._peek
        self._arrange()
        return self._plan.rows > 0

    # where it is

    def _replan(self, count: int) -> GridPlan:
        return plan(count, self.size.width, self.size.height, peek=self._peek)

    def _arrange(self) -> None:
        self._place_all()
        self.refresh()

    def _place_all(self) -> None:
        self._planned_for = self.size
        self._plan = self._replan(len(self._panes))
        if self._plan.rows:
            self._panes = by_need(self._panes)
        self._painted, self._paintings = {}, None
        self._scroll_to_selected()

    def on_resize(self) -> None:
        """Give the panes their new places."""
        if self._planned_for != self.size:
            self._arrange()

    def restyled(self) -> None:
        """Paint everything again in the new styles."""
        self._painted = {}

    def _scroll_to_selected(self) -> None:
        rows = self._plan.rows
        place = self._place_of(self._selected)
        if not rows or place is None:
            self._top, self._paintings = min(self._top, max(0, len(self._panes) - rows)), None
            return
        top = min(max(self._top, place - rows + 1), place)
        if top != self._top:
            self._top, self._paintings = top, None
            self.refresh()

    def _place_of(self, stem: str | None) -> int | None:
        return next((place for place, pane in enumerate(self._panes) if pane.stem == stem), None)

    def _peeked(self) -> Pane | None:
        place = self._place_of(self._selected) or 0
        return self._panes[place] if place < len(self._panes) else None

    # painting

    def _regions(self) -> list[Painting]:
        """Return what is to be painted where."""
        if self._paintings is None:
            self._paintings = self._lay_out()
            self._across = {}
            for painting in self._paintings:
                for y in range(painting[2].y, painting[2].y + painting[2].height):
                    self._across.setdefault(y, []).append(painting)
        return self._paintings

    def _lay_out(self) -> list[Painting]:
        if not self._plan.rows:
            return [(at, *pair) for at, pair in enumerate(zip(self._panes, self._plan.panes, strict=False))]
        width = self.size.width
        shown = self._panes[self._top : self._top + self._plan.rows]
        rows = [(self._top + y, pane, Place(0, y, width, 1)) for y, pane in enumerate(shown)]
        peeked = self._peeked()
        return [*rows, (-1, peeked, self._plan.peek)] if self._plan.peek and peeked else rows

    def _key(self, pane: Pane, place: Place) -> Key:
        return pane, place.width, place.height, pane.stem == self._selected, self._brush.stamp(pane)

    def _refresh_changed(self) -> None:
        """Paint anew what differs, and of a pane only the lines that do: tails move more than heads."""
        dirty: list[Region] = []
        for number, pane, place in self._regions():
            kept = self._painted.get(number)
            if kept is None or kept[0][1:3] != (place.width, place.height):
                dirty.append(Region(place.x, place.y, place.width, place.height))
            elif kept[0] != self._key(pane, place):
                pairs = zip(kept[1], self._strips(number, pane, place), strict=True)
                lines = [y for y, (old, new) in enumerate(pairs) if old != new]
                dirty += [Region(place.x, place.y + y, place.width, 1) for y in lines]
        if dirty:
            self.refresh(*dirty)

    def _strips(self, number: int, pane: Pane, place: Place) -> list[Strip]:
        key = self._key(pane, place)
        kept = self._painted.get(number)
        if kept is not None and kept[0] == key:
            return kept[1]
        selected = pane.stem == self._selected
        if place.height == 1:
            row = paint_row(pane, place.width, self._brush, selected=selected)
            strips = [self.strip(row, place.width, cursor=selected)]
        else:
            lines = paint_pane(pane, place.width, place.height, self._brush, selected=selected)
            made: dict[tuple[Span, ...], Strip] = {}  # the empty lines of a pane are all the same
            strips = [
                made.get(line) or made.setdefault(line, self.strip(line, place.width)) for line in lines
            ]
        self._painted[number] = key, strips
        return strips

    def render_line(self, y: int) -> Strip:
        """Return one line of the grid."""
        if self._planned_for != self.size:  # the first picture comes before the event that tells the size
            self._place_all()
        width = self.size.width
        if not self._panes:
            line = self._empty[y - 1] if 0 < y <= len(self._empty) else ()
            return self.strip([say("  "), *line], width)
        self._regions()
        pieces = [self._strips(*painting)[y - painting[2].y] for painting in self._across.get(y, ())]
        if not pieces:
            return self.strip((), width)
        more = self._more(y)
        if len(pieces) == 1 and not more and pieces[0].cell_length == width:
            return pieces[0]
        room = width - width_of(more)
        agents = Strip.join(pieces).adjust_cell_length(room, self.named("p-plain"))
        return Strip.join([agents, self.strip(more, width - room)]) if more else agents

    def _more(self, y: int) -> list[Span]:
        """Return what the first and the last row say of agents above and below them."""
        rows, glyphs = self._plan.rows, self._brush.glyphs
        hidden = {0: ("up", self._top), rows - 1: ("open", len(self._panes) - self._top - rows)}
        mark, count = hidden.get(y, ("", 0)) if rows > 1 else ("", 0)
        if count <= 0:
            return []
        return [say(" "), Span(glyphs.mark(mark), "p-key"), say(f" {count} more", "p-key")]

    # choosing

    def beside(self, direction: str) -> str | None:
        """Return the agent `up`, `down`, `left`, `right`, or the `previous`, `next`, `first`, `last` one."""
        if not self._panes:
            return None
        place = self._place_of(self._selected)
        last = len(self._panes) - 1
        if place is None:
            return self._panes[last if direction in {"up", "previous", "last"} else 0].stem
        by = self._plan.columns if not self._plan.rows else 1
        steps = {"up": -by, "down": by, "left": -1, "right": 1, "previous": -1, "next": 1}
        to = {"first": 0, "last": last}.get(direction, place + steps.get(direction, 0))
        if direction in {"previous", "next"}:
            to %= last + 1
        if not 0 <= to <= last:
            to = max(0, min(last, to)) if self._plan.rows else place
        return self._panes[to].stem

    def action_go(self, direction: str) -> None:
        """Select the first or the last agent."""
        stem = self.beside(direction)
        if stem is not None:
            self.post_message(self.Selected(stem))

    def on_click(self, event: events.Click) -> None:
        """Select the agent under the pointer; a second click opens it."""
        for _number, pane, place in self._regions():
            if Region(place.x, place.y, place.width, place.height).contains(event.x, event.y):
                self.post_message(self.Selected(pane.stem, opened=event.chain > 1))
                return

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  Textual's signature
        """Take what there is."""
        return container.height
