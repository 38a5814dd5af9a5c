"""Lending this shell's key to the runs that wait for one, while the board is already up."""

from __future__ import annotations

import contextlib
import threading

from agentboard_agents.project import Project
from agentboard_agents.store import Store, StoreFault

__all__ = ["lend_key"]


def lend_key(project: Project) -> threading.Thread | None:
    """Replace a worker that has no key by one that has this shell's; in a thread that nobody waits for."""
    from agentboard_agents import surroundings

    if not surroundings.has_key():
        return None
    thread = threading.Thread(target=_lend, args=(project,), daemon=True)
    thread.start()
    return thread


def _lend(project: Project) -> None:
    from agentboard_agents.client import Client
    from agentboard_agents.worker_start import WorkerNotStarted

    with contextlib.suppress(StoreFault, WorkerNotStarted):  # the board says so itself, with its next look
        store = Store.open(project, create=False)
        try:
            Client(project, store).lend_key()
        finally:
            store.close()
