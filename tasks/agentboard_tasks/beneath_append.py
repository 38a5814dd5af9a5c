"""Adding to the end of a file with one write, under its lock, so that entries never mix."""

from __future__ import annotations

import os
from contextlib import suppress

from agentboard_tasks.beneath import closing, open_beneath, plain
from agentboard_tasks.beneath_faults import Changed
from agentboard_tasks.beneath_lock import locked_open
from agentboard_tasks.beneath_write import fsync, write_all

__all__ = ["append"]

TRIES = 5
LOCK_WAIT = 10.0
APPENDING = os.O_RDWR | os.O_APPEND | os.O_CREAT
TAIL = 1 << 16  # how far behind the end an appended entry is looked for


def append(
    parent: int, name: str, rel: str, data: bytes, mode: int | None, *, durable: bool
) -> os.stat_result:
    """Append to the file that is at the path when it is done, even if it was replaced meanwhile."""
    for _ in range(TRIES):
        found = _append_once(parent, name, rel, data, mode, durable=durable)
        if found is not None:
            return found
    raise Changed(rel, "it is replaced all the time")


def _append_once(
    parent: int, name: str, rel: str, data: bytes, mode: int | None, *, durable: bool
) -> os.stat_result | None:
    """Append under the lock; None if the file was replaced meanwhile by one without `data`."""

    def opened() -> int:
        return open_beneath(parent, (name,), APPENDING, 0o666 if mode is None else mode)

    def present() -> os.stat_result | None:
        with suppress(FileNotFoundError):
            return os.stat(name, dir_fd=parent, follow_symlinks=False)
        return None

    with closing(locked_open(opened, present, rel, LOCK_WAIT)) as descriptor:
        before = plain(os.fstat(descriptor), rel, alone=True).st_size
        _write_once(descriptor, data, before, rel)
        if durable:
            fsync(descriptor, rel)
    with closing(opened()) as now:
        found = plain(os.fstat(now), rel)
        tail = os.pread(now, found.st_size, max(0, found.st_size - len(data) - TAIL))
        return found if data in tail else None


def _write_once(descriptor: int, data: bytes, before: int, rel: str) -> None:
    """Write at the end; where only a part fits, nothing of it stays."""
    try:
        write_all(descriptor, data, rel)
    except OSError:
        if before < os.fstat(descriptor).st_size <= before + len(data):
            os.ftruncate(descriptor, before)
        raise
