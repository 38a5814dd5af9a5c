"""A small project and its board for tests of the screens: no worker is started, the store is a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentboard_agents.client import Client
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store
from agentboard_tui import orders
from tests.tui.stage import AGENTS, LIST, Stage


def no_worker(_client: Client) -> None:
    """Stand in for the start of a worker."""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A repository with two agents and a task list, and a store beside it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("AGENTBOARD_RUNTIME", "rehearsal")
    monkeypatch.setattr(Client, "ensure_worker", no_worker)
    monkeypatch.setattr(orders, "PATIENCE", 0.02)
    root = tmp_path / "shop"
    for name, text in {**AGENTS, **LIST, ".git/HEAD": "ref: refs/heads/main\n"}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = Project.open(str(root))
    return Stage(project, Store.open(project))


@pytest.fixture
def working(stage: Stage) -> Stage:
    """The same, with one run at work."""
    spec = RunSpec(
        "r1",
        "ada",
        "ada",
        ".claude/agents/ada.md",
        "checklist",
        "rehearsal",
        task="ada-tasks:T1",
        title="Build the door",
    )
    queued: dict[str, Any] = msgspec.to_builtins(spec)
    stage.store.append([NewEvent("r1", "ada", "run_queued", queued)])
    stage.happen("run_started", branch="ab/ada/t1", worktree="/w", base="abc")
    stage.happen("turn_started")
    return stage
