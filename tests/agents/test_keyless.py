"""A worker without a key holds its runs in the open, and one that has a key goes on with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentboard_agents.client import Client
from agentboard_agents.engine.conduct import conduct
from agentboard_agents.engine.memory import MemoryEngine
from agentboard_agents.engine.port import Steps
from agentboard_agents.project import Project
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.work import work_on
from agentboard_agents.worker_lock import WorkerLock, worker_has_key
from tests.agents.engine_parts import project_in
from tests.agents.session_parts import CHECKLIST, LIST, TASKS
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import ModelServer, call, say

S = RunState
PLAN = [{"content": "Look", "status": "completed"}, {"content": "Write", "status": "pending"}]


async def reborn(team: Crew) -> Crew:
    """Kill the worker and let another go on with what was remembered."""
    await team.engine.close()
    await team.desk.runtimes.close()
    desk = team.desk

    async def workflow(run_id: str, steps: Steps) -> None:
        await conduct(work_on, desk, run_id, steps)

    engine = MemoryEngine(workflow, team.engine.memory)
    await engine.open()
    return Crew(team.project, team.store, desk, engine)


def project_of(tmp_path: Path, model: str = "m") -> Project:
    agent = CHECKLIST.replace("description", f"model: {model}\ndescription")
    agent = agent.replace("TodoWrite", "TodoWrite, TodoRead")
    return make_project(tmp_path, {".claude/agents/backend.md": agent, LIST: TASKS})


def waiting(team: Crew) -> InboxItem:
    found = [item for item in team.store.inbox() if item.kind == "problem"]
    assert len(found) == 1
    return found[0]


async def test_a_run_that_a_keyless_worker_recovers_waits_for_one_that_has_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(call("LS", path="."), say("Done."), models=["sonnet-5"]) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        async with crew(project_of(tmp_path, "sonnet")) as team:
            await team.dispatch("backend", task="T1")
            await team.until(S.WAITING)
            assert "ANTHROPIC_API_KEY" in waiting(team).text
            team = await reborn(team)
            await team.until(S.WAITING)
            waiting(team)
            assert server.requests == []
            monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
            team = await reborn(team)
            run = await team.end()
            assert run.state is S.REVIEW, run.reason
            assert [item for item in team.store.inbox() if item.kind == "problem"] == []
            assert {request["model"] for request in server.requests} == {"sonnet-5"}
            await team.engine.close()


async def test_a_key_that_is_gone_between_two_turns_stops_the_run_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    replies = (call("AskUserQuestion", question="Which?"), say("Done."))
    with ModelServer(*replies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project_of(tmp_path)) as team:
            await team.dispatch("backend", task="T1")
            await team.until(S.WAITING)
            monkeypatch.delenv("ANTHROPIC_API_KEY")
            team = await reborn(team)
            team.answer("This one")
            team.desk.wake("r1")
            await team.count("question_asked", 2)
            assert waiting(team).run == "r1"
            team.answer("go on")  # which changes nothing: there is still no key
            team.desk.wake("r1")
            await team.count("question_asked", 3)
            monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
            team = await reborn(team)
            run = await team.end()
            assert run.state is S.REVIEW, run.reason
            assert len(server.requests) == 2
            await team.engine.close()


async def test_the_agents_plan_survives_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    replies = (
        call("TodoWrite", todos=PLAN),
        call("AskUserQuestion", question="?"),
        call("TodoRead"),
        say("Done."),
    )
    with ModelServer(*replies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project_of(tmp_path)) as team:
            await team.dispatch("backend", task="T1")
            await team.until(S.WAITING)
            team = await reborn(team)
            team.answer("yes")
            team.desk.wake("r1")
            await team.end()
            read = [one for one in team.events("tool_finished") if one["tool"] == "TodoRead"]
            assert [one["output"] for one in read] == ["- [x] Look\n- [ ] Write"]
            await team.engine.close()


class Starts:
    """Counts the workers that were asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, project: Project) -> None:
        self.count += 1


@pytest.fixture
def started() -> Starts:
    return Starts()


@pytest.fixture
def client(tmp_path: Path, started: Starts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    made = Client(project_in(tmp_path), start=started)
    yield made
    made.store.close()


@pytest.mark.parametrize("kind", ["resume", "answer", "retry", "pause"])
def test_what_lets_a_run_go_on_replaces_a_worker_without_a_key(
    client: Client, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = WorkerLock(client.project)
    assert lock.acquire()
    assert worker_has_key(client.project) is False
    client.send(kind, "r1")
    assert [one.kind for one in client.store.pending()] == [kind], "this process has no key either"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    replaced: list[str] = []

    def retire(known: str) -> None:
        replaced.append(known)
        lock.release()

    monkeypatch.setattr(client, "_replace", retire)
    client.send(kind, "r1")
    assert len(replaced) == (0 if kind == "pause" else 1)
    lock.release()


def test_a_worker_with_a_key_is_left_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "one")
    lock = WorkerLock(client.project)
    assert lock.acquire()
    assert worker_has_key(client.project)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "other")
    client.send("resume", "r1")
    assert [one.kind for one in client.store.pending()] == ["resume"]
    lock.release()
