"""Two boards on one folder, and five writers that know nothing of them: each shows what is on the disk."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from agentboard_agents.project import Project
from agentboard_agents.survey import Survey, survey
from agentboard_agents.task_states import set_by_hand
from agentboard_tasks.model import State
from agentboard_tui.files_watch import FilesWatch
from tests.support.projects import make_project

DEADLINE = 60.0
WITHIN = 2.0

WRITER = """
import json, os, random, sys, time
root, how, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(how)
path = os.path.join(root, {"rename": ".claude/tasks/w1-tasks.md", "place": ".claude/tasks/w2-tasks.md",
    "append": "TODO.md", "gone": "tasks/plan.md", "story": "tasks/w_prd.json"}[how])
def put(text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
for number in range(count):
    boxes = "".join(f"- [{chance.choice(' x')}] {how} {n}\\n" for n in range(number % 7 + 1))
    if how == "rename":
        put("## To Do\\n" + boxes)
    elif how == "place":
        with open(path, "w") as file:
            half = len(boxes) // 2
            file.write("## To Do\\n" + boxes[:half]); file.flush(); time.sleep(0.002)
            file.write(boxes[half:])
    elif how == "append":
        with open(path, "a") as file:
            file.write(f"- [ ] {how} {number}\\n")
    elif how == "gone":
        if number % 3 == 2:
            os.unlink(path)
        else:
            put(boxes)
    else:
        story = lambda n: {"id": n, "title": f"{how} {n}", "passes": chance.random() < 0.5}
        stories = [story(n) for n in range(number % 5 + 1)]
        put(json.dumps({"userStories": stories}))
    time.sleep(chance.uniform(0, 0.02))
if how == "gone":
    put("- [ ] here at last\\n")
"""
SHARED = "# Shared\n\n## In Progress\n\n## To Do\n{}\n## Completed\n"


class Board:
    """One board's files: what it shows, and the tasks that its user ticks."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.name = name
        self.shown: Survey | None = None
        self.failed: list[str] = []
        self.news = threading.Condition()
        self.watch = FilesWatch(project, self._loaded, self.failed.append)

    def _loaded(self, found: Survey) -> None:
        with self.news:
            self.shown = found
            self.news.notify_all()

    def tick(self, count: int) -> None:
        """Tick this board's items, one after the other."""
        for number in range(count):
            task = survey(self.project).task(f"{self.name} {number}")
            set_by_hand(self.project, task, State.DONE)

    def until_it_agrees(self, deadline: float) -> None:
        """Wait until the board shows what a fresh look finds."""
        wanted = survey(self.project).workspace.tasks
        with self.news:
            while self.shown is None or self.shown.workspace.tasks != wanted:
                assert self.news.wait(deadline - monotonic()), self.failed


@contextmanager
def boards(project: Project) -> Generator[list[Board]]:
    both = [Board(project, name) for name in ("ada", "bob")]
    for board in both:
        board.watch.start()
    try:
        yield both
    finally:
        for board in both:
            board.watch.stop()


def all_write(tmp_path: Path, count: int) -> None:
    items = "".join(f"- [ ] {name} {number}\n" for name in ("ada", "bob") for number in range(count))
    root = make_project(
        tmp_path / "shop", {".claude/tasks/shared-tasks.md": SHARED.format(items), "tasks/x": ""}
    )
    project = Project.open(str(root))
    hows = ("rename", "place", "append", "gone", "story")
    with boards(project) as both:
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(root), how, str(3 * count)]) for how in hows
        ]
        hands = [threading.Thread(target=board.tick, args=(count,)) for board in both]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join(DEADLINE)
        assert [writer.wait(DEADLINE) for writer in writers] == [0] * len(writers)
        deadline = monotonic() + WITHIN + 5 * (count < 50)  # a loaded machine, where the run is short
        for board in both:
            board.until_it_agrees(deadline)
    text = (root / ".claude/tasks/shared-tasks.md").read_text()
    assert all(
        f"- [x] {name} {number} (completed" in text for name in ("ada", "bob") for number in range(count)
    )
    assert [board.failed for board in both] == [[], []]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_two_boards_and_five_writers(tmp_path: Path) -> None:
    all_write(tmp_path, 6)


@pytest.mark.soak
def test_two_boards_and_five_writers_for_long(tmp_path: Path) -> None:
    all_write(tmp_path, 60)
