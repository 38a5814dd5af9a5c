"""Locks between processes: flock on a descriptor, waited for with a deadline."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable

from agentboard_tasks.beneath_faults import Busy

__all__ = ["hold", "locked_open"]

FIRST_WAIT, LONGEST_WAIT = 0.0005, 0.005


def hold(descriptor: int, rel: str, wait: float) -> None:
    """Take the exclusive lock on an open file within `wait` seconds; it goes when the descriptor is closed.

    Raises Busy when another process still holds it then.
    """
    deadline = time.monotonic() + wait
    pause = FIRST_WAIT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy(rel, "another process holds its lock", "try again when it is done") from None
            time.sleep(pause)
            pause = min(LONGEST_WAIT, pause * 1.5)
        else:
            return


Opener = Callable[[], int]
Looker = Callable[[], os.stat_result | None]


def locked_open(opened: Opener, present: Looker, rel: str, wait: float) -> int:
    """Open and lock the file that is at the path once the lock is held, even if it was replaced meanwhile."""
    deadline = time.monotonic() + wait
    while True:
        descriptor = opened()
        try:
            hold(descriptor, rel, max(0.0, deadline - time.monotonic()))
            now = present()
            if now is not None and os.path.samestat(now, os.fstat(descriptor)):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() >= deadline:
            raise Busy(rel, "it is replaced all the time")
