"""Screen 2: every task of the project, side by side by state; one state at a time where there is no room."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.widget import Widget

from agentboard_agents.board import BoardState
from agentboard_agents.board_files import STATE_LABELS
from agentboard_tasks.model import State, Task
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.lines import TabStrip
from agentboard_tui.widgets.panels import matches
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say, spread
from agentboard_tui.widgets.words import Words

__all__ = ["COLUMNS", "TaskColumn", "TasksScreen"]

COLUMNS: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("todo", (State.TODO, State.OTHER)),
    ("in_progress", (State.IN_PROGRESS,)),
    ("blocked", (State.BLOCKED,)),
    ("done", (State.DONE, State.SKIPPED)),
)
LABELS = {"todo": "To do", "in_progress": "In progress", "blocked": "Blocked", "done": "Done"}


class TaskColumn(RowList[Task]):
    """The tasks in one state."""

    working: dict[str, str] = {}  # noqa: RUF012  replaced as a whole

    def identity(self, row: Task) -> object:
        """A task is the same by its id."""
        return row.id

    def draw(self, row: Task, width: int) -> list[Span]:
        """Return who works on it, id, title and owner."""
        run = self.working.get(row.id)
        glyph = Span(self.glyphs.run(run), f"s-{run}") if run else Span(self.glyphs.tasks[row.state], "p-dim")
        key = [say(f" {row.key}", "p-key")] if len(row.key) < 8 else []
        owner = [say(f" {row.agent}", "p-dim")] if row.agent and width >= 56 else []
        return spread([say(" "), glyph, *key, say(f" {row.title}")], owner, width)


class TasksScreen(Deck):
    """All work, by state."""

    NAME = "tasks"
    DEFAULT_CSS = """
    TasksScreen .column { width: 1fr; padding: 0 1 0 0; }
    TasksScreen #strip { display: none; }
    TasksScreen #detail { height: auto; max-height: 40%; padding: 0 1; margin-top: 1; }
    TasksScreen.-medium #strip, TasksScreen.-narrow #strip { display: block; }
    TasksScreen.-medium .column, TasksScreen.-narrow .column { display: none; }
    TasksScreen .column.-front { display: block; }
    """
    front: var[str] = var("todo")

    def body(self) -> ComposeResult:
        """A column per state, and the task under the cursor."""
        glyphs = self.station.glyphs
        yield TabStrip(glyphs=glyphs, id="strip")
        with Horizontal():
            for name, _states in COLUMNS:
                with Vertical(classes="column", id=f"column-{name}"):
                    yield Words(id=f"title-{name}")
                    yield TaskColumn(glyphs=glyphs, id=name)
        yield Words(id="detail", limit=20)

    def on_mount(self) -> None:
        """Start with the first column that holds anything."""
        super().on_mount()
        counts = self.station.board.files.counts()
        order = ("in_progress", "todo", "blocked", "done")
        states = dict(COLUMNS)
        self.front = next(
            (name for name in order if any(counts.get(state) for state in states[name])), "todo"
        )
        self.watch_front()
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the column in front."""
        self.set_focus(self.query_one(f"#{self.front}"))

    def watch_front(self) -> None:
        """Bring a column to the front where only one shows."""
        if not self.is_attached or not self.query("#strip"):
            return
        for name, _states in COLUMNS:
            self.query_one(f"#column-{name}").set_class(name == self.front, "-front")
        self._strip()

    def _strip(self) -> None:
        tabs = [
            (name, f"{LABELS[name]} {len(self.query_one(f'#{name}', TaskColumn).rows)}")
            for name, _ in COLUMNS
        ]
        self.query_one("#strip", TabStrip).show(tabs, self.front)

    def show(self, board: BoardState) -> None:
        """Show the tasks of a board; of one agent when one is selected."""
        app = self.station
        for name, states in COLUMNS:
            column = self.query_one(f"#{name}", TaskColumn)
            tasks = [
                task
                for state in states
                for group in board.files.groups
                if group.state is state
                for task in group.tasks
                if not app.words or matches(app.words, task.title, task.id, task.agent)
            ]
            if column.working != board.working:
                column.working = dict(board.working)
                column.refresh()
            column.show_rows(tasks, (" none",))
            heading = [say(f" {LABELS[name]}", "p-heading"), say(f"  {len(tasks)}", "p-dim")]
            self.query_one(f"#title-{name}", Words).show([heading])
        self._strip()
        self._detail()

    def _current(self) -> Task | None:
        focused = self.focused
        column = focused if isinstance(focused, TaskColumn) else self.query_one(f"#{self.front}", TaskColumn)
        return column.current

    def _detail(self) -> None:
        task = self._current()
        self.query_one("#detail", Words).show(list(_lines(task)) if task else [])

    def situation(self) -> Situation:
        """The keys act on the task under the cursor, and on its agent."""
        task = self._current()
        found = super().situation()
        if task is None:
            return found
        pane = self.station.board.pane(task.agent) or found.pane
        return replace(found, task=task, pane=pane, file=task.source.file, copyable=True)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving in a column and between columns; enter dispatches."""
        return {
            "up": lambda: self._step("up"),
            "down": lambda: self._step("down"),
            "left": lambda: self._turn(-1),
            "right": lambda: self._turn(1),
            "next_panel": lambda: self._turn(1),
            "previous_panel": lambda: self._turn(-1),
            "open": lambda: self.station.perform("dispatch"),
        }

    def _step(self, direction: str) -> None:
        focused = self.focused
        if isinstance(focused, TaskColumn):
            focused.step(direction)

    def _turn(self, by: int) -> None:
        names = [name for name, _ in COLUMNS]
        self.front = names[(names.index(self.front) + by) % len(names)]
        self.focus_first()

    @on(TabStrip.Chosen)
    def tab_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.front = event.tab
        self.focus_first()

    @on(RowList.Moved)
    def moved(self) -> None:
        """Another task is under the cursor."""
        self._detail()
        self.update_footer()

    @on(RowList.Opened)
    def opened(self) -> None:
        """A second click dispatches."""
        self.station.perform("dispatch")

    def on_descendant_focus(self) -> None:
        """The front follows the focus."""
        focused: Widget | None = self.focused
        if focused is not None and focused.id in LABELS:
            self.front = focused.id
        self._detail()
        self.update_footer()


def _lines(task: Task) -> list[list[Span]]:
    facts = [STATE_LABELS[task.state], task.agent or "nobody's", f"{task.source.file}:{task.source.line}"]
    facts += [f"priority {task.priority}"] if task.priority is not None else []
    facts += [f"after {', '.join(task.depends_on)}"] if task.depends_on else []
    lines = [[say(f"{task.key}  " if len(task.key) < 8 else "", "p-key"), say(task.title, "p-name")]]
    lines.append([say(" · ".join(facts), "p-dim")])
    lines += [[say(f"blocked: {task.reason}", "p-ask")]] if task.reason else []
    lines += [[say(f"  {criterion}", "p-dim")] for criterion in task.criteria[:6]]
    if task.contradiction is not None:
        words = f"its section says {task.contradiction.section}, its box {task.contradiction.box}"
        lines.append([say(words, "p-fault")])
    return lines
