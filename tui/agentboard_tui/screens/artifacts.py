"""Screen 4: the shared files as a tree with who wrote what and when, and a preview by kind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from textual import on

from agentboard_agents.board import BoardState
from agentboard_agents.board_files import ArtifactRow
from agentboard_tasks.content import digest
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.versions import Versions
from agentboard_tui.age import age
from agentboard_tui.preview import changes, preview, summary_card
from agentboard_tui.screens.split import SplitScreen
from agentboard_tui.situation import Situation
from agentboard_tui.station import in_thread, outdated
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.panels import ARTIFACT_STYLES, NO_ARTIFACTS, matches
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.sheet import Sheet
from agentboard_tui.widgets.spans import Span, say, spread

__all__ = ["ArtifactsScreen", "tree"]

CAP = 256 * 1024


class Folder(Struct, frozen=True):
    """The heading of a directory."""

    path: str


Row = Folder | ArtifactRow


def tree(rows: Sequence[ArtifactRow]) -> Iterator[Row]:
    """Return the files by directory, each directory before its files."""
    folder = None
    for row in sorted(rows, key=lambda row: (os.path.dirname(row.artifact.path), row.artifact.path)):
        here = os.path.dirname(row.artifact.path)
        if here != folder:
            folder = here
            yield Folder(here)
        yield row


class ArtifactTree(RowList[Row]):
    """Directories and files."""

    now = 0.0

    def selectable(self, row: Row) -> bool:
        """Directories are skipped."""
        return isinstance(row, ArtifactRow)

    def identity(self, row: Row) -> object:
        """A file is the same by its path."""
        return row.path if isinstance(row, Folder) else row.artifact.path

    def draw(self, row: Row, width: int) -> list[Span]:
        """Return the name, who wrote it and how long ago."""
        if isinstance(row, Folder):
            return spread([say(f" {row.path or '.'}/", "p-heading")], [], width)
        artifact = row.artifact
        mark = Span(self.glyphs.mark(row.mark), ARTIFACT_STYLES.get(row.mark, "p-dim"))
        when = datetime.fromtimestamp(artifact.time, UTC).isoformat()
        who = f"{artifact.agent} " if artifact.agent and width > 44 else ""
        right = [say(f" {who}{age(when, self.now, fine=False)} ", "p-dim")]
        return spread([say("  "), mark, say(f" {os.path.basename(artifact.path)}")], right, width)


class ArtifactsScreen(SplitScreen):
    """What the team has shared."""

    NAME = "artifacts"
    VIEWS = (("rows", "Files"), ("detail", "Preview"))

    def __init__(self) -> None:
        super().__init__()
        self._read: tuple[str, float, int] | None = None
        self._lines: list[list[Span]] = []
        self._shown = ""  # path of the file that the lines are of

    def make_list(self) -> ArtifactTree:
        """Return the tree."""
        return ArtifactTree(glyphs=self.station.glyphs, id="rows")

    def show(self, board: BoardState) -> None:
        """Show the files of a board."""
        words = self.station.words
        found = [row for row in board.files.artifacts if matches(words, row.artifact.path)]
        rows = self.query_one(ArtifactTree)
        rows.now = board.now
        rows.show_rows(list(tree(found)), ("", *(f"  {line}" for line in NO_ARTIFACTS)))
        title = [say(" SHARED", "p-heading"), say(f"  {len(found)}", "p-dim")]
        self.query_one("#title", Title).show(title)
        self._load()

    @property
    def _current(self) -> ArtifactRow | None:
        current = self.query_one(ArtifactTree).current
        return current if isinstance(current, ArtifactRow) else None

    def detail(self) -> Iterable[list[Span]]:
        """The preview, when it is read."""
        return self._lines

    @property
    def _width(self) -> int:
        """Cells of a line of the preview beside its scroll bar, also while it is hidden or has none."""
        sheet = self.query_one(Sheet)
        whole = self.size if self.has_class("-narrow") else sheet.outer_size
        return whole.width - sheet.styles.gutter.width - sheet.styles.scrollbar_size_vertical

    def _load(self) -> None:
        row, width = self._current, self._width
        wanted = (row.artifact.path, row.artifact.time, width) if row else None
        if wanted != self._read:
            self._read = wanted
            if row is not None:
                work = partial(self._preview, row, width)
                in_thread(self, work, "preview", exclusive=True)

    def on_resize(self) -> None:
        """Lay the preview out for another width."""
        self.call_after_refresh(self._load)

    def _preview(self, row: ArtifactRow, width: int) -> None:
        path = row.artifact.path
        try:
            data = Root(self.station.bridge.project.root).read(path, cap=CAP).data
            lines = [*self._card(path), *self._changes(path, data), *preview(row.artifact, data, width)]
        except FileFault as fault:
            lines = [[say(f"{fault}", "p-fault")]]
        if not outdated():
            self.station.call_from_thread(self._previewed, path, lines)

    def _card(self, path: str) -> Iterator[list[Span]]:
        bridge = self.station.bridge
        summaries = bridge.survey.workspace.summaries if bridge.survey else ()
        summary = next((one for one in summaries if one.file == path), None)
        if summary is not None:
            runs = (run for run in self.station.board.runs if summary.agent in {run.stem, run.agent})
            run = next(runs, None)
            yield from summary_card(summary, run.claims if run else ())

    def _changes(self, path: str, data: bytes) -> Iterator[list[Span]]:
        """What differs from the version before, if a board has seen one."""
        kept = Versions(Root(self.station.bridge.project.state))
        now = digest(data)
        before = next((version for version in kept.of(path) if version.digest != now), None)
        if before is not None:
            when = datetime.fromtimestamp(before.time, UTC).isoformat()
            yield from changes(kept.load(before), data, f"since {age(when, time.time(), fine=False)} ago")

    def _previewed(self, path: str, lines: list[list[Span]]) -> None:
        if self.is_attached and self._current and self._current.artifact.path == path:
            self._lines, same = lines, self._shown == path
            self._shown = path
            self.show_detail(top=not same)

    def situation(self) -> Situation:
        """The keys act on the file under the cursor."""
        row = self._current
        file = row.artifact.path if row else None
        return replace(super().situation(), file=file, copyable=row is not None)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """As of every split screen; enter goes into the preview."""
        return super().own_actions() | {"open": partial(self._go, "detail")}

    @on(RowList.Moved)
    def another(self) -> None:
        """Preview the other file."""
        self._load()
