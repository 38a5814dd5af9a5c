"""What the gates add to their commands: the same two by hand, and as gates of a worktree in the sandbox."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from agentboard_agents.gates import check, detect
from agentboard_agents.gates.gate import Gate
from agentboard_agents.project import Project
from agentboard_agents.repository import Repository
from agentboard_agents.sandbox import box_for, choose
from bench.report import Line, p50

ROUNDS = 5
SECONDS = 3.0
FILES = 1_000
SUITE = f"""import time
import unittest


class Slow(unittest.TestCase):
    def test_slow(self):
        time.sleep({SECONDS})
"""
LINT = Gate("lint", ("sh", "-c", f"sleep {SECONDS}"), kind="configured")


def measure() -> Iterator[Line]:
    """Yield the time of a check whose base is known, against its commands alone, started together."""
    with tempfile.TemporaryDirectory(prefix="agentboard-bench-") as home:
        root = Path(home) / "project"
        build(root)
        project = Project(os.path.realpath(root), str(Path(home) / "state"))
        repository = Repository(project.root, project.state)
        tree = f"{project.worktrees}/r1"
        repository.add_worktree(tree, "ab/bench/r1", repository.base())
        Path(tree, "work.txt").write_text("work\n")
        asyncio.run(checked(project, repository, tree))
        by_gates: list[float] = []
        by_hand: list[float] = []
        for _ in range(ROUNDS):
            by_hand.append(hand(project, tree))
            by_gates.append(asyncio.run(checked(project, repository, tree)))
    yield Line(
        "gates: a check, base known", p50(by_gates), p50(by_hand), "ms p50", 1.05, "its commands by hand"
    )


async def checked(project: Project, repository: Repository, tree: str) -> float:
    """Run the gates; return milliseconds."""
    started = time.perf_counter()
    gates = (*detect(tree, project=project.root), LINT)
    box = box_for(project.root, tree, repository.git.places.common_dir)
    results = await check(repository, tree, repository.base(), box, choose(), gates, f"{project.state}/gates")
    assert [result.state for result in results] == ["passed", "passed"], results
    return (time.perf_counter() - started) * 1000


def hand(project: Project, tree: str) -> float:
    """Run the same commands as a person would, without walls; return milliseconds."""
    commands = [gate.argv for gate in (*detect(tree, project=project.root), LINT)]
    started = time.perf_counter()
    running = [
        subprocess.Popen(words, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in commands
    ]
    assert [process.wait() for process in running] == [0, 0]
    return (time.perf_counter() - started) * 1000


def build(root: Path) -> None:
    """Make a repository of many files with a slow suite."""
    for number in range(FILES):
        place = root / f"d{number % 50}" / f"f{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{number}\n")
    (root / "tests").mkdir()
    (root / "tests/test_slow.py").write_text(SUITE)
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "start")):
        who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)
