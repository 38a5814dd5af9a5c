"""The conflict radar over 20 branches of a 5,000-file repository, against a `git merge-tree` for each."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import Repository
from agentboard_agents.review.sweep import Sweeper
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from bench.report import Line, p50

FILES, BRANCHES, ROUNDS = 5_000, 20, 7
COMMON = "d0/f0.txt"


def measure() -> Iterator[Line]:
    """Yield the time of a refresh after one branch changed a file that all of them change."""
    with tempfile.TemporaryDirectory(prefix="agentboard-bench-") as home:
        root = Path(home) / "project"
        build(root)
        project = Project(os.path.realpath(root), str(Path(home) / "state"))
        runs = [branch(project, number) for number in range(BRANCHES)]
        sweeper = Sweeper(project, ())
        first = timed(lambda: sweeper.look(runs))
        refreshed: list[float] = []
        bare: list[float] = []
        for number in range(ROUNDS):
            run = runs[number]
            Path(run.worktree or "", COMMON).write_text(text(f"again {number}"))
            refreshed.append(timed(lambda: sweeper.look(runs, frozenset({run.id}))))  # noqa: B023
            commit_by_hand(project, run, number)
            bare.append(timed(lambda: merge_each(root, run, runs)))  # noqa: B023
        reference = p50(bare)
        apart = refresh_apart(project, runs)
    yield Line(
        "radar: refresh, 1 of 20 changed", p50(refreshed), reference, "ms p50", 1, "20 × git merge-tree"
    )
    yield Line("radar: the same, no file in common", apart, reference, "ms p50", 1, "20 × git merge-tree")
    yield Line("radar: first look, 210 pairs", first, reference, "ms", 20, "20 × git merge-tree")


def refresh_apart(project: Project, runs: list[Run]) -> float:
    """Return the time of a refresh where each branch changes files of its own only, as is usual."""
    for number, run in enumerate(runs):
        Path(run.worktree or "", COMMON).write_text(text("0"))  # as it was
        commit_by_hand(project, run, number)
    sweeper = Sweeper(project, ())
    refreshed: list[float] = []
    sweeper.look(runs)
    for number, run in enumerate(runs[:ROUNDS]):
        Path(run.worktree or "", f"d1/own{number}.txt").write_text(text("again"))
        refreshed.append(timed(lambda: sweeper.look(runs, frozenset({run.id}))))  # noqa: B023
    return p50(refreshed)


def build(root: Path) -> None:
    """Make a repository of many files."""
    for number in range(FILES):
        place = root / f"d{number % 100}" / f"f{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text(str(number)))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "start")


def branch(project: Project, number: int) -> Run:
    """Let a run change a file of its own and one that all change."""
    repository, name = Repository(project.root, project.state), f"r{number}"
    place, base = f"{project.worktrees}/{name}", repository.base()
    made = repository.add_worktree(place, f"ab/bench/{name}", base)
    Path(place, f"d1/own{number}.txt").write_text(text(name))
    Path(place, COMMON).write_text(text(name))
    repository.commit_worktree(place, made, name)
    spec = RunSpec(name, "bench", "bench", "", "checklist", "rehearsal")
    return Run(name, "bench", "bench", RunState.REVIEW, "", spec, branch=made, worktree=place, base=base)


def commit_by_hand(project: Project, run: Run, number: int) -> None:
    """Commit what changed, so that its merges are as new to git as to the radar."""
    repository = Repository(project.root, project.state)
    repository.commit_worktree(run.worktree or "", run.branch or "", f"again {number}")


def merge_each(root: Path, changed: Run, runs: list[Run]) -> None:
    """Merge the changed branch with each, and with what is checked out, one command each."""
    for other in ["main", *(run.branch or "" for run in runs if run is not changed)]:
        words = ["git", "merge-tree", "--write-tree", changed.branch or "", other]
        subprocess.run(words, cwd=root, check=False, capture_output=True)


def text(middle: str) -> str:
    """Return a file's text."""
    return "".join(f"line {number}\n" for number in range(20)) + middle + "\n" + "last\n" * 20


def git(root: Path, *words: str) -> None:
    """Run git."""
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


def timed(act: Callable[[], object]) -> float:
    """Return how long it took, in milliseconds."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
