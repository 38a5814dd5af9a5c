"""What a run's workflow needs from the worker: the project, the store, and its control."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from agentboard_agents.control import Control
from agentboard_agents.project import Project
from agentboard_agents.runtimes.opened import Runtimes
from agentboard_agents.store import Store, StoreFault

__all__ = ["Desk"]


class Desk:
    """One worker's desk.

    `news` is set when a workflow has recorded something that commands may wait for; `fault` when the store
    failed it, and the worker has to end. While `retiring`, no step begins; `in_flight` counts those that did.
    `runtimes` are shared by its runs.
    """

    def __init__(self, project: Project, store: Store) -> None:
        self.project = project
        self.store = store
        self.news = asyncio.Event()
        self.fault: StoreFault | None = None
        self.retiring = False
        self.in_flight = 0
        self.runtimes = Runtimes()
        self._controls: dict[str, Control] = {}

    def control(self, run_id: str) -> Control:
        """Return the one control of a run.

        Raises:
            LookupError: when there is no such run.
        """
        if run_id not in self._controls:
            self._controls[run_id] = Control(self.store, run_id, self._noticed)
        return self._controls[run_id]

    @contextmanager
    def step_in_flight(self) -> Generator[None]:
        """Count a step that acts."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self.news.set()

    def _noticed(self, fault: StoreFault | None) -> None:
        self.fault = self.fault or fault
        self.news.set()

    def wake(self, run_id: str) -> None:
        """Tell a run's control that something happened to the run."""
        if run_id in self._controls:
            self._controls[run_id].wake()

    def interrupt(self, run_id: str) -> None:
        """Cut off what a run does now: its agent hears a person at once."""
        if run_id in self._controls:
            self._controls[run_id].interrupted.set()

    def forget(self, run_id: str) -> None:
        """Let go of the control of a run whose workflow has ended."""
        self._controls.pop(run_id, None)
        self.news.set()
