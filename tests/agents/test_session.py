"""One run of each way of working, from dispatch to review: real git, real gates, real tools, a scripted model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from tests.support.crew import crew, git, make_project
from tests.support.modelserver import ModelServer, Said, call, said, say, status

TASKS = """# Backend Tasks

## In Progress

## To Do
- [ ] T1 Subtract numbers
- [ ] T2 Multiply numbers

## Completed
"""
CHECKLIST = """---
name: backend
description: Works through a list
tools: Read, Write, Edit, Glob, Grep, LS, Bash, TodoWrite, WebFetch
---

Keep your list in `.claude/tasks/backend-tasks.md`.
"""
BETTER = "def add(one: int, other: int) -> int:\n    return one + other\n\n\ndef sub(one: int, other: int) -> int:\n    return one - other\n"
BROKEN = "def add(one: int, other: int) -> int:\n    return one - other\n"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-test-key")


def serve(monkeypatch: pytest.MonkeyPatch, server: ModelServer) -> ModelServer:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    return server


async def test_a_task_list_from_to_do_to_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(
        tmp_path, {".claude/agents/backend.md": CHECKLIST, ".claude/tasks/backend-tasks.md": TASKS}
    )
    replies = (call("Write", file_path="calc.py", content=BETTER), say("Subtraction is there."))
    with serve(monkeypatch, ModelServer(*replies)) as server:
        async with crew(project) as team:
            await team.dispatch("backend", task="T1")
            run = await team.end()
            assert (run.state, run.outcome) == (RunState.REVIEW, "review"), run.reason
            assert run.branch is not None
            assert run.branch.startswith("ab/backend/")
            assert "def sub" in team.show("calc.py")
            assert "def sub" not in team.read("calc.py"), "the user's files stay as they were"
            listed = team.read(".claude/tasks/backend-tasks.md")
            assert "completed: 20" in listed.partition("## Completed")[2]
            assert git(project.root, "diff", "--name-only") == ".claude/tasks/backend-tasks.md"
            assert git(project.root, "diff", "main", run.branch, "--name-only") == "calc.py"
            assert run.tokens.output == 40
            assert [gate.state for gate in run.gates] == ["passed"]
            assert [one["state"] for one in team.events("task_changed")] == ["in_progress", "done"]
            assert "WebFetch" in team.events("problem_found")[0]["message"]
    opening = "\n".join(said(server.requests[0]))
    assert "Subtract numbers" in opening
    assert "Small functions." in opening
    names = {tool["name"] for tool in server.requests[0]["tools"]}
    assert {"Read", "Bash", "AskUserQuestion"} <= names
    assert "WebFetch" not in names
