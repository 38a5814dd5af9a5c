"""Proof of what the demo's agents claim: commits, tests run again, task files, an untouched checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentboard_agents.events import Event
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.survey import Survey
from agentboard_tasks.model import State
from agentboard_tui.demo.parts import Part

__all__ = ["Proof", "prove_checkout", "prove_part", "prove_team"]

GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
PATIENCE = 120


class Proof(Struct, frozen=True):
    """One claim, and whether it is so."""

    claim: str
    holds: bool
    fact: str = ""


def prove_part(here: Survey, part: Part, run: Run | None) -> Iterator[Proof]:
    """Yield what must be true after one agent's run."""
    if run is None:
        yield Proof(f"{part.stem} ran", False, "it was never dispatched")
        return
    yield Proof(
        f"{part.stem} is ready for review", run.state is RunState.REVIEW, f"{run.state}: {run.reason or ''}"
    )
    yield Proof(f"{part.stem} worked by {part.way}", run.protocol == part.way, run.protocol)
    passed = [gate.state for gate in run.gates]
    yield Proof(
        f"{part.stem} passed its gates", bool(passed) and set(passed) == {"passed"}, ", ".join(passed)
    )
    yield _commit(here, part, run)
    yield from _tests(here, part, run)
    for name in part.done:
        task = here.workspace.find(name)
        state = task.state if task else "missing"
        yield Proof(f"{name} is done in its file", state is State.DONE, str(state))


def prove_team(events: Iterable[Event]) -> Iterator[Proof]:
    """Yield what must have happened once in the whole team."""
    kinds = {event.kind for event in events}
    for kind, claim in TEAM_CLAIMS.items():
        yield Proof(claim, kind in kinds)


TEAM_CLAIMS = {
    "question_asked": "an agent asked a question and waited",
    "answered": "the question was answered",
    "correction_attempt": "an agent failed its tests and corrected itself",
    "assumption_found": "an assumption in the code was found",
}


def prove_checkout(here: Survey) -> Iterator[Proof]:
    """Yield what must be true of the human's own checkout: only shared files changed, nothing was staged."""
    shared = here.layout.coordination()
    changed = _git(here.project.root, "status", "--porcelain", "-z", "--untracked-files=all").split("\0")
    paths = [entry[3:] for entry in changed if entry]
    foreign = [path for path in paths if not _is_shared(path, shared.directories, shared.files)]
    yield Proof("the checkout is untouched but for the shared files", not foreign, ", ".join(foreign))
    staged = _git(here.project.root, "diff", "--cached", "--name-only")
    yield Proof("nothing was staged", not staged, staged)


def _is_shared(path: str, directories: Iterable[str], files: Iterable[str]) -> bool:
    return path in set(files) or any(
        path.startswith(directory.rstrip("/") + "/") for directory in directories
    )


def _commit(here: Survey, part: Part, run: Run) -> Proof:
    if run.branch is None or run.base is None:
        return Proof(f"{part.stem} committed", False, "no branch")
    count = _git(here.project.root, "rev-list", "--count", f"{run.base}..refs/heads/{run.branch}")
    return Proof(
        f"{part.stem} committed on {run.branch}", count.isdigit() and int(count) > 0, f"{count} commits"
    )


def _tests(here: Survey, part: Part, run: Run) -> Iterator[Proof]:
    for module in part.tests:
        before = _run_tests(here.project.root, run.base or "main", module)
        after = _run_tests(here.project.root, f"refs/heads/{run.branch}", module)
        yield Proof(f"{module} failed before", not before)
        yield Proof(f"{module} passes on {run.branch}", after)


def _run_tests(root: str, revision: str, module: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="agentboard-proof-") as directory:
        archive = subprocess.run(
            [*GIT, "-C", root, "archive", "--format=tar", revision], capture_output=True, check=False
        )
        if archive.returncode:
            return False
        subprocess.run(["tar", "-x", "-C", directory], input=archive.stdout, check=True)
        command = [sys.executable, "-m", "unittest", "-q", module]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, check=False, timeout=PATIENCE
        )
        return done.returncode == 0


def _git(root: str, *arguments: str) -> str:
    done = subprocess.run([*GIT, "-C", root, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip("\n") if done.returncode == 0 else ""
