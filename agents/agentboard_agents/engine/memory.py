"""An engine that remembers finished steps in this process only: for tests of what runs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from agentboard_agents.engine.port import LOST, Json, Workflow

__all__ = ["MemoryEngine", "MemorySteps"]

Memory = dict[str, list[tuple[str, bytes]]]


class MemorySteps:
    """Steps by position, each with the name that it must have again."""

    def __init__(self, finished: list[tuple[str, bytes]]) -> None:
        self._finished = finished
        self._next = 0

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Return the step's result, from memory when it was finished before."""
        position = self._next
        self._next += 1
        if position < len(self._finished):
            known, result = self._finished[position]
            if known != name:
                raise RuntimeError(f"step {position} was {known!r} and is {name!r} now")
            return remembered(result)
        result = msgspec.json.encode(await function())
        self._finished.append((name, result))
        return remembered(result)


def remembered(result: bytes) -> Json:
    """Return a result as a file would give it back."""
    value: Json = msgspec.json.decode(result)
    return value


class MemoryEngine:
    """Hand the `memory` of a closed engine to a new one, and it goes on like after a crash."""

    def __init__(self, workflow: Workflow, memory: Memory | None = None) -> None:
        self.memory: Memory = {} if memory is None else memory
        self._workflow = workflow
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: set[str] = set()

    async def open(self) -> None:
        """Go on with every workflow of the memory."""
        for run_id in list(self.memory):
            await self.start(run_id)

    async def start(self, run_id: str, *, begun: bool = False) -> str | None:
        """Start the run's workflow unless it was ever started here; see `Engine.start`."""
        if run_id in self._ended:
            return "its workflow has ended"
        if begun and run_id not in self.memory:
            return LOST
        if run_id in self._tasks:
            return None
        steps = MemorySteps(self.memory.setdefault(run_id, []))
        self._tasks[run_id] = asyncio.create_task(self._perform(run_id, steps))
        return None

    def live(self, run_id: str) -> bool:
        """Say whether the run's workflow runs now."""
        return run_id in self._tasks

    async def close(self) -> None:
        """Cut all workflows off."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _perform(self, run_id: str, steps: MemorySteps) -> None:
        try:
            await self._workflow(run_id, steps)
            self._ended.add(run_id)
        finally:
            del self._tasks[run_id]
