"""One worker per repository: the lock that it holds while it lives, and asking whether one does."""

from __future__ import annotations

import fcntl
import os
import time

from agentboard_agents import credentials, surroundings
from agentboard_agents.project import Project
from agentboard_agents.worker_probe import LOCK, attempt, written

__all__ = ["WorkerLock", "worker_alive", "worker_has_key", "worker_mark", "worker_pid"]

PATIENCE = 0.3  # seconds: a probe holds the lock for microseconds, and must not be taken for a worker
PAUSE = 0.005


class WorkerLock:
    """An exclusive lock on the state directory; the kernel releases it however the process ends."""

    def __init__(self, project: Project) -> None:
        self._path = os.path.join(project.make_state(), LOCK)
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; false when another process has it.

        Written in it: the process id, the mark of its surroundings, whether it has a key for the model.
        """
        deadline = time.monotonic() + PATIENCE
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        while not attempt(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(descriptor)
                return False
            time.sleep(PAUSE)
        os.ftruncate(descriptor, 0)
        around = credentials.whole()
        key = "key" if surroundings.has_key(around) else "keyless"
        os.pwrite(descriptor, f"{os.getpid()}\n{surroundings.mark(around)}\n{key}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def worker_alive(project: Project) -> bool:
    """Say whether a worker holds the project's lock."""
    return worker_pid(project) is not None


def worker_pid(project: Project) -> int | None:
    """Return the process id of the living worker (0 while it has not written it yet), or `None`."""
    lines = written(project.state)
    if lines is None:
        return None
    return int(lines[0]) if lines and lines[0].isdigit() else 0


def worker_mark(project: Project) -> str | None:
    """Return the mark of the surroundings that the living worker was started in."""
    lines = written(project.state)
    return lines[1] if lines and len(lines) > 1 else None


def worker_has_key(project: Project) -> bool | None:
    """Say whether the living worker has a key for the model; `None` when none has said so."""
    lines = written(project.state)
    return lines[2] == "key" if lines and len(lines) > 2 else None
