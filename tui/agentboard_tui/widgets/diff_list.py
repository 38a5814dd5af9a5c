"""The files and hunks of a run's work: a file folds, the lines of its hunks are coloured by their sign."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from textual.message import Message

from agentboard_agents.project import Project
from agentboard_tasks.text import SafeText
from agentboard_tui.diffs import DiffFault, DiffLine, FileDiff, read_diff
from agentboard_tui.station import in_thread, outdated, station_of
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say, spread

__all__ = ["DiffList", "FileRow", "LineRow"]

STYLES = {"add": "p-ok", "remove": "p-fault", "hunk": "p-heading", "note": "p-note"}
MANY_FILES = 12
"""With more files than these, all start folded."""


class FileRow(Struct, frozen=True):
    """The heading of a file."""

    file: FileDiff
    folded: bool


class LineRow(Struct, frozen=True):
    """A line of a hunk; `at` tells equal lines apart."""

    line: DiffLine
    at: int


class DiffList(RowList[FileRow | LineRow]):
    """Files with their hunks."""

    class Loaded(Message):
        """The diff is there."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._files: tuple[FileDiff, ...] = ()
        self._folded: set[str] = set()

    def show(self, files: Sequence[FileDiff], empty: str = "No file was changed.") -> None:
        """Show the changes of these files."""
        if tuple(files) != self._files:
            self._files = tuple(files)
            self._folded = {file.path for file in files} if len(files) > MANY_FILES else set()
        self._arrange(empty)

    def load(self, project: Project, run: str) -> None:
        """Read what a run changed, in a thread."""
        if not self._files:
            self.show((), "reading the diff…")
        in_thread(self, partial(self._read, project, run), "diff", exclusive=True)

    def _read(self, project: Project, run: str) -> None:
        files, empty = tuple[FileDiff, ...](), "No file was changed."
        try:
            files = read_diff(project, run)
        except DiffFault as fault:
            empty = f"{fault}"
        if not outdated():
            station_of(self).call_from_thread(self._loaded, files, empty)

    def _loaded(self, files: tuple[FileDiff, ...], empty: str) -> None:
        if self.is_attached:
            self.show(files, empty)
            self.post_message(self.Loaded())

    def _arrange(self, empty: str = "") -> None:
        rows: list[FileRow | LineRow] = []
        for file in self._files:
            rows.append(FileRow(file, file.path in self._folded))
            if file.path not in self._folded:
                rows += [LineRow(line, at) for at, line in enumerate(file.lines)]
        self.show_rows(rows, ("", f"  {empty}"))

    def toggle(self) -> None:
        """Fold or unfold the file that the cursor is in."""
        at = next((at for at in range(self.cursor, -1, -1) if self._is_file(at)), None)
        row = self.rows[at] if at is not None and at < len(self.rows) else None
        if at is not None and isinstance(row, FileRow):
            self._folded ^= {row.file.path}
            self.cursor = at
            self._arrange()

    def _is_file(self, at: int) -> bool:
        return at < len(self.rows) and isinstance(self.rows[at], FileRow)

    @property
    def path(self) -> str | None:
        """The file that the cursor is in."""
        for at in range(min(self.cursor, len(self.rows) - 1), -1, -1):
            row = self.rows[at]
            if isinstance(row, FileRow):
                return row.file.path
        return None

    def identity(self, row: FileRow | LineRow) -> object:
        """A file is the same by its path."""
        return row.file.path if isinstance(row, FileRow) else row

    def draw(self, row: FileRow | LineRow, width: int) -> list[Span]:
        """Return a file with its counts, or a line of a hunk."""
        if isinstance(row, LineRow):
            text = SafeText.of(row.line.text.expandtabs(4))
            return spread([say("  "), Span(text, STYLES.get(row.line.kind, "p-plain"))], [], width)
        added, removed = row.file.counts
        fold = Span(self.glyphs.mark("closed" if row.folded else "open"), "p-dim")
        counts = [say(f"+{added} ", "p-ok"), say(f"−{removed} ", "p-fault")]
        return spread([fold, say(f" {row.file.path}", "p-name")], counts, width)
