"""Review: what was changed beside what speaks for it; accept merges, reject sends it back with feedback."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import var

from agentboard_agents.board import BoardState
from agentboard_tui.evidence import evidence
from agentboard_tui.screens.agent_tabs import gate_outputs
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.diff_list import DiffList
from agentboard_tui.widgets.lines import TabStrip, Title
from agentboard_tui.widgets.pane_paint import Brush, state_spans
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.sheet import Sheet
from agentboard_tui.widgets.spans import Span, say

__all__ = ["ReviewScreen"]

VIEWS = (("diff", "Changes"), ("evidence", "Evidence"))


class ReviewScreen(Deck):
    """Is it true? Files and hunks left, gates and claims right."""

    NAME = "review"
    DEFAULT_CSS = """
    ReviewScreen #diff { width: 3fr; }
    ReviewScreen #evidence { width: 2fr; border-left: solid $panel-lighten-2; }
    ReviewScreen #tabs { display: none; }
    ReviewScreen.-narrow #tabs { display: block; }
    ReviewScreen.-narrow #diff, ReviewScreen.-narrow #evidence { width: 1fr; border: none; }
    ReviewScreen.-narrow.-view-diff #evidence, ReviewScreen.-narrow.-view-evidence #diff { display: none; }
    """
    view: var[str] = var("diff", init=False)

    def __init__(self, run: str) -> None:
        super().__init__(classes="-view-diff")
        self._run = run
        self._outputs: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """The head, changes and evidence."""
        glyphs = self.station.glyphs
        yield Title(glyphs=glyphs, id="who")
        yield TabStrip(glyphs=glyphs, id="tabs")
        with Horizontal():
            yield DiffList(glyphs=glyphs, id="diff")
            yield Sheet(id="evidence")

    def on_mount(self) -> None:
        """Read the diff in a thread; the evidence is there at once."""
        self._outputs = gate_outputs(self.station, self._run)
        super().on_mount()
        self.query_one(DiffList).load(self.station.bridge.project, self._run)
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the view in front."""
        self.set_focus(self.query_one(f"#{self.view}"))

    def watch_view(self) -> None:
        """Move to the other view."""
        for name, _ in VIEWS:
            self.set_class(name == self.view, f"-view-{name}")
        self.focus_first()
        self.update_all()

    def show(self, board: BoardState) -> None:
        """Show how the run stands."""
        run = self.station.bridge.run(self._run)
        pane = next((pane for pane in board.panes if pane.run == self._run), None)
        self.query_one("#tabs", TabStrip).show(VIEWS, self.view)
        if run is None:
            return
        left = [say(" REVIEW  ", "p-heading"), say(f"{run.agent}  ", "p-name")]
        left += state_spans(pane, Brush(self.station.glyphs, board.now)) if pane else []
        mark = Span(self.station.glyphs.mark("branch"), "p-dim")
        self.query_one("#who", Title).show(left, [mark, say(f" {run.branch or ''} ", "p-dim")])
        self.query_one("#evidence", Sheet).show(
            evidence(run, self.station.glyphs, self._outputs, board.inbox)
        )

    def situation(self) -> Situation:
        """The keys act on the run under review, `o` on the file under the cursor."""
        found = super().situation()
        pane = next((pane for pane in self.station.board.panes if pane.run == self._run), None)
        path = self.query_one(DiffList).path
        asked = (need for need in self.station.board.needs if need.run == self._run and need.kind != "review")
        need = next((need for need in asked if need.item), found.need)
        return replace(found, pane=pane, need=need, file=path, copyable=True)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving, folding, turning to the other side."""
        return {
            "up": partial(self._step, "up"),
            "down": partial(self._step, "down"),
            "left": partial(self._go, "diff"),
            "right": partial(self._go, "evidence"),
            "next_panel": self._turn,
            "previous_panel": self._turn,
            "open": self.query_one(DiffList).toggle,
        }

    def _step(self, direction: str) -> None:
        view = self.query_one(Sheet) if self.view == "evidence" else self.query_one(DiffList)
        view.step(direction)

    def _go(self, view: str) -> None:
        self.view = view

    def _turn(self) -> None:
        self.view = "evidence" if self.view == "diff" else "diff"

    @on(TabStrip.Chosen)
    def tab_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.view = event.tab

    @on(DiffList.Loaded)
    @on(RowList.Moved)
    def moved(self) -> None:
        """Other keys make sense on another row."""
        self.update_footer()
