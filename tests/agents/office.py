"""An office for tests: a project, a worker that can crash and be replaced, a client, and toy work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from agentboard_agents.client import Client
from agentboard_agents.commands import Command
from agentboard_agents.desk import Desk
from agentboard_agents.engine.conduct import WorkOn
from agentboard_agents.engine.memory import Memory, MemoryEngine
from agentboard_agents.engine.port import Json, Steps, Workflow
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.store import Store
from agentboard_agents.worker import Worker
from tests.agents.engine_parts import project_in, spec

LIMIT = 5.0


class Office:
    """A project with a worker that can crash and be replaced, and a client in front of it."""

    def __init__(self, directory: Path) -> None:
        self.project = project_in(directory)
        self.store = Store.open(self.project)
        self.client = Client(self.project, self.store, start=lambda project: None)
        self.memory: Memory = {}
        self.calls: list[str] = []

    @asynccontextmanager
    async def worker(self, work_on: WorkOn) -> AsyncGenerator[Worker]:
        """A worker for a while; leaving it is a crash that the memory of the engine survives."""
        store = Store.open(self.project)
        worker = Worker(self.project, store, work_on, self.make, 60)
        serving = asyncio.create_task(worker.serve())
        try:
            yield worker
            if serving.done():
                serving.result()
        finally:
            worker.stop()
            await asyncio.gather(serving, return_exceptions=True)
            store.close()

    def make(self, project: Project, workflow: Workflow) -> MemoryEngine:
        return MemoryEngine(workflow, self.memory)

    def dispatch(self, run: str = "r1", **changes: str) -> str:
        return self.client.dispatch_spec(spec(run, **changes))

    def send(self, kind: str, run: str | None = "r1", **data: object) -> Command:
        return self.client.send(kind, run, client_id=None, **data)

    async def settled(self, command: Command) -> Command:
        await self.until(lambda: (found := self.store.command(command.id)) and found.settled, command.kind)
        found = self.store.command(command.id)
        assert found is not None
        return found

    async def ask(self, kind: str, run: str | None = "r1", **data: object) -> Command:
        return await self.settled(self.send(kind, run, **data))

    async def worker_looked(self) -> None:
        """The worker has done what it had to do: it has answered a command twice since."""
        for _ in range(2):
            await self.ask("message", None, agent="nobody", text="are you there?")

    async def state(self, state: RunState, run: str = "r1") -> None:
        await self.until(lambda: (found := self.store.run(run)) and found.state is state, f"{run} {state}")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + LIMIT
        while not condition():
            if loop.time() > end:
                states = {run.id: str(run.state) for run in self.store.runs()}
                raise AssertionError(f"not within {LIMIT} s: {what}; runs {states}; calls {self.calls}")
            await asyncio.sleep(0.002)

    def call(self, name: str) -> Callable[[], Awaitable[Json]]:
        async def act() -> Json:
            self.calls.append(name)
            return name

        return act


def review(desk: Desk, run: str) -> None:
    desk.control(run).emit_once("review", "review_ready")


def start(desk: Desk, run: str) -> None:
    desk.control(run).emit_once("start", "run_started")


def gated(office: Office, gate: asyncio.Event) -> WorkOn:
    """One step, then a wait for the test's gate in a second step, then a third."""

    async def wait() -> Json:
        office.calls.append("waiting")
        await gate.wait()
        return None

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        control = desk.control(run)
        await control.safe_point(0)
        await steps.step("wait", wait)
        for message in await control.safe_point(1):
            office.calls.append(f"{message.sender}: {message.text}")
        await steps.step("after", office.call("after"))
        review(desk, run)

    return work_on


def asking(office: Office) -> WorkOn:
    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        control = desk.control(run)
        answer = await control.ask(
            f"{run}-q1", "permission", "rm -r build", ["approve", "deny"], unblocks=["t2"]
        )
        await steps.step("act", office.call(f"act on {answer}"))
        review(desk, run)

    return work_on
