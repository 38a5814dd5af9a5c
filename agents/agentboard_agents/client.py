"""Asking the worker: what the screens and the command line use to act on runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from agentboard_agents import ids, surroundings
from agentboard_agents.commands import Command
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection_people import is_need
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store
from agentboard_agents.worker_lock import worker_alive, worker_has_key, worker_mark
from agentboard_agents.worker_start import start_worker

__all__ = ["Client"]

POLL = 0.01  # seconds between looks at the store's version
RETIREMENT = 60.0  # seconds that a worker gets to finish its steps before its successor is started
GO_ON = frozenset({"resume", "answer", "retry"})
"""Commands after which a run goes on, so that its worker should have a key."""
LOOK_FOR_WORKER = 1.0  # seconds between looks at a worker that owes an answer


class Client:
    """Commands to one project's worker, which is started when none lives.

    `start` replaces the start of the worker (tests start their own).
    """

    def __init__(
        self, project: Project, store: Store | None = None, *, start: Callable[[Project], None] = start_worker
    ) -> None:
        self.project = project
        self.store = store or Store.open(project)
        self._start = start

    def dispatch_spec(self, spec: RunSpec, *, client_id: str | None = None) -> str:
        """Queue a run and return its id; it shows as queued at once. A repeat returns the first one's id.

        Raises:
            WorkerNotStarted: when no worker could be started; the run stays queued for the next one.
        """
        self._suit_worker(spec)
        queued = NewEvent(spec.run, spec.agent, "run_queued", msgspec.to_builtins(spec))
        command = Command("", client_id or ids.client_id(), "dispatch", spec.run)
        written = self.store.submit(command, [queued])
        self.ensure_worker()
        return written.run or spec.run

    def send(
        self, kind: str, run: str | None = None, *, client_id: str | None = None, **data: Any
    ) -> Command:
        """Write a command and see that a worker will read it; `wait` tells what came of it."""
        if kind in GO_ON:
            self.lend_key()
        given = {name: value for name, value in data.items() if value is not None}
        command = self.store.submit(Command("", client_id or ids.client_id(), kind, run, given))
        self.ensure_worker()
        return command

    def wait(self, command: Command, timeout: float = 30.0) -> Command:
        """Return the command once it is settled; still pending when `timeout` seconds have passed.

        A pause is settled when the run is paused, not when the request was read. A worker that dies owing
        an answer is started again.
        """
        deadline = time.monotonic() + timeout
        look = time.monotonic() + LOOK_FOR_WORKER
        version = -1
        while True:
            seen = self.store.data_version()
            if seen != version:
                version, command = seen, self.store.command(command.id) or command
            if command.settled or time.monotonic() >= deadline:
                return command
            if time.monotonic() >= look:
                self.ensure_worker()
                look = time.monotonic() + LOOK_FOR_WORKER
            time.sleep(POLL)

    def _suit_worker(self, spec: RunSpec) -> None:
        """Let a worker end that was started with another key or address than this process has now."""
        known = worker_mark(self.project) if spec.runtime == "anthropic" else None
        if known is not None and surroundings.differs(known):
            self._replace(known)

    def lend_key(self) -> None:
        """Let runs that wait for a key go on: where this process has one, a worker without one is replaced.

        Raises:
            WorkerNotStarted: when no worker could be started.
        """
        if not surroundings.has_key():
            return
        if worker_has_key(self.project) is False:
            known = worker_mark(self.project)
            if known is not None:
                self._replace(known)
            self.ensure_worker()
        elif any(is_need(item) for item in self.store.inbox()):
            self.ensure_worker()

    def _replace(self, known: str) -> None:
        """Let a worker end between two steps; its runs go on in the next one."""
        self.wait(self.store.submit(Command("", ids.client_id(), "retire")), RETIREMENT)
        deadline = time.monotonic() + RETIREMENT
        while worker_mark(self.project) == known and time.monotonic() < deadline:
            time.sleep(POLL)

    def worker_alive(self) -> bool:
        """Say whether the project's worker lives."""
        return worker_alive(self.project)

    def ensure_worker(self) -> None:
        """Start the worker unless one lives.

        Raises:
            WorkerNotStarted: when it cannot be started; what was asked stays in the store for the next one.
        """
        if not worker_alive(self.project):
            self._start(self.project)
