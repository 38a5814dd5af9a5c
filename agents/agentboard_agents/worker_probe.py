"""Whether a worker lives, by asking for its lock: no more imports than that takes."""

from __future__ import annotations

import fcntl
import os

__all__ = ["LOCK", "attempt", "written"]

LOCK = "worker.lock"


def written(state: str) -> list[str] | None:
    """Return what the living worker of a state directory wrote into its lock; `None` when none lives."""
    try:
        descriptor = os.open(os.path.join(state, LOCK), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if attempt(descriptor, fcntl.LOCK_SH):
            return None
        return os.pread(descriptor, 200, 0).decode("ascii", "replace").split()
    finally:
        os.close(descriptor)


def attempt(descriptor: int, kind: int) -> bool:
    """Take a lock if it is free; say whether it was."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
