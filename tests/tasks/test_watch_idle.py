"""Watching costs next to nothing while nothing happens, however large the tree around is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

IDLE = """
import sys, threading, time
from agentboard_tasks.layout import Layout
from agentboard_tasks.watch import Watcher, choose_hints
root, seconds, native = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "native"
def no_hints():
    from tests.tasks.test_watch_hostile import no_hints
    return no_hints()
seen = threading.Event()
watched = lambda: (*Layout().watched, ".claude/agents/**", "agents", ".git/HEAD")
watcher = Watcher(root, watched, lambda paths: seen.set(), hints=choose_hints if native else no_hints)
watcher.start()
seen.wait(10)
began, cpu = time.monotonic(), time.process_time()
threading.Event().wait(seconds)
print(100 * (time.process_time() - cpu) / (time.monotonic() - began))
watcher.stop()
"""


def grow(root: Path, count: int) -> None:
    """Make a project with `count` files of source and a few that are watched."""
    for name in (".claude/tasks/a-tasks.md", "tasks/plan.md", "specs/a/tasks.md", "TODO.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("- [ ] one\n")
    for start in range(0, count, 200):
        place = root / "src" / f"part{start // 4000}" / f"module{start}"
        place.mkdir(parents=True)
        for number in range(start, start + 200):
            (place / f"file{number}.py").touch()


def share(root: Path, seconds: float, source: str) -> float:
    """Return how many percent of a core a watcher takes while nothing happens."""
    command = [sys.executable, "-c", IDLE, str(root), str(seconds), source]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.soak
@pytest.mark.parametrize("source", ["native", "polling"])
def test_watching_beside_100_000_files_takes_less_than_2_percent(tmp_path: Path, source: str) -> None:
    grow(tmp_path, 100_000)
    assert share(tmp_path, 20, source) < 2


def test_watching_beside_many_files_takes_little(tmp_path: Path) -> None:
    grow(tmp_path, 2_000)
    assert share(tmp_path, 3, "native") < 2
