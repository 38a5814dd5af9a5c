"""Starting the worker: detached from the terminal and from everything that its starter holds open."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from agentboard_agents.project import Project
from agentboard_agents.worker_lock import worker_alive

__all__ = ["WorkerNotStarted", "start_worker", "worker_command"]

LOG = "worker.log"
DEADLINE = 20.0  # seconds until the lock is held, on a busy machine
TAIL = 2_000  # bytes of the log that explain a failure
PAUSE = 0.005


class WorkerNotStarted(Exception):
    """The worker ended at once, or never came up; says what it wrote last."""

    def __init__(self, reason: str, log: str) -> None:
        super().__init__(f"the worker did not start: {reason} (see {log})")
        self.log = log


def worker_command(project: Project) -> list[str]:
    """Return the command line of the project's worker; it reads `agentboard worker -C DIR`."""
    beside = os.path.join(os.path.dirname(sys.executable), "agentboard")
    started_as = os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else ""
    arguments = ["worker", "-C", project.root]
    if os.access(beside, os.X_OK):
        return [beside, *arguments]
    if os.path.basename(started_as) == "agentboard" and os.access(started_as, os.X_OK):
        return [started_as, *arguments]
    return [sys.executable, "-m", "agentboard_tui", *arguments]


def start_worker(project: Project, command: list[str] | None = None, *, deadline: float = DEADLINE) -> None:
    """Start a worker and return when one holds the lock (this one, or one that was quicker).

    Raises:
        WorkerNotStarted: when it ended before, or `deadline` seconds passed.
    """
    log = os.path.join(project.make_state(), LOG)
    begun, seen = time.monotonic(), _size(log)
    process = _spawn(command or worker_command(project), log)
    STARTED.append(process)
    while not worker_alive(project):
        code = process.poll()
        if code is not None and not worker_alive(project):
            raise WorkerNotStarted(_last_words(log, seen) or f"exit code {code}", log)
        if time.monotonic() - begun > deadline:
            process.kill()
            raise WorkerNotStarted(f"no sign of life in {deadline:.0f} s", log)
        time.sleep(PAUSE)


STARTED: list[subprocess.Popen[bytes]] = []
"""Workers that this process started: kept so that they are waited for, not left as zombies."""


def _spawn(command: list[str], log: str) -> subprocess.Popen[bytes]:
    for old in [kept for kept in STARTED if kept.poll() is not None]:
        STARTED.remove(old)
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        raise WorkerNotStarted(fault.strerror or "its log cannot be written", log) from fault
    try:
        return subprocess.Popen(  # noqa: S603 - our own command line, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            cwd="/",
        )
    except OSError as fault:
        raise WorkerNotStarted(f"{command[0]}: {fault.strerror}", log) from fault
    finally:
        os.close(output)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _last_words(log: str, after: int) -> str:
    """Return the last line that was written to the log since `after`."""
    with open(log, "rb") as source:
        source.seek(max(after, _size(log) - TAIL))
        lines = source.read(TAIL).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
