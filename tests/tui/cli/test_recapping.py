"""`recap` on the command line: as text and JSON, since a moment or since the board was last left."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.project import Project
from agentboard_agents.store import Store
from agentboard_tui.cli.entry import run
from tests.agents.engine_parts import event, queued
from tests.support.projects import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = make_project(tmp_path / "shop")
    monkeypatch.chdir(root)
    return Project.open(str(root))


def worked(project: Project) -> None:
    store = Store.open(project)
    store.append([queued("r1"), event("run_started", branch="ab/b/t1")])
    store.append([event("turn_finished", tokens={"input": 4000}, cost_usd=0.5)])
    store.append([event("commit_created", commit="abcdef123456", message="Add it", files=["a.py"])])
    store.append(
        [event("gates_started"), event("gate_finished", name="pytest", state="failed", new_failures=["t"])]
    )
    store.append([event("question_asked", item="r1-q1", text="Which \x1b[31mone?")])
    store.close()


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["recap", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_project_that_was_never_used_has_an_empty_recap(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(capsys)
    assert (found["since"], found["runs"], found["waiting"]) == (None, [], [])
    assert run(["recap"]) == 0
    assert "Nothing happened" in capsys.readouterr().out
    assert not os.path.exists(project.state)


def test_what_happened_is_told_as_json_and_as_text(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    worked(project)
    (one,) = asked(capsys, "--since", "1h")["runs"]
    assert one["commits"] == [{"commit": "abcdef123456", "message": "Add it", "files": ["a.py"]}]
    assert one["gates"] == [{"name": "pytest", "state": "failed", "new_failures": ["t"]}]
    assert run(["recap", "--since", "1h"]) == 0
    text = capsys.readouterr().out
    assert "Needs you (1):" in text
    assert "commit abcdef123 Add it" in text
    assert "gate pytest failed: t" in text
    assert "4.0k tokens, $0.50" in text
    assert "\x1b" not in text


def test_without_a_moment_it_counts_from_when_the_board_was_left(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    worked(project)
    assert len(asked(capsys)["runs"]) == 1
    (Path(project.state) / "picture").write_bytes(b"")
    os.utime(Path(project.state) / "picture", (4_000_000_000, 4_000_000_000))
    found = asked(capsys)
    assert found["runs"] == []
    assert [item["id"] for item in found["waiting"]] == ["r1-q1"], "what waits is shown all the same"


def test_a_moment_that_is_none_is_a_mistake_in_use(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recap", "--since", "soon"]) == 2
    assert "'soon' is not a time" in capsys.readouterr().err
