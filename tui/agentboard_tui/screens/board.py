"""Screen 1: the agents, and beside them tasks, progress and artifacts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.widget import Widget

from agentboard_agents.board import BoardState
from agentboard_agents.board_files import FilesView
from agentboard_agents.board_panes import Pane
from agentboard_tasks.model import State, Task
from agentboard_tui.figures import plural
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.grid import AgentGrid
from agentboard_tui.widgets.lines import TabStrip, Title
from agentboard_tui.widgets.panels import (
    ArtifactsPanel,
    GroupRow,
    ProgressPanel,
    TasksPanel,
    matches,
)
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["BoardScreen"]

VIEWS = ("agents", "tasks", "progress", "artifacts")
WORDS = {"agents": "Agents", "tasks": "Tasks", "progress": "Progress", "artifacts": "Shared"}

NO_AGENTS: tuple[tuple[Span, ...], ...] = (
    (say("No agents here yet.", "p-name"),),
    (),
    (say("Agents are files in "), say(".claude/agents/", "p-key"), say(","),),
    (say(".opencode/agent/", "p-key"), say(" or "), say("agents/", "p-key"), say(". Write one:"),),
    (),
    (say(".claude/agents/builder.md", "p-key"),),
    (say("  ---", "p-dim"),),
    (say("  name: builder", "p-dim"),),
    (say("  description: writes and tests code", "p-dim"),),
    (say("  ---", "p-dim"),),
    (say("  You write small, tested changes.", "p-dim"),),
    (),
    (say("It shows here as soon as you save it."),),
    (say("agentboard demo", "p-key"), say(" shows a team at work.")),
)  # fmt: skip


class BoardScreen(Deck):
    """What is everyone doing? Does anything need me?"""

    NAME = "board"
    view: var[str] = var("agents", init=False)

    def __init__(self, width: int = 0) -> None:
        super().__init__(classes=f"-view-agents {self.breakpoint(width)}")
        self._done = DoneCount()

    def body(self) -> ComposeResult:
        """Agents, and a column of panels beside them."""
        glyphs = self.station.glyphs
        yield TabStrip(glyphs=glyphs, id="tabs")
        with Horizontal(id="body"):
            yield AgentGrid(glyphs=glyphs, id="agents")
            with Vertical(id="side"):
                yield TabStrip(glyphs=glyphs, id="side-tabs")
                yield Title(glyphs=glyphs, id="tasks-title")
                yield TasksPanel(glyphs=glyphs, id="tasks")
                yield Title(glyphs=glyphs, id="progress-title")
                yield ProgressPanel(glyphs=glyphs, id="progress")
                yield Title(glyphs=glyphs, id="artifacts-title")
                yield ArtifactsPanel(glyphs=glyphs, id="artifacts")

    def on_mount(self) -> None:
        """Start with the agents."""
        super().on_mount()
        self.query_one(AgentGrid).show_empty(NO_AGENTS)
        self.watch_view()
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the view that is in front."""
        self.set_focus(self.query_one(f"#{self.view}"))

    def drawn(self, console: Console) -> list[str]:
        """Return the lines of the screen as they are drawn on a terminal."""
        strips = self._compositor.render_strips()  # Textual has no public way to a whole picture
        return [strip.render(console) for strip in strips]

    # showing

    def show(self, board: BoardState) -> None:
        """Show agents, tasks, progress and artifacts of a board."""
        app = self.station
        panes = [pane for pane in board.panes if self._wanted(pane, app.words)]
        grid = self.query_one(AgentGrid)
        if app.words:
            grid.show_empty([(say("No agent matches.", "p-dim"),)])
        elif not board.loading:
            grid.show_empty(NO_AGENTS)
        grid.show_panes(panes, app.selected, board.now)
        agent = None if app.words else app.selected
        self.query_one(TasksPanel).show(board, agent, app.words)
        self.query_one(ProgressPanel).show(board, app.words)
        self.query_one(ArtifactsPanel).show(board, app.words)
        self._titles(board, agent)

    @staticmethod
    def _wanted(pane: Pane, words: str) -> bool:
        return not words or matches(
            words, pane.name, pane.stem, pane.title, pane.task, pane.word, pane.branch
        )

    def _titles(self, board: BoardState, agent: str | None) -> None:
        done, of = self._done.of(board.files, agent)
        left = [say("TASKS", "p-heading"), say(f" {agent}" if agent else "", "p-dim")]
        self.query_one("#tasks-title", Title).show(left, [say(f"{done}/{of} done", "p-dim")] if of else [])
        self.query_one("#progress-title", Title).show([say("PROGRESS", "p-heading")])
        number = len(board.files.artifacts)
        right = [say(plural(number, "file"), "p-dim")] if number else []
        self.query_one("#artifacts-title", Title).show([say("SHARED", "p-heading")], right)

    def tick(self, now: float) -> None:
        """Let the ages in the panes grow."""
        self.query_one(AgentGrid).tick(now)

    def watch_view(self) -> None:
        """Show one of the views where there is no room for all."""
        if not self.is_attached or not self.query("#tabs"):
            return
        for view in VIEWS:
            self.set_class(view == self.view, f"-view-{view}")
        self.query_one("#tabs", TabStrip).show([(view, WORDS[view]) for view in VIEWS], self.view)
        side = "tasks" if self.view == "agents" else self.view
        self.query_one("#side-tabs", TabStrip).show([(view, WORDS[view]) for view in VIEWS[1:]], side)

    # acting

    def situation(self) -> Situation:
        """What the keys act on: with a task panel in front, its task too."""
        found = super().situation()
        focused = self.focused
        if isinstance(focused, TasksPanel) and isinstance(focused.current, Task):
            task = focused.current
            return _with(found, task=task, file=task.source.file, copyable=True)
        if isinstance(focused, ArtifactsPanel) and focused.current:
            return _with(found, file=focused.current.artifact.path, copyable=True)
        if isinstance(focused, ProgressPanel) and focused.current:
            return _with(found, file=focused.current.file)
        return found

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving, panels, peek, open, back."""
        moves = {name: partial(self._step, name) for name in ("up", "down", "left", "right")}
        return {
            **moves,
            "previous": partial(self._choose, "previous"),
            "next": partial(self._choose, "next"),
            "board": lambda: self._go("agents"),
            "next_panel": lambda: self._turn(1),
            "previous_panel": lambda: self._turn(-1),
            "peek": self._peek,
            "open": self._open,
            "back": self._back,
        }

    def _step(self, direction: str) -> None:
        focused = self.focused
        if isinstance(focused, RowList):
            focused.step(direction)
        else:
            self._choose(direction)

    def _choose(self, direction: str) -> None:
        stem = self.query_one(AgentGrid).beside(direction)
        if stem is not None:
            self.station.selected = stem

    def _turn(self, by: int) -> None:
        here = VIEWS.index(self.view)
        self._go(VIEWS[(here + by) % len(VIEWS)])

    def _go(self, view: str) -> None:
        self.view = view
        self.focus_first()

    def _peek(self) -> None:
        grid = self.query_one(AgentGrid)
        if not grid.toggle_peek():
            self.notify("the panes show it already", timeout=2, markup=False)

    def _open(self) -> None:
        focused = self.focused
        if isinstance(focused, RowList):
            focused.open_current()
        elif self.situation().pane is not None:
            self.station.perform("open_agent")

    def _back(self) -> None:
        if self.close_filter(clear=True):
            return
        if self.view != "agents":
            self._go("agents")
        else:
            self.station.selected = None

    @on(AgentGrid.Selected)
    def agent_selected(self, event: AgentGrid.Selected) -> None:
        """An agent was chosen: the panels narrow to it."""
        self.station.selected = event.stem
        if event.opened:
            self.station.perform("open_agent")

    @on(TabStrip.Chosen)
    def tab_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self._go(event.tab)

    @on(RowList.Opened)
    def row_opened(self, event: RowList.Opened) -> None:
        """A group folds; a task goes to the dispatch dialog; a file opens in the editor."""
        if isinstance(event.row, GroupRow) and isinstance(event.rows, TasksPanel):
            event.rows.toggle(event.row)
        elif isinstance(event.row, Task):
            self.station.perform("dispatch")
        else:
            self.station.perform("edit")

    @on(RowList.Moved)
    def row_moved(self) -> None:
        """Other keys make sense on another row."""
        self.update_footer()

    def on_descendant_focus(self) -> None:
        """The view follows the focus, also when a click moved it."""
        focused: Widget | None = self.focused
        if focused is not None and focused.id in VIEWS:
            self.view = focused.id
        self.update_footer()


class DoneCount:
    """How many tasks are done, of all or of one agent; counted again only when the files changed."""

    def __init__(self) -> None:
        self._key: tuple[FilesView, str | None] | None = None
        self._count = (0, 0)

    def of(self, files: FilesView, agent: str | None) -> tuple[int, int]:
        """Return how many tasks are done, and how many there are."""
        if self._key is None or self._key[0] is not files or self._key[1] != agent:
            counts = [(group.state, len(group.of(agent))) for group in files.groups]
            done = sum(count for state, count in counts if state is State.DONE)
            self._key, self._count = (files, agent), (done, sum(count for _, count in counts))
        return self._count


def _with(situation: Situation, **changes: object) -> Situation:
    from msgspec.structs import replace

    return replace(situation, **changes)
