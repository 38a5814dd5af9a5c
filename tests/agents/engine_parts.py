"""What the tests of store, worker and engine are made of."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store

DEADLINE = 15.0
HERE = os.path.dirname(__file__)
PYTHONPATH = os.pathsep.join(
    [os.path.join(HERE, "..", "..", floor) for floor in ("tui", "agents", "tasks")]
    + [os.path.join(HERE, "..", "..")]
)


def project_in(directory: Path) -> Project:
    """Return a project whose state lies beside it."""
    root = directory / "project"
    (root / ".git").mkdir(parents=True, exist_ok=True)
    return Project(str(root), str(directory / "state"))


def spec(run: str = "r1", *, agent: str = "Backend Engineer", stem: str = "backend") -> RunSpec:
    return RunSpec(
        run=run,
        agent=agent,
        stem=stem,
        definition=f".claude/agents/{stem}.md",
        protocol="checklist",
        runtime="rehearsal",
        task=f"{stem}-tasks:T1",
        title="Add login",
    )


def queued(run: str = "r1", **changes: str) -> NewEvent:
    of = spec(run, **changes)
    return NewEvent(run, of.agent, "run_queued", msgspec.to_builtins(of))


def event(kind: str, run: str = "r1", key: str | None = None, **data: object) -> NewEvent:
    return NewEvent(run, "Backend Engineer", kind, data, key)


def until(condition: Callable[[], object], what: str, deadline: float = DEADLINE) -> None:
    """Wait for a condition, and fail with `what` when it does not come."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.002)


def run_of(store: Store, run: str = "r1") -> Run:
    found = store.run(run)
    assert found is not None, f"no run {run}"
    return found


def until_state(store: Store, state: RunState, run: str = "r1", deadline: float = DEADLINE) -> None:
    until(lambda: (found := store.run(run)) and found.state is state, f"{run} {state}", deadline)
