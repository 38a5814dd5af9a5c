"""What a watched workspace shows equals what is on disk, after any storm of changes."""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_tasks.files import Root
from agentboard_tasks.layout import Layout
from agentboard_tasks.watch import Watcher, choose_hints
from agentboard_tasks.watch_hints import Hints, HintsFailed
from agentboard_tasks.watch_watchfiles import WatchfilesHints
from agentboard_tasks.workspace import Workspace, load, reload

DEADLINE = 15.0
LAYOUT = Layout(artifacts=("shared",))
FILES = (
    ".claude/tasks/a-tasks.md",
    ".claude/tasks/deep/b-tasks.md",
    "tasks/x_prd.json",
    "tasks/x_progress.txt",
    "tasks/plan.md",
    "specs/one/tasks.md",
    "shared/a-summary.md",
    "shared/d/e/data.json",
    "tasks.md",
    "requirements.md",
)
CONTENTS = (
    b"- [ ] T1 One\n- [x] T2 Two\n",
    b'{"userStories": [{"id": 1, "title": "S", "passes": false}]}',
    b"## To Do\n- [ ] A\n## Completed\n- [x] B\n",
    b"",
    b"\xff\xfe rubbish {",
)


class Board:
    """Holds a workspace up to date as a screen would."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self.workspace = Workspace()
        self.changed = threading.Condition()

    def __call__(self, paths: frozenset[str]) -> None:
        with self.changed:
            self.workspace = reload(self.workspace, self.root, LAYOUT, paths)
            self.changed.notify_all()

    def wait(self, wanted: Workspace) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: shown(self.workspace) == shown(wanted), DEADLINE)


def shown(workspace: Workspace) -> dict[str, object]:
    """Return what each file shows; stale values aside, which depend on what was there before."""
    good = {path: loaded for path, loaded in workspace.files.items() if not loaded.problems}
    return {path: (loaded.stamp, loaded.value) for path, loaded in good.items()}


def write(project: Path, path: str, chance: random.Random) -> None:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(chance.choice(CONTENTS))


def replace(project: Path, path: str, chance: random.Random) -> None:
    write(project, path + ".tmp~", chance)
    os.replace(project / (path + ".tmp~"), project / path)


def append(project: Path, path: str, chance: random.Random) -> None:
    if (project / path).exists():
        with (project / path).open("ab") as file:
            file.write(chance.choice(CONTENTS))


def remove(project: Path, path: str, chance: random.Random) -> None:
    (project / path).unlink(missing_ok=True)


def remove_directory(project: Path, path: str, chance: random.Random) -> None:
    top = project / path.split("/")[0]
    if top.is_dir():
        shutil.rmtree(top)


def move_directory(project: Path, path: str, chance: random.Random) -> None:
    top = project / path.split("/")[0]
    if top.is_dir():
        shutil.rmtree(project / "away", ignore_errors=True)
        os.rename(top, project / "away")
        shutil.copytree(project / "away", top)


ACTS: tuple[Callable[[Path, str, random.Random], None], ...] = (
    write,
    write,
    replace,
    replace,
    append,
    remove,
    remove_directory,
    move_directory,
)


def no_hints() -> Hints:
    raise HintsFailed("none here")


def storm(project: Path, source: Callable[[], Hints], seed: int, acts: int) -> None:
    """Do `acts` random things to a project, and wait until the board shows what is there."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    board = Board(Root(str(project)))
    watcher = Watcher(str(project), lambda: LAYOUT.watched, board, hints=source)
    watcher.start()
    try:
        for _ in range(acts):
            chance.choice(ACTS)(project, chance.choice(FILES), chance)
        wanted = load(board.root, LAYOUT)
        assert board.wait(wanted), (shown(board.workspace).keys() ^ shown(wanted).keys(), seed)
    finally:
        watcher.stop()


SOURCES = pytest.mark.parametrize(
    "source", [choose_hints, WatchfilesHints, no_hints], ids=["native", "watchfiles", "polling"]
)


@SOURCES
@pytest.mark.parametrize("seed", range(3))
def test_the_board_shows_the_disk(tmp_path: Path, source: Callable[[], Hints], seed: int) -> None:
    storm(tmp_path, source, seed, 60)


@pytest.mark.soak
@SOURCES
@pytest.mark.parametrize("seed", range(100, 120))
def test_the_board_shows_the_disk_after_long_storms(
    tmp_path: Path, source: Callable[[], Hints], seed: int
) -> None:
    storm(tmp_path, source, seed, 500)
