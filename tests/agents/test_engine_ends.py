"""No run stays open for ever: one that nobody can go on with ends, with the reason and its work."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from agentboard_agents.desk import Desk
from agentboard_agents.engine import dbos
from agentboard_agents.engine.abandon import MOST_DEATHS
from agentboard_agents.engine.dbos import DbosEngine
from agentboard_agents.engine.port import LOST, Json, Steps
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from tests.agents.engine_parts import project_in
from tests.agents.office import Office, gated, review, start
from tests.support.crew import crew, make_project
from tests.support.modelserver import ModelServer, say

S = RunState
LIST = ".claude/tasks/backend-tasks.md"
FILES = {
    ".claude/agents/backend.md": f"---\nname: backend\ndescription: Works\n---\n\nKeep `{LIST}`.\n",
    LIST: "# Tasks\n\n## To Do\n- [ ] T1 Subtract numbers\n\n## Completed\n",
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def dying(desk: Desk, run: str, steps: Steps) -> None:
    """Begin a turn and never end it, as if the worker died there."""
    control = desk.control(run)
    control.emit_once("start", "run_started", branch="ab/x/t", worktree="/w")
    await control.safe_point(0)

    async def act() -> Json:
        control.emit("turn_started", turn=1)
        await asyncio.Event().wait()
        return None

    await steps.step("turn", act)


def turned(office: Office, since: int) -> bool:
    return any(event.kind == "turn_started" for event in office.store.events(since))


async def crash(office: Office, times: int) -> None:
    for _ in range(times):
        seen = office.store.last_seq()
        async with office.worker(dying):
            await office.until(partial(turned, office, seen), "a turn")


async def test_a_run_that_kills_its_worker_each_time_is_failed_with_the_reason(office: Office) -> None:
    office.dispatch()
    await crash(office, MOST_DEATHS + 1)  # the first one gets as far as its first turn
    async with office.worker(dying):
        await office.state(S.FAILED)
    run = office.store.run("r1")
    assert run
    assert f"{MOST_DEATHS} workers died of it" in (run.reason or "")
    assert "/w, on branch ab/x/t" in (run.reason or "")


async def test_a_person_who_lets_it_go_on_gives_it_another_chance(office: Office) -> None:
    office.dispatch()
    await crash(office, MOST_DEATHS - 1)
    await office_pause_and_resume(office)
    await crash(office, MOST_DEATHS - 1)
    run = office.store.run("r1")
    assert run
    assert run.state is S.WORKING


async def office_pause_and_resume(office: Office) -> None:
    pause = office.send("pause")
    async with office.worker(dying):
        await office.until(lambda: office.store.run("r1"), "the run")
    async with office.worker(dying):
        await office.ask("resume")
    assert pause


async def test_a_run_that_only_waits_may_outlive_any_number_of_workers(office: Office) -> None:
    office.dispatch()
    gate = asyncio.Event()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: "waiting" in office.calls, "at work")
        pause = office.send("pause")
        await office.state(S.PAUSING)
        gate.set()
        assert (await office.settled(pause)).reply == "paused"
    for _ in range(MOST_DEATHS + 2):
        async with office.worker(gated(office, gate)):
            await office.worker_looked()
    async with office.worker(gated(office, gate)):
        await office.ask("resume")
        await office.state(S.REVIEW)


async def test_a_run_whose_memory_is_lost_is_failed_and_one_that_had_not_begun_is_not(office: Office) -> None:
    office.dispatch("r1")
    async with office.worker(dying):
        await office.state(S.WORKING)
    office.dispatch("r2")
    office.memory.clear()

    async def reviewed(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        review(desk, run)

    async with office.worker(reviewed):
        await office.state(S.REVIEW, "r2")
        await office.state(S.FAILED, "r1")
    run = office.store.run("r1")
    assert run
    assert LOST in (run.reason or "")


async def test_the_task_of_a_lost_run_says_why_it_is_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentboard_agents.engine.abandon import abandon

    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with ModelServer(script=lambda _: say("thinking", pace=30)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("backend", task="T1")
            await team.count("turn_started", 1)
            await team.engine.close()
            abandon(team.desk, "r1", LOST)
            assert team.run().state is S.FAILED
            text = (Path(team.project.root) / LIST).read_text()
            assert f"Blocked: it cannot go on: {LOST}" in text


async def begun_and_closed(project: Project) -> None:
    """Begin a workflow in a DBOS engine and cut it off."""
    begun = asyncio.Event()

    async def workflow(run_id: str, steps: Steps) -> None:
        begun.set()
        await asyncio.Event().wait()

    engine = DbosEngine(project, workflow)
    await engine.open()
    await engine.start("r1")
    async with asyncio.timeout(10):
        await begun.wait()
    await engine.close()


async def asked_again(project: Project) -> str | None:
    async def workflow(run_id: str, steps: Steps) -> None:
        raise AssertionError("nothing is to go on")

    engine = DbosEngine(project, workflow)
    await engine.open()
    try:
        return await engine.start("r1", begun=True)
    finally:
        await engine.close()


async def test_the_engine_tells_what_will_never_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_in(tmp_path)
    assert await asked_again(project) == LOST
    await begun_and_closed(project)
    monkeypatch.setattr(dbos, "VERSION", "agentboard-next")
    assert "another version" in (await asked_again(project) or "")
    with closing(sqlite3.connect(Path(project.state) / "engine.db")) as file, file:
        file.execute("UPDATE workflow_status SET status = 'ERROR'")
    assert "ended (ERROR)" in (await asked_again(project) or "")


async def test_the_engine_goes_on_within_a_second_with_what_a_crash_left(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    await begun_and_closed(project)
    with closing(sqlite3.connect(Path(project.state) / "engine.db")) as file, file:
        file.execute("UPDATE workflow_status SET status = 'PENDING'")
    again = asyncio.Event()

    async def workflow(run_id: str, steps: Steps) -> None:
        again.set()

    engine = DbosEngine(project, workflow)
    await engine.open()
    opened = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        await again.wait()
    assert asyncio.get_running_loop().time() - opened < 0.7
    await engine.close()
