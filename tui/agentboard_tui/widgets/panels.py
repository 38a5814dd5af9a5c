"""The side panels: tasks by state, newest progress, shared artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentboard_agents.board import BoardState
from agentboard_agents.board_files import STATE_LABELS, ArtifactRow, ProgressRow, TaskGroup
from agentboard_tasks.model import State, Task
from agentboard_tui.age import clock
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say, spread

__all__ = ["ArtifactsPanel", "GroupRow", "ProgressPanel", "TasksPanel", "matches"]

FOLDED = frozenset({State.DONE, State.SKIPPED})
"""States whose groups start folded."""

NO_TASKS = (
    "No tasks yet. agentboard reads",
    ".claude/tasks/*.md (- [ ] items)",
    "tasks.md and tasks/*_prd.json.",
)
NO_PROGRESS = ("No progress logs yet", "(tasks/*_progress.txt).")
NO_ARTIFACTS = ("Nothing shared yet.",)
TASK_STYLES = {
    State.IN_PROGRESS: "s-working",
    State.BLOCKED: "p-ask",
    State.DONE: "p-dim",
    State.SKIPPED: "p-dim",
}


class FileRow(Struct, frozen=True):
    """The heading of a file of tasks."""

    file: str
    stale: bool = False


class GroupRow(Struct, frozen=True):
    """The heading of the tasks of one file in one state."""

    file: str
    state: State
    count: int
    folded: bool


Row = FileRow | GroupRow | Task


def matches(words: str, *texts: str | None) -> bool:
    """Say whether every word occurs in one of the texts, whatever the case."""
    joined = " ".join(text for text in texts if text).casefold()
    return all(word in joined for word in words.casefold().split())


class TasksPanel(RowList[Row]):
    """Every task of the project by file and state; of one agent when one is selected."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._toggled: set[tuple[str, State]] = set()
        self._last: tuple[BoardState, str | None, str] | None = None
        self._shown_of: tuple[object, ...] = ()
        self._working: Mapping[str, str] = {}

    def show(self, board: BoardState, agent: str | None, words: str) -> None:
        """Show the tasks of a board, of one agent if `agent`, that contain `words`."""
        self._last = board, agent, words
        if board.working != self._working:
            self._working = board.working
            self.refresh()
        key = (id(board.files), agent, words, frozenset(self._toggled))
        if key == self._shown_of and self.rows:
            return
        self._shown_of = key
        empty = (
            ("No task matches.",) if words else NO_TASKS if agent is None else ("This agent has no tasks.",)
        )
        rows = list(self._rows(board, agent, words))
        self.show_rows(rows, ("Reading files…",) if board.loading and not rows else empty)

    def _rows(self, board: BoardState, agent: str | None, words: str) -> Iterator[Row]:
        file = None
        for group in board.files.groups:
            tasks = _chosen(group, agent, words)
            if not tasks:
                continue
            if group.file != file:
                file = group.file
                yield FileRow(file, file in board.files.stale)
            folded = (group.state in FOLDED) != ((group.file, group.state) in self._toggled) and not words
            yield GroupRow(group.file, group.state, len(tasks), folded)
            if not folded:
                yield from tasks

    def toggle(self, row: GroupRow) -> None:
        """Fold or unfold a group."""
        self._toggled ^= {(row.file, row.state)}
        if self._last is not None:
            self.show(*self._last)

    def identity(self, row: Row) -> object:
        """A task is the same by its id, a group by its place."""
        if isinstance(row, Task):
            return row.id
        return (row.file, row.state) if isinstance(row, GroupRow) else row.file

    def selectable(self, row: Row) -> bool:
        """The cursor skips the names of files."""
        return not isinstance(row, FileRow)

    def draw(self, row: Row, width: int) -> list[Span]:
        """Return a row's line."""
        if isinstance(row, FileRow):
            return spread([say(row.file, "p-dim")], [say("stale", "p-fault")] if row.stale else [], width)
        if isinstance(row, GroupRow):
            fold = self.glyphs.mark("closed" if row.folded else "open")
            return [
                Span(fold, "p-heading"),
                say(f" {STATE_LABELS[row.state]}", "p-heading"),
                say(f" ({row.count})", "p-dim"),
            ]
        return self._task_line(row, width)

    def _task_line(self, task: Task, width: int) -> list[Span]:
        glyph = Span(self.glyphs.tasks[task.state], TASK_STYLES.get(task.state, "p-dim"))
        if working := self._working.get(task.id):
            glyph = Span(self.glyphs.run(working), f"s-{working}")
        key = [say(f" {task.key}", "p-key")] if len(task.key) < 8 else []
        flags = [Span(self.glyphs.mark("unequal"), "p-fault")] if task.contradiction else []
        style = "p-dim" if task.state in FOLDED else "p-plain"
        indent = "    " if task.parent else "  "
        return spread([say(indent), glyph, *key, say(f" {task.title}", style)], flags, width)


def _chosen(group: TaskGroup, agent: str | None, words: str) -> Sequence[Task]:
    tasks = group.of(agent)
    return [task for task in tasks if matches(words, task.title, task.id, task.agent)] if words else tasks


class ProgressPanel(RowList[ProgressRow]):
    """The newest entries of all progress logs."""

    def show(self, board: BoardState, words: str) -> None:
        """Show the entries of a board that contain `words`."""
        rows = board.files.progress
        if words:
            rows = tuple(row for row in rows if matches(words, row.entry.title, row.entry.body))
        self.show_rows(rows, ("No entry matches.",) if words else NO_PROGRESS)

    def draw(self, row: ProgressRow, width: int) -> list[Span]:
        """Return time, task and title."""
        entry = row.entry
        if entry.kind in {"log", "pattern"}:
            style = "p-dim" if entry.kind == "log" else "p-plain"
            return spread([say("" if entry.kind == "log" else "  "), say(entry.title, style)], [], width)
        style = "p-ask" if entry.kind == "blocker" else "p-plain"
        task = [say(f"#{entry.task} ", "p-key")] if entry.task else []
        return spread([say(f"{clock(entry.time)} ", "p-dim"), *task, say(entry.title, style)], [], width)


ARTIFACT_STYLES = {"ok": "p-ok", "problem": "p-fault", "blocked": "p-ask"}


class ArtifactsPanel(RowList[ArtifactRow]):
    """The files of the shared directory, newest first."""

    def show(self, board: BoardState, words: str) -> None:
        """Show the artifacts of a board whose name contains `words`."""
        rows = board.files.artifacts
        if words:
            rows = tuple(row for row in rows if matches(words, row.artifact.path))
        self.show_rows(rows, ("No file matches.",) if words else NO_ARTIFACTS)

    def draw(self, row: ArtifactRow, width: int) -> list[Span]:
        """Return the mark, the path and what is wrong with it."""
        style = ARTIFACT_STYLES.get(row.mark, "p-dim")
        name = [Span(self.glyphs.mark(row.mark), style), say(f" {row.artifact.path}")]
        note = [say(row.note, style)] if row.note else [say(row.artifact.agent or "", "p-dim")]
        return spread(name, note if width > 60 else [], width)
