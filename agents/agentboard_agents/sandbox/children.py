"""Processes as (number, start time), and the families they make."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Coroutine
from typing import Any

from msgspec import Struct

__all__ = ["Child", "child_of", "descendants", "kill_tree", "started_whole"]

PATIENCE = 3.0
PAUSE = 0.002
Process = asyncio.subprocess.Process
DEAD = frozenset({"Z", "X"})


class Child(Struct, frozen=True):
    """A process, told apart from a later one with the same number by its start time."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        fields = stat_fields(self.pid)
        return fields is not None and fields[0] not in DEAD and int(fields[19]) == self.started

    def kill(self) -> None:
        """End it, unless its number belongs to another process by now."""
        with contextlib.suppress(ProcessLookupError):
            if self.alive():
                os.kill(self.pid, signal.SIGKILL)


def stat_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat from the state on, or `None` when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode("ascii", "replace")
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def child_of(pid: int) -> Child | None:
    """Return the process with this number, as it is now."""
    fields = stat_fields(pid)
    return Child(pid, int(fields[19])) if fields else None


def descendants(pid: int) -> list[Child]:
    """Return every living process whose line of parents leads to `pid`."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        fields = stat_fields(int(name)) if name.isdigit() else None
        if fields:
            children.setdefault(int(fields[1]), []).append(int(name))
    found, open_pids = list[Child](), [pid]
    while open_pids:
        for child_pid in children.get(open_pids.pop(), ()):
            child = child_of(child_pid)
            if child:
                open_pids.append(child_pid)
            if child and child.alive():
                found.append(child)
    return found


async def kill_tree(pid: int) -> None:
    """Kill what descends from a process until nothing is left of it, then the process itself.

    It is stopped first, so that it starts nothing more, and it goes last, because it adopts orphans: a child
    whose parent is gone would be lost from sight.
    """
    send(pid, signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE
    while (below := descendants(pid)) and time.monotonic() < deadline:
        for child in below:
            child.kill()
        await asyncio.sleep(PAUSE)
    send(pid, signal.SIGKILL)


async def started_whole(starting: Coroutine[Any, Any, Process]) -> Process:
    """Return what was started; a start that is cancelled is waited for, and what came of it is killed whole.

    Left to itself asyncio kills the program alone, and loses what that has started meanwhile.
    """
    start = asyncio.create_task(starting)
    try:
        return await asyncio.shield(start)
    except asyncio.CancelledError:
        await asyncio.shield(_undone(start))
        raise


async def _undone(start: asyncio.Task[Process]) -> None:
    await asyncio.wait({start})
    if not start.cancelled() and start.exception() is None:
        child = start.result()
        if child.returncode is None:
            await kill_tree(child.pid)
        await child.wait()


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that is our own child, and so cannot have been replaced by another one."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
