"""A run that a review sent back: the same branch, no second commit, whatever dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.engine.memory import Memory, MemoryEngine
from agentboard_agents.engine.port import Workflow
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.store import Store
from agentboard_agents.work import work_on
from agentboard_agents.worker import Worker
from tests.agents.review_parts import put
from tests.agents.session_parts import CHECKLIST, LIST, TASKS
from tests.support.crew import Crew, crew, git, make_project
from tests.support.modelserver import ModelServer, Said, call, said, say


@asynccontextmanager
async def worker(team: Crew, memory: Memory) -> AsyncGenerator[None]:
    """A worker for a while; leaving it is a crash that the memory of the engine survives."""

    def make(_: Project, workflow: Workflow) -> MemoryEngine:
        return MemoryEngine(workflow, memory)

    store = Store.open(team.project)
    served = Worker(team.project, store, work_on, make, 60)
    serving = asyncio.create_task(served.serve())
    try:
        yield
        if serving.done():
            serving.result()
    finally:
        served.stop()
        await asyncio.gather(serving, return_exceptions=True)
        store.close()


async def until(team: Crew, condition: Any, what: str) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.wait({asyncio.ensure_future(team.desk.news.wait())}, timeout=0.01)
    assert condition(), what


async def told(team: Crew, kind: str, **data: object) -> str:
    """Send a command and return the reply."""
    from agentboard_agents.commands import Command
    from agentboard_agents.ids import client_id

    command = team.store.submit(Command("", client_id(), kind, "r1", dict(data)))
    await until(team, lambda: (now := team.store.command(command.id)) and now.settled, kind)
    settled = team.store.command(command.id)
    assert settled is not None
    return settled.reply


def script(body: dict[str, Any]) -> Said:
    """Write what the last instruction wants, then say so; the request alone says which is next."""
    texts = said(body)
    turns = sum(1 for message in body["messages"] if message["role"] == "assistant")
    if turns % 2:
        return say("Done.", pace=0.002)
    if any("between <<<<<<<" in text for text in texts):
        return call("Write", file_path="a.txt", content="both\n")
    return call("Write", file_path="a.txt", content=f"agent {turns}\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    return make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS, "a.txt": "base\n"})


async def test_two_rounds_with_deaths_make_one_commit_each(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(script=script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            memory: Memory = {}
            queue(team)
            async with worker(team, memory):
                await until(team, lambda: team.run().state is RunState.REVIEW, "the first review")
                await told(team, "reject", reason="not like this")
            for kind in ("run_taken_up", "context_loaded", "tool_finished"):
                seen = len(team.events(kind))
                async with worker(team, memory):
                    await until(
                        team,
                        lambda k=kind, n=seen: len(team.events(k)) > n or in_review(team),
                        "a sign of life",
                    )
            async with worker(team, memory):
                await until(team, lambda: in_review(team), "the second review")
            interrupted = any(not one["ok"] for one in team.events("tool_finished"))
            assert len(team.events("commit_created")) == (1 if interrupted else 2)
            calls = [one["call"] for one in team.events("tool_called")]
            assert len(calls) == len(set(calls)) == 2
            assert team.show("a.txt") == ("agent 0" if interrupted else "agent 2")
            assert team.read(LIST).count("Feedback: not like this") == 1
            (message,) = team.store.messages()
            assert message.sender == "review"
            assert message.delivered_to == "r1"


async def test_a_conflict_goes_back_to_the_agent_with_both_sides(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(script=script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            queue(team)
            async with worker(team, {}):
                await until(team, lambda: team.run().state is RunState.REVIEW, "the first review")
                put(project.root, {"a.txt": "mine\n"})
                git(project.root, "commit", "-qm", "mine", "a.txt")
                assert "a.txt" in await told(team, "accept")
                await told(team, "accept", send_back=True)
                await until(team, lambda: in_review(team), "the second review")
                assert any("mine" in text and "agent 0" in text for text in said(server.requests[-1]))
                assert team.show("a.txt") == "both"
                assert "merged into main" in await told(team, "accept")
            assert team.read("a.txt") == "both\n"


async def test_marks_of_a_conflict_that_stay_in_a_file_are_no_resolution(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(body: dict[str, Any]) -> Said:
        told = " ".join(said(body))
        return say("Done.", pace=0.002) if "between <<<<<<<" in told else script(body)

    with ModelServer(script=careless) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            queue(team)
            async with worker(team, {}):
                await until(team, lambda: team.run().state is RunState.REVIEW, "the first review")
                put(project.root, {"a.txt": "mine\n"})
                git(project.root, "commit", "-qm", "mine", "a.txt")
                await told(team, "accept")
                assert "r1-merge" in {item.id for item in team.store.inbox()}
                await told(team, "accept", send_back=True)
                await until(team, lambda: in_review(team), "the second review")
            gates = {gate.name: (gate.state, gate.new_failures) for gate in team.run().gates}
            assert gates["conflict marks"] == ("failed", ("a.txt",))
            assert team.run().outcome == "gates_failed"
            assert "r1-merge" not in {item.id for item in team.store.inbox()}, "it went to the agent"


async def test_a_merge_that_breaks_the_checks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    files = {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}
    project = make_project(tmp_path, files, tested=True)
    new = (
        "import unittest\nimport calc\n\nclass More(unittest.TestCase):\n"
        "    def test_more(self):\n        self.assertEqual(calc.add(2, 2), 4)\n"
    )
    with ModelServer(call("Write", file_path="test_more.py", content=new), say("Done.")) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            queue(team)
            async with worker(team, {}):
                await until(team, lambda: team.run().state is RunState.REVIEW, "the review")
                text = "def add(one: int, other: int) -> int:\n    return 3\n"
                put(project.root, {"calc.py": text})
                git(project.root, "commit", "-qm", "mine", "calc.py")
                reply = await told(team, "accept")
            assert "the checks would break" in reply
            assert "test_more" in reply
            assert "test_more.py" not in git(project.root, "ls-files")


def in_review(team: Crew) -> bool:
    return team.run().state is RunState.REVIEW and team.run().rounds == 1


def queue(team: Crew) -> None:
    import msgspec

    from agentboard_agents.spec import RunSpec
    from agentboard_agents.survey import survey

    task = survey(team.project).task("T1")
    spec = RunSpec(
        "r1", "backend", "backend", ".claude/agents/backend.md", "checklist", "anthropic", task=task.id
    )
    team.store.append([NewEvent("r1", "backend", "run_queued", msgspec.to_builtins(spec))])
