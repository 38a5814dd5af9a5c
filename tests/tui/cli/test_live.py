"""`agentboard live`: events under the origin's names, as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.broadcast import TOLD, TYPES, broadcast
from agentboard_agents.events import KINDS, Event, NewEvent
from agentboard_agents.project import Project
from agentboard_agents.store import Store
from agentboard_tui.cli.entry import run
from tests.support.projects import make_project

SPEC = {
    "run": "r1", "agent": "Backend", "stem": "backend", "definition": "b.md", "protocol": "changeset",
    "runtime": "anthropic", "task": "backend-tasks:T1", "title": "Subtract",
}  # fmt: skip
HAPPENED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("run_queued", SPEC),
    ("run_started", {"branch": "ab/x"}),
    ("task_changed", {"task": "backend-tasks:T1", "state": "in_progress", "file": "f.md"}),
    ("tool_finished", {"tool": "Read", "summary": "Read a.py"}),
    ("gate_finished", {"name": "pytest", "state": "failed", "new_failures": ["t"], "ran": 3, "seconds": 1.5}),
    ("correction_attempt", {"attempt": 1, "of": 3, "reason": "t fails"}),
    ("turn_started", {"turn": 2}),
    ("blocker_created", {"item": "r1-q1", "text": "Why?", "what": "SYNC"}),
    ("answered", {"item": "r1-q1", "text": "because"}),
    ("commit_created", {"commit": "abc", "message": "Subtract", "files": ["a.py"]}),
    ("task_changed", {"task": "backend-tasks:T1", "state": "blocked", "file": "f.md", "reason": "no"}),
)


def told(capsys: pytest.CaptureFixture[str], root: Path, *words: str) -> list[dict[str, Any]]:
    assert run(["live", "-C", str(root), *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_events_have_the_names_that_clients_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = make_project(tmp_path / "shop")
    assert told(capsys, root) == [], "nothing has happened here"
    project = Project.open(str(root))
    project.make_state()
    store = Store.open(project)
    store.append([NewEvent("r1", "Backend", kind, data) for kind, data in HAPPENED])
    store.close()
    found = told(capsys, root)
    assert [one["type"] for one in found] == [
        "task_assigned",
        "agent_status_changed",
        "task_status_changed",
        "activity_update",
        "test_result",
        "correction_attempt",
        "blocker_created",
        "agent_status_changed",
        "blocker_resolved",
        "agent_resumed",
        "agent_status_changed",
        "commit_created",
        "task_status_changed",
        "task_blocked",
    ]
    for one in found:
        assert (one["agent_id"], one["run_id"], one["task_id"]) == ("Backend", "r1", "backend-tasks:T1")
        assert one["timestamp"].startswith("20")
        assert one["project_id"] == Path(project.state).name
    assert (found[4]["status"], found[4]["passed"], found[4]["new_failures"]) == ("failed", False, ["t"])
    assert (found[6]["blocker_type"], found[8]["answer"], found[11]["commit_hash"]) == (
        "SYNC",
        "because",
        "abc",
    )
    assert told(capsys, root, "--run", "r1") == found


@pytest.mark.parametrize("kind", sorted({*KINDS, *TOLD}))
def test_whatever_happens_is_told_in_known_types_or_not_at_all(kind: str) -> None:
    event = Event(
        1, "2026-01-01T00:00:00Z", "r1", "a", kind, {"item_kind": "blocker", "stories": 2, "passed": 1}
    )
    assert {one["type"] for one in broadcast(event, "p", None, lambda _: None)} <= TYPES
