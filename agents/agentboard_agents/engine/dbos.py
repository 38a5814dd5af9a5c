"""The durable engine on DBOS: one workflow for each run, its steps in a SQLite file beside the store."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID

from agentboard_agents.engine.port import LOST, Json, Workflow
from agentboard_agents.project import Project
from agentboard_agents.schema import refusal

__all__ = ["DbosEngine"]

FILE = "engine.db"
VERSION = "agentboard-3"  # of the workflow's shape: runs of another version are not replayed
EXECUTOR = "worker"
OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
HURRY = 0.05  # seconds between looks at the queue by which DBOS hands over what a dead worker has left
HURRIED = 10.0  # seconds of that after the launch
CALM = 1.0  # seconds between looks after them
LISTENER_LOOK = 0.2  # seconds; nothing listens here, but closing waits this long


class JsonSerializer(Serializer):
    """Results as JSON; the default would load pickles from the file."""

    def serialize(self, data: Any) -> str:
        """Return `data` as JSON text."""
        return json.dumps(data, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the data of JSON text."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """Return the name that DBOS stores beside each value."""
        return "agentboard_json"


class DbosSteps:
    """The steps of the DBOS workflow that this is used in."""

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Return the step's result, from the file when it was finished before."""

        async def act() -> Json:
            return await function()

        return await DBOS.run_step_async({"name": name}, act)


class DbosEngine:
    """One per process, because DBOS is."""

    def __init__(self, project: Project, workflow: Workflow) -> None:
        self._path = os.path.join(project.make_state(), FILE)
        self._workflow = workflow
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._started: set[str] = set()
        self._instance: DBOS | None = None
        self._perform: Callable[[str], Any] | None = None

    async def open(self) -> None:
        """Launch DBOS on the running loop; it goes on with the workflows of a dead worker by itself."""
        _prepare(self._path)
        self._instance = DBOS(config=_config(self._path))

        async def perform(run_id: str) -> None:
            await self._run(run_id)

        self._perform = DBOS.workflow(name="run", max_recovery_attempts=None)(perform)
        self._look_every(HURRY)
        DBOS.launch()
        asyncio.get_running_loop().call_later(HURRIED, self._look_every, CALM)

    async def start(self, run_id: str, *, begun: bool = False) -> str | None:
        """Start the run's workflow unless it was ever started; see `Engine.start`."""
        if self._perform is None or self.live(run_id):
            return None
        if begun or run_id in self._started:
            return await self._fault(run_id)
        self._started.add(run_id)
        with SetWorkflowID(run_id):
            await DBOS.start_workflow_async(self._perform, run_id)
        return None

    async def _fault(self, run_id: str) -> str | None:
        """Return why a workflow that does not run here never will."""
        known = await DBOS.get_workflow_status_async(run_id)
        if known is None:
            return LOST
        if known.status in OVER:
            return f"its workflow has ended ({known.status})"
        if known.app_version != VERSION:
            return "it was begun by another version of agentboard"
        return None

    def live(self, run_id: str) -> bool:
        """Say whether the run's workflow runs in this process now."""
        return run_id in self._tasks

    async def close(self) -> None:
        """Cut all workflows off and stop DBOS; its file keeps what is finished."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # DBOS's own is shut down

    async def _run(self, run_id: str) -> None:
        task = asyncio.current_task()
        if task is None or run_id in self._tasks:
            return
        self._tasks[run_id] = task
        try:
            await self._workflow(run_id, DbosSteps())
        finally:
            del self._tasks[run_id]

    def _look_every(self, seconds: float) -> None:
        """Say how often DBOS looks at its own queue, for which it has no setting."""
        if self._instance is not None:
            queue = self._instance._registry.get_internal_queue()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            queue._polling_interval_sec = seconds  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _prepare(path: str) -> None:
    """Make the file private and put it in WAL mode before DBOS opens it.

    Raises:
        StoreFault: when it cannot be used; a damaged file was moved aside.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.DatabaseError as fault:
        raise refusal(path, fault) from fault


def _config(path: str) -> DBOSConfig:
    return {
        "name": "agentboard",
        "system_database_url": f"sqlite:///{path}",
        "application_version": VERSION,
        "executor_id": EXECUTOR,
        "serializer": JsonSerializer(),
        "enable_otlp": False,
        "log_level": "ERROR",
        "notification_listener_polling_interval_sec": LISTENER_LOOK,
    }
