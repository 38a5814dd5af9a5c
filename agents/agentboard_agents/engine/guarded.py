"""Steps that obey a person: none begins while the run is paused, and cancel cuts off the one in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agentboard_agents.control import Cancelled, Control
from agentboard_agents.desk import Desk
from agentboard_agents.engine.port import Json, Steps
from agentboard_agents.redaction import redact
from agentboard_agents.store import StoreFault

__all__ = ["GuardedSteps", "StepFailed"]


class StepFailed(Exception):
    """A step raised an error. The error is remembered like a result: the step is not done again."""

    def __init__(self, step: str, error: str) -> None:
        super().__init__(f"{step}: {error}")
        self.step = step
        self.error = error


class GuardedSteps:
    """The steps of one run, under its control.

    How a step ended (value, error, cancelled) is remembered as plain JSON: a replay takes the same path.
    """

    def __init__(self, steps: Steps, desk: Desk, control: Control) -> None:
        self._steps = steps
        self._desk = desk
        self._control = control

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Do one durable step.

        Raises:
            Cancelled: when the run was cancelled before or while it ran.
            StepFailed: when `function` raised.
        """
        ended = await self._steps.step(name, lambda: self._act(function))
        if not isinstance(ended, dict) or "cancelled" in ended:
            raise Cancelled
        if "error" in ended:
            raise StepFailed(name, ended["error"])
        value: Json = ended["value"]
        return value

    async def _act(self, function: Callable[[], Awaitable[Json]]) -> Json:
        await self._control.rest()
        if self._control.cancelled.is_set():
            return {"cancelled": True}
        if self._desk.retiring:
            await asyncio.Event().wait()  # the next worker begins this step; this one is about to end
        with self._desk.step_in_flight():
            return await self._perform(function)

    async def _perform(self, function: Callable[[], Awaitable[Json]]) -> Json:
        action = asyncio.ensure_future(function())
        cancelled = asyncio.create_task(self._control.cancelled.wait())
        try:
            await asyncio.wait({action, cancelled}, return_when=asyncio.FIRST_COMPLETED)
            await _cut_off(action)
            if not action.cancelled() and isinstance(fault := action.exception(), StoreFault):
                await self._control.stop_worker(fault)
            return _outcome(action)
        finally:
            cancelled.cancel()
            await _cut_off(action)


def _outcome(action: asyncio.Future[Json]) -> dict[str, Any]:
    if action.cancelled():
        return {"cancelled": True}
    error = action.exception()
    if isinstance(error, Cancelled):
        return {"cancelled": True}
    if error is not None:
        return {"error": redact(f"{type(error).__name__}: {error}")}
    return {"value": action.result()}


async def _cut_off(action: asyncio.Future[Any]) -> None:
    if not action.done():
        action.cancel()
        await asyncio.wait({action})
