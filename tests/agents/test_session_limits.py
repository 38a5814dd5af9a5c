"""What holds a run back: its budget, rules on its tools, gates that nobody trusts yet."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.permissions import FOR_PROJECT, FOR_RUN
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from agentboard_agents.survey import survey
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import wants
from tests.agents.session_parts import Server
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import ModelServer, call, said, say

AGENT = """---
name: backend
description: Works through a list
model: claude-opus-4-8
---

Do it.
"""
LIST = "# Backend Tasks\n\n## To Do\n- [ ] T1 Subtract numbers\n\n## Completed\n"
FILES = {".claude/agents/backend.md": AGENT, ".claude/tasks/backend-tasks.md": LIST}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-test-key")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def calls_of(server: ModelServer) -> list[object]:
    """Return the model calls that were made; counting tokens is none."""
    return [body for body in server.requests if body.get("stream")]


def item_of(team: Crew, kind: str) -> InboxItem:
    return next(item for item in team.store.inbox() if item.kind == kind)


def close(team: Crew, text: str) -> None:
    """Answer the budget item, as the worker's command does."""
    item = item_of(team, "budget")
    team.store.append([NewEvent("r1", item.agent, "item_closed", {"item": item.id, "text": text})])
    team.desk.wake("r1")


async def test_a_call_that_does_not_fit_is_not_made_and_a_stop_ends_the_run(
    tmp_path: Path, serve: Server
) -> None:
    server = serve(say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        await team.dispatch("backend", task="T1", limits=Limits(budget_usd=0.01))
        await team.until(RunState.HOLDING)
        assert "this run" in item_of(team, "budget").text
        assert calls_of(server) == []
        close(team, "stop")
        run = await team.end()
    assert run.outcome == "limit"
    assert calls_of(server) == []


async def test_an_amount_raises_the_budget_and_nonsense_is_asked_again(tmp_path: Path, serve: Server) -> None:
    server = serve(call("Write", file_path="a.txt", content="x"), say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        await team.dispatch("backend", task="T1", limits=Limits(budget_usd=0.01))
        await team.until(RunState.HOLDING)
        first = item_of(team, "budget").id
        close(team, "as you like")
        await team.count("budget_reached", 2)
        assert item_of(team, "budget").id != first
        close(team, "$5")
        run = await team.end()
    assert run.state is RunState.REVIEW
    assert len(calls_of(server)) == 2
    assert run.cost_usd is not None
    assert 0 < run.cost_usd < 5


def settings(**lists: list[str]) -> str:
    return json.dumps({"permissions": lists})


async def test_a_denied_command_never_runs_and_its_tool_says_why(tmp_path: Path, serve: Server) -> None:
    files = {**FILES, ".claude/settings.json": settings(deny=["Bash(touch *)", "Read(secret.txt)"])}
    server = serve(
        call("Bash", command="true; sh -c 'touch made'"),
        call("Bash", command="cat ./secret.txt"),
        call("Read", file_path="secret.txt"),
        say("Done."),
    )
    async with crew(make_project(tmp_path, {**files, "secret.txt": "hush-hush\n"})) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert [one["ok"] for one in team.events("tool_finished")] == [False, False, False]
    assert run.worktree is not None
    assert "made" not in os.listdir(run.worktree)
    heard = "".join(said(server.requests[-1]))
    assert "Bash(touch *)" in heard
    assert "hush-hush" not in heard


@pytest.mark.parametrize("answer", ["approve", FOR_RUN, FOR_PROJECT])
async def test_an_ask_rule_asks_with_the_exact_bytes_for_as_long_as_the_answer_says(
    tmp_path: Path, serve: Server, answer: str
) -> None:
    files = {**FILES, ".claude/settings.json": settings(ask=["Bash(echo *)"])}
    command = "echo 'a\u202eb'"
    serve(call("Bash", command=command), call("Bash", command=command), say("Done."))
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        item = item_of(team, "permission")
        assert item.what == command
        assert "<U+202E>" in item.text
        assert "sandbox" in item.text
        team.answer(answer)
        if answer == "approve":
            await team.count("permission_asked", 2)
            team.answer("deny")
        await team.end()
        assert len(team.events("permission_asked")) == (2 if answer == "approve" else 1)
        assert ("permissions.json" in os.listdir(team.project.state)) == (answer == FOR_PROJECT)
        assert "permissions" not in team.status()


async def test_a_kept_answer_is_about_those_bytes_alone(tmp_path: Path, serve: Server) -> None:
    files = {**FILES, ".claude/settings.json": settings(ask=["Bash(echo *)"])}
    serve(call("Bash", command="echo a"), say("Done."), call("Bash", command="echo a "), say("Done."))
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        team.answer(FOR_PROJECT)
        await team.end()
        await team.dispatch("backend", prompt="again", run="r2")
        await team.until(RunState.WAITING, run="r2")


async def test_plan_mode_only_reads(tmp_path: Path, serve: Server) -> None:
    planner = AGENT.replace("model:", "permissionMode: plan\nmodel:")
    serve(call("Write", file_path="a.txt", content="x"), call("LS", path="."), say("Done."))
    async with crew(make_project(tmp_path, {**FILES, ".claude/agents/backend.md": planner})) as team:
        await team.dispatch("backend", task="T1")
        await team.end()
        assert [one["ok"] for one in team.events("tool_finished")] == [False, True]


GATE = "gates:\n  - name: ours\n    command: 'test -f wanted.txt'\n"


async def test_a_configured_gate_runs_only_after_trust(tmp_path: Path, serve: Server) -> None:
    serve(
        call("Write", file_path="a.txt", content="x"),
        say("Done."),
        call("Write", file_path="a.txt", content="y"),
        say("Done."),
    )
    async with crew(make_project(tmp_path, {**FILES, ".agentboard.yaml": GATE})) as team:
        await team.dispatch("backend", task="T1")
        await team.end()
        told = {one["name"]: one for one in team.events("gate_finished")}
        assert told["ours"]["state"] == "absent"
        assert "agentboard trust" in told["ours"]["reason"]
        load_trust(team.project).remember(wants(survey(team.project)))
        await team.dispatch("backend", prompt="more", run="r2")
        await team.end("r2")
        told = {one["name"]: one for one in team.events("gate_finished", "r2")}
        assert told["ours"]["state"] != "absent"
