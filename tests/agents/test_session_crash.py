"""A worker that dies again and again: the run goes on, no tool runs twice, nothing is asked while paused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.engine.conduct import conduct
from agentboard_agents.engine.memory import MemoryEngine
from agentboard_agents.engine.port import Steps
from agentboard_agents.run import RunState
from agentboard_agents.work import work_on
from tests.agents.session_parts import CHECKLIST, LIST, TASKS
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import ModelServer, Said, call, say

ROUNDS = 6


def script(body: dict[str, Any]) -> Said:
    """Append a line to a file, again and again; the request alone says which is next."""
    number = sum(1 for message in body["messages"] if message["role"] == "assistant")
    if number >= ROUNDS:
        return say("Done.", pace=0.005)
    return call("Bash", command=f"echo {number} >> lines.txt")


async def reborn(team: Crew) -> Crew:
    """Kill the engine and start another with what was remembered."""
    await team.engine.close()
    desk = team.desk

    async def workflow(run_id: str, steps: Steps) -> None:
        await conduct(work_on, desk, run_id, steps)

    engine = MemoryEngine(workflow, team.engine.memory)
    await engine.open()
    return Crew(team.project, team.store, desk, engine)


async def test_no_tool_runs_twice_however_often_the_worker_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    with ModelServer(script=script) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            await team.dispatch("backend", task="T1")
            for round_number in range(1, ROUNDS):
                await team.count("turn_finished", round_number)
                team = await reborn(team)
            await team.engine.close()
            team.desk.control("r1").emit("pause_requested")
            team = await reborn(team)
            await team.until(RunState.PAUSED)
            asked = len(server.requests)
            team = await reborn(team)
            await asyncio.sleep(0.1)
            assert len(server.requests) == asked, "no model call while paused"
            assert team.run().state is RunState.PAUSED
            team.desk.control("r1").emit("run_resumed")
            team.desk.wake("r1")
            run = await team.end()
            assert (run.state, run.outcome) == (RunState.REVIEW, "review"), run.reason
            lines = team.show("lines.txt").split()
            assert len(lines) == len(set(lines)), "no tool ran twice"
            calls = [one["call"] for one in team.events("tool_called")]
            assert len(calls) == len(set(calls)) == ROUNDS
            done = [one["call"] for one in team.events("tool_finished")]
            assert sorted(done) == sorted(calls)
            interrupted = [one for one in team.events("tool_finished") if not one["ok"]]
            assert len(lines) >= ROUNDS - len(interrupted)
            assert len(team.events("commit_created")) == 1
            await team.engine.close()
