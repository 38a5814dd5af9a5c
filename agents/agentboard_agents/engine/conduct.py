"""A run's workflow from outside: under control, and never left without an end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agentboard_agents.control import Cancelled, Control
from agentboard_agents.desk import Desk
from agentboard_agents.engine.abandon import abandon, crashes_workers
from agentboard_agents.engine.guarded import GuardedSteps
from agentboard_agents.engine.port import Steps
from agentboard_agents.run import RunState
from agentboard_agents.store import StoreFault

__all__ = ["WorkOn", "conduct"]

WorkOn: TypeAlias = Callable[[Desk, str, Steps], Awaitable[None]]
"""`work_on(desk, run_id, steps)`: what an agent does in a run."""


async def conduct(work_on: WorkOn, desk: Desk, run_id: str, steps: Steps) -> None:
    """Work on a run and record how it ended, unless `work_on` has."""
    control = desk.control(run_id)
    try:
        if control.run.final:
            return
        if why := crashes_workers(desk, run_id):
            abandon(desk, run_id, why)
        else:
            _end(control, await _reason(work_on, desk, run_id, GuardedSteps(steps, desk, control)))
    except StoreFault as fault:
        await control.stop_worker(fault)
    finally:
        desk.forget(run_id)


async def _reason(work_on: WorkOn, desk: Desk, run_id: str, steps: Steps) -> str | None:
    """Return why the run failed; `None` when it was cancelled or did what it should."""
    try:
        await work_on(desk, run_id, steps)
    except Cancelled:
        return None
    except StoreFault:
        raise
    except Exception as fault:  # noqa: BLE001 - a fault of one run's work must not end the worker: it ends that run
        return f"{type(fault).__name__}: {fault}"
    return None


def _end(control: Control, failure: str | None) -> None:
    run = control.run
    if run.final or (failure is None and run.beneath is RunState.REVIEW and not run.cancelling):
        return
    if run.cancelling:
        control.emit("run_cancelled", reason="cancelled")
    else:
        control.emit("run_failed", reason=failure or "the work ended without a result")
