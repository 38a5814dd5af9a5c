"""Runs inside runs: a record and an end of their own, spend counted above, no loops, at most three deep."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.outward import run_forms
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from tests.support.crew import Crew, crew, git, make_project
from tests.support.modelserver import ModelServer, Reaction, call, last_text, say, stall, status

AGENT = """---
name: {name}
description: The {name}
tools: Read, Write, Agent, Task
---

You are {name}. Keep your list in `.claude/tasks/{name}-tasks.md`.
"""
LIST = ".claude/tasks/one-tasks.md"
FILES = {
    **{
        f".claude/agents/{name}.md": AGENT.format(name=name)
        for name in ("one", "two", "three", "four", "five")
    },
    LIST: "# Tasks\n\n## To Do\n- [ ] T1 Ask around\n",
}


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-test-key")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))


async def played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *replies: Reaction
) -> tuple[Crew, list[Any]]:
    """Let agent one work through its task with these replies, and return what there is after it."""
    with ModelServer(*replies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("one", task="T1")
            await team.end()
            runs = team.store.runs()
            Kept.runs = {run.id: run for run in runs}
            Kept.events = {run.id: team.history(run.id) for run in runs}
            return team, server.requests


class Kept:
    """What the store held when it was closed."""

    runs: dict[str, Run]
    events: dict[str, Any]


def done(server: list[Any], number: int) -> str:
    return last_text(server[number])


async def test_a_consultation_reads_and_delegated_work_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, requests = await played(
        tmp_path,
        monkeypatch,
        call("Agent", agent="two", prompt="What is there?"),
        call("Write", file_path="no.txt", content="x"),
        say("Nothing."),
        call("Task", agent="three", prompt="Write it", delegate=True),
        call("Write", file_path="yes.txt", content="x\n"),
        say("Written."),
        say("Done."),
    )
    assert "who is consulted only reads" in done(requests, 2)
    offered = [{tool["name"] for tool in body["tools"]} for body in requests]
    assert "Write" not in offered[1]
    assert "Write" in offered[4]
    assert done(requests, 6) == "Written."
    assert [(run.id, run.parent, run.state) for run in Kept.runs.values() if run.parent] == [
        ("r1-n2", "r1", RunState.ACCEPTED),
        ("r1-n1", "r1", RunState.ACCEPTED),
    ]
    branch = str(Kept.runs["r1"].branch)
    assert git(team.project.root, "diff", "--name-only", "main", branch).splitlines() == ["yes.txt"]
    top = next(form for form in run_forms(Kept.runs.values()) if form["id"] == "r1")
    assert top["tokens"]["input"] == 700, "seven calls of a hundred tokens: the spend of those below counts"
    assert [form["id"] for form in run_forms(Kept.runs.values())] == ["r1"]
    assert len(run_forms(Kept.runs.values(), nested=True)) == 3


async def test_loops_and_what_is_too_deep_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, requests = await played(
        tmp_path,
        monkeypatch,
        call("Agent", agent="two", prompt="?"),
        call("Agent", agent="one", prompt="?"),  # two asks one: a loop
        call("Agent", agent="three", prompt="?"),
        call("Agent", agent="four", prompt="?"),
        call("Agent", agent="five", prompt="?"),  # four is at depth three
        say("four"),
        say("three"),
        say("two"),
        say("Done."),
    )
    assert "waits for this very answer" in done(requests, 2)
    assert "depth 3 is reached" in done(requests, 5)
    assert [done(requests, number) for number in (6, 7, 8)] == ["four", "three", "two"]
    parents = {run.id: run.parent for run in Kept.runs.values()}
    assert sorted(str(parent) for parent in parents.values()) == ["None", "r1", "r1-n1", "r1-n1-n1"]
    assert {run.spec.depth for run in Kept.runs.values()} == {0, 1, 2, 3}


async def test_a_nested_run_that_fails_is_an_answer_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, requests = await played(
        tmp_path,
        monkeypatch,
        call("Agent", agent="two", prompt="?"),
        status(400, "invalid_request_error", "no such thing"),
        say("Done."),
    )
    assert "two gave no answer" in done(requests, 2)
    assert Kept.runs["r1-n1"].state is RunState.FAILED
    assert Kept.runs["r1"].state is RunState.REVIEW


async def test_what_cancels_the_run_above_cancels_the_one_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(call("Agent", agent="two", prompt="?"), stall(say("late"), 30)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("one", task="T1")
            await team.count("consultation_started", 1)
            await team.until(RunState.WORKING, run="r1-n1")
            team.store.append([NewEvent("r1", "one", "cancel_requested", {"reason": "enough"})])
            team.desk.wake("r1")
            assert (await team.end()).state is RunState.CANCELLED
            assert team.run("r1-n1").state is RunState.CANCELLED


async def test_who_interrupts_the_run_above_is_heard_by_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = (
        call("Agent", agent="two", prompt="?"),
        call("Agent", agent="three", prompt="?"),
        stall(say("late"), 50),
        say("Done."),
    )
    with ModelServer(*replies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("one", task="T1")
            await asyncio.to_thread(server.wait_for, 3)
            told = {"message": "m1", "text": "Ask nobody.", "sender": "human"}
            team.store.append([NewEvent("r1", "one", "message_queued", told)])
            team.desk.interrupt("r1")
            assert (await team.end()).state is RunState.REVIEW
            below = [team.run(run) for run in ("r1-n1", "r1-n1-n1")]
            assert [(run.state, run.reason) for run in below] == [
                (RunState.FAILED, "a person interrupted one, who asked"),
                (RunState.FAILED, "a person interrupted one, who asked"),
            ]
            assert "Message from human: Ask nobody." in done(server.requests, 3)
            assert "two gave no answer" in done(server.requests, 3)
            message = team.store.message("m1")
            assert message is not None
            assert message.state == "acted"
            assert len(server.requests) == 4


async def test_what_is_said_while_a_nested_run_fails_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies: list[Reaction] = [
        call("Agent", agent="two", prompt="?"),
        call("Read", file_path="CLAUDE.md"),
        status(400, "invalid_request_error", "no such thing"),
        say("Done."),
    ]
    loop = asyncio.get_running_loop()
    told = {"message": "m1", "text": "By Friday.", "sender": "human"}

    def reply(_body: dict[str, Any]) -> Reaction:
        if len(server.requests) == 2:
            queued = [NewEvent("r1", "one", "message_queued", told)]
            loop.call_soon_threadsafe(team.store.append, queued)
        return replies[len(server.requests) - 1]

    with ModelServer(script=reply) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("one", task="T1")
            await team.end()
            assert "Message from human: By Friday." in done(server.requests, 3)
