"""The worker process: one per repository, detached, at work on all its runs, gone after an idle while."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from agentboard_agents.desk import Desk
from agentboard_agents.engine.abandon import abandon
from agentboard_agents.engine.conduct import WorkOn, conduct
from agentboard_agents.engine.port import Engine, Steps, Workflow
from agentboard_agents.hardening import harden
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.store import Store, StoreFault
from agentboard_agents.worker_commands import Commands
from agentboard_agents.worker_lock import WorkerLock
from agentboard_agents.worker_room import at_rest, has_room, held_back, runs_at_once
from agentboard_agents.worker_tidy import tidy
from agentboard_agents.workflows import run_of, workflow_of

__all__ = ["Worker", "main"]

BUSY_LOOK = 0.01  # seconds between looks at the store while runs are at work
QUIET_LOOK = 0.05  # and when none was for a while
STRANDED_LOOK = 1.0  # seconds between looks at runs that should be at work and are not
RETIRE = 30.0  # seconds that steps in flight get when it is asked to end
RECENT = 10.0  # seconds of that while


class Worker:
    """Follows the store's commands until it is stopped, idle for `idle` seconds, or the store fails.

    `make` builds the engine, in a thread: commands are read while it loads.
    """

    def __init__(
        self, project: Project, store: Store, work_on: WorkOn, make: EngineMaker, idle: float
    ) -> None:
        self.stopped = False
        self._store = store
        self._desk = Desk(project, store)
        self._work_on = work_on
        self._make = make
        self._engine: Engine | None = None
        self._loaded = asyncio.Event()  # all that runs need is imported
        self._watches: list[asyncio.Task[None]] = []
        self._commands = Commands(self._desk, self._live)
        self._open: list[Run] = []
        self._idle = idle
        self._retire_by = 0.0
        self._most = runs_at_once(project)
        self._stranded = False  # whether a run was not at work when last looked, though it should be

    async def serve(self) -> None:
        """Work until there is a reason to end.

        Raises:
            StoreFault: when the store cannot be used; all runs go on in the next worker.
        """
        opening = asyncio.create_task(self._open_engine())
        try:
            await self._follow(opening)
        finally:
            await _finished(opening)
            for watch in self._watches:
                watch.cancel()
                await _finished(watch)
            if self._engine is not None:
                await self._engine.close()
            await self._desk.runtimes.close()

    async def _open_engine(self) -> None:
        try:
            engine = await asyncio.to_thread(self._make, self._desk.project, self._workflow)
            await engine.open()
            self._engine = engine
            watches = (self._watch_conflicts(), self._watch_escalations())
            self._watches = [asyncio.create_task(watch) for watch in watches]
        finally:
            self._desk.news.set()
        try:
            if self._work_on is _work:
                await asyncio.to_thread(_preload)
        finally:
            self._loaded.set()

    async def _watch_conflicts(self) -> None:
        from agentboard_agents.review.watch import RadarWatch  # what it needs loads beside the first run

        try:
            await RadarWatch(self._desk).follow()
        except StoreFault as fault:
            self._desk.fault = self._desk.fault or fault

    async def _watch_escalations(self) -> None:
        from agentboard_agents.escalation_watch import EscalationWatch

        try:
            await EscalationWatch(self._desk).follow()
        except StoreFault as fault:
            self._desk.fault = self._desk.fault or fault

    async def _workflow(self, name: str, steps: Steps) -> None:
        run = self._store.run(run_of(name))
        if run is not None and workflow_of(run) == name:  # else its round is over, and another one goes on
            if run.starts:  # a worker that dies while it only loads has not died of the run
                await self._loaded.wait()
            await conduct(self._work_on, self._desk, run.id, steps)

    def _live(self, run_id: str) -> bool:
        run = self._store.run(run_id)
        return run is not None and self._engine is not None and self._engine.live(workflow_of(run))

    def stop(self) -> None:
        """End soon: steps in flight are cut off, finished ones are kept."""
        self.stopped = True
        self._desk.news.set()

    async def _follow(self, opening: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        version, last_active, last_look = -1, loop.time(), 0.0
        while not self.stopped:
            seen = self._store.data_version()
            again = self._stranded and loop.time() - last_look > STRANDED_LOOK
            if seen != version or again or self._desk.news.is_set():
                version, last_look = seen, loop.time()
                self._desk.news.clear()
                await self._attend()
            self._raise_faults(opening)
            last_active = loop.time() if self._active() else last_active
            quiet = loop.time() - last_active
            if quiet > self._idle or self._retired(loop.time()):
                return
            await self._look_again(QUIET_LOOK if quiet > RECENT else BUSY_LOOK)

    def _retired(self, now: float) -> bool:
        """Whether it was asked to end, and no step is in flight or all have had their time."""
        if not self._desk.retiring:
            return False
        self._retire_by = self._retire_by or now + RETIRE
        self.stopped = self._desk.in_flight == 0 or now > self._retire_by
        return self.stopped

    def _raise_faults(self, opening: asyncio.Task[None]) -> None:
        if self._desk.fault is not None:
            raise self._desk.fault
        if opening.done():
            opening.result()

    async def _attend(self) -> None:
        self._stranded = False
        for command in self._store.pending():
            self._commands.handle(command)
        self._open = self._store.runs(open_only=True)
        if self._engine is None or self._desk.retiring:
            return
        for run in reversed(self._open):
            if not self._due(run):
                continue
            if has_room(run, self._open, self._live, self._most):
                await self._start(self._engine, run)
            else:
                self._store.append([held_back(run, self._most)])

    async def _start(self, engine: Engine, run: Run) -> None:
        """Start a run's workflow; a run whose workflow will never go on is failed, with the reason."""
        self._stranded = True
        begun = run.beneath is not RunState.QUEUED and not run.returned
        reason = await engine.start(workflow_of(run), begun=begun)
        if reason is None:
            return
        now = self._store.run(run.id)  # it may have ended meanwhile, as its workflow did
        if now is not None and not now.final and self._due(now):
            abandon(self._desk, run.id, reason)
            self._desk.forget(run.id)

    def _due(self, run: Run) -> bool:
        """Whether a run's workflow should be running."""
        held = run.state in {RunState.PAUSING, RunState.PAUSED} and run.beneath is RunState.QUEUED
        nested = (
            run.parent is not None and run.spec.answers is None
        )  # it goes on in the workflow of the run that asked for it
        return not held and not nested and run.beneath is not RunState.REVIEW and not self._live(run.id)

    def _active(self) -> bool:
        return self._commands.busy or any(not at_rest(run) for run in self._open)

    async def _look_again(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._desk.news.wait()
        except TimeoutError:
            return


async def _until_signalled(worker: Worker) -> None:
    """Serve; SIGTERM and SIGINT stop it, the hang-up of a terminal does not."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await worker.serve()


async def _finished(task: asyncio.Task[None]) -> None:
    """Wait for a task whose failure was raised elsewhere, or does not matter any more."""
    await asyncio.gather(task, return_exceptions=True)


EngineMaker = Callable[[Project, Workflow], Engine]


def main(project: Project, *, work_on: WorkOn | None = None, idle: float | None = None) -> int:
    """Be the project's worker; return 0 at once when another process is."""
    harden()
    lock = WorkerLock(project)
    if not lock.acquire():
        _say(f"another worker serves {project.root}")
        return 0
    try:
        return _serve(project, work_on, _idle(project) if idle is None else idle, lock)
    except StoreFault as fault:
        _say(str(fault))
        return 1
    finally:
        lock.release()


def _serve(project: Project, work_on: WorkOn | None, idle: float, lock: WorkerLock) -> int:
    store = Store.open(project)
    try:
        tidy(project, store)
        while True:
            worker = Worker(project, store, work_on or _work, _dbos, idle)
            asyncio.run(_until_signalled(worker))
            lock.release()
            if worker.stopped or not store.pending() or not lock.acquire():
                return 0
    finally:
        store.close()


async def _work(desk: Desk, run_id: str, steps: Steps) -> None:
    from agentboard_agents.work import work_on

    await work_on(desk, run_id, steps)


def _preload() -> None:
    from agentboard_agents.session_runtime import preload

    preload()


def _dbos(project: Project, workflow: Workflow) -> Engine:
    from agentboard_agents.engine.dbos import DbosEngine

    return DbosEngine(project, workflow)


def _idle(project: Project) -> float:
    """Return the seconds without work after which the worker ends: environment, else configuration."""
    from agentboard_agents.config import load_config

    try:
        return float(os.environ["AGENTBOARD_WORKER_IDLE"])
    except (KeyError, ValueError):
        return load_config(project).idle_seconds


def _say(line: str) -> None:
    sys.stderr.write(f"agentboard worker: {line}\n")
    sys.stderr.flush()
