"""A small real project with agents, and a worker's workflow on it: everything real but the model."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.desk import Desk
from agentboard_agents.engine.conduct import conduct
from agentboard_agents.engine.memory import MemoryEngine
from agentboard_agents.engine.port import Steps
from agentboard_agents.events import Event, NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits, RunSpec
from agentboard_agents.store import Store
from agentboard_agents.survey import survey
from agentboard_agents.work import work_on

__all__ = ["Crew", "crew", "git", "make_project"]

DEADLINE = 60.0
SOURCES = {
    "calc.py": "def add(one: int, other: int) -> int:\n    return one + other\n",
    "CLAUDE.md": "# Guide\n\nSmall functions.\n",
}
TESTS = {
    "test_calc.py": (
        "import unittest\n\nimport calc\n\n\nclass Adds(unittest.TestCase):\n"
        "    def test_add(self) -> None:\n        self.assertEqual(calc.add(1, 2), 3)\n"
    ),
}


def git(root: Path | str, *words: str) -> str:
    """Run git and return what it says."""
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_project(directory: Path, files: Mapping[str, str], *, tested: bool = False) -> Project:
    """Make a repository with a first commit of `files` and a module; `tested` gives it a test."""
    root = directory / "project"
    for name, text in {**SOURCES, **(TESTS if tested else {}), **files}.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.email", "dev@example.com")
    git(root, "config", "user.name", "Dev")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "start")
    return Project(os.path.realpath(root), str(directory / "state"))


class Crew(Struct):
    """A project with a store, and what runs on it."""

    project: Project
    store: Store
    desk: Desk
    engine: MemoryEngine

    async def dispatch(self, agent: str, **more: Any) -> str:
        """Queue a run of an agent and start it."""
        found = survey(self.project)
        definition = found.agent(agent)
        task = found.task(more.pop("task")) if "task" in more else None
        limits = more.pop("limits", Limits())
        spec = RunSpec(
            run=more.pop("run", "r1"),
            agent=definition.name,
            stem=definition.stem,
            definition=definition.file,
            protocol=definition.protocol,
            runtime=more.pop("runtime", "anthropic"),
            task=task.id if task else None,
            title=task.title if task else "",
            limits=limits,
            **more,
        )
        self.store.append([NewEvent(spec.run, spec.agent, "run_queued", msgspec.to_builtins(spec))])
        await self.engine.start(spec.run)
        return spec.run

    def run(self, run: str = "r1") -> Run:
        """Return a run."""
        found = self.store.run(run)
        assert found is not None
        return found

    async def until(self, *states: RunState, run: str = "r1") -> Run:
        """Wait until a run is in one of these states."""
        await self._news(lambda: self.run(run).state in states or self.run(run).final)
        now = self.run(run)
        assert now.state in states, f"{run} is {now.state}: {now.reason}"
        return now

    async def end(self, run: str = "r1") -> Run:
        """Wait until the workflow of a run has ended."""
        await self._news(lambda: not self.engine.live(run))
        return self.run(run)

    async def count(self, kind: str, number: int, run: str = "r1") -> None:
        """Wait until a run has so many events of one kind."""
        await self._news(lambda: len(self.events(kind, run)) >= number)

    async def _news(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self.desk.news.clear()
                await asyncio.wait({asyncio.ensure_future(self.desk.news.wait())}, timeout=0.05)

    def answer(self, text: str, run: str = "r1") -> None:
        """Answer the open question of a run."""
        item = next(item for item in self.store.inbox() if item.run == run and item.kind != "review")
        self.store.append([NewEvent(run, item.agent, "answered", {"item": item.id, "text": text})])
        self.desk.wake(run)

    def events(self, kind: str, run: str = "r1") -> list[dict[str, Any]]:
        """Return the data of a run's events of one kind."""
        return [event.data for event in self.history(run) if event.kind == kind]

    def history(self, run: str = "r1") -> list[Event]:
        """Return the events of a run."""
        return self.store.events(run=run, limit=10_000)

    def show(self, file: str, run: str = "r1") -> str:
        """Return a file as the run's branch has it."""
        return git(self.project.root, "show", f"{self.run(run).branch}:{file}")

    def read(self, file: str) -> str:
        """Return a file of the project as it is."""
        return Path(self.project.root, file).read_text()

    def status(self) -> str:
        """Return what git says of the user's own work tree."""
        return git(self.project.root, "status", "--porcelain")


@asynccontextmanager
async def crew(project: Project) -> AsyncGenerator[Crew]:
    """Open the store and an engine on a project."""
    project.make_state()
    store = Store.open(project)
    desk = Desk(project, store)

    async def workflow(run_id: str, steps: Steps) -> None:
        await conduct(work_on, desk, run_id, steps)

    engine = MemoryEngine(workflow)
    try:
        yield Crew(project, store, desk, engine)
    finally:
        await engine.close()
        await desk.runtimes.close()
        store.close()
