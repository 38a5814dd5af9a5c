"""Hints from inotify: nothing is spent while nothing happens, and names need not be UTF-8."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import stat
import struct
import time
from collections.abc import Iterator, Sequence

from agentboard_tasks.watch_hints import HintsFailed

__all__ = ["InotifyHints"]

MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF = 0x400, 0x800
OVERFLOW, IGNORED = 0x4000, 0x8000
ONLYDIR, DONT_FOLLOW = 0x0100_0000, 0x0200_0000
CHANGES = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF
MASK = CHANGES | ONLYDIR | DONT_FOLLOW
ITSELF = DELETE_SELF | MOVE_SELF | IGNORED
WRITING = CREATE | MODIFY
"""After these, more is to come soon: a new name gets its content, and who writes closes the file."""
SETTLE = 0.001
"""Seconds for which that is waited for."""
EMPTIED = 0.05
"""Seconds for which it is waited for after a file was emptied to be written anew: that shows nothing yet."""
HEADER = struct.Struct("iIII")
CHUNK = 1 << 16
GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
LIMITS = {
    errno.ENOSPC: "the limit of inotify watches is reached (fs.inotify.max_user_watches)",
    errno.EMFILE: "the limit of inotify instances is reached (fs.inotify.max_user_instances)",
}


class InotifyHints:
    """One inotify instance with a watch for each directory."""

    name = "inotify"

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(None, use_errno=True)
            self._descriptor = int(self._library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        except (OSError, AttributeError) as error:
            raise HintsFailed("there is no inotify here") from error
        if self._descriptor < 0:
            raise HintsFailed(reason(ctypes.get_errno()))
        self._woken, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        self._places: dict[int, str] = {}

    def watch(self, directories: Sequence[str], *, renew: bool = False) -> bool:  # noqa: ARG002 (always does)
        """Watch these directories; one that was replaced by another of its name is watched anew."""
        places: dict[int, str] = {}
        for directory in directories:
            number = int(self._library.inotify_add_watch(self._descriptor, os.fsencode(directory), MASK))
            if number >= 0:
                places[number] = directory
            elif ctypes.get_errno() not in GONE:
                raise HintsFailed(reason(ctypes.get_errno()))
        for number in self._places.keys() - places.keys():
            self._library.inotify_rm_watch(self._descriptor, number)
        new = bool(places.keys() - self._places.keys())
        self._places = places
        return new

    def wait(self, timeout: float) -> frozenset[str]:
        """Return the paths that the system named; everything after an overflow or the loss of a directory.

        A file that is complete is named at once, one that is being written a moment later.
        """
        named = self._named(timeout)
        began = time.monotonic()
        while written := [path for path, mask in named.items() if mask & WRITING]:
            passed = time.monotonic() - began
            patience = SETTLE if passed < SETTLE or not any(map(_is_empty, written)) else EMPTIED
            if passed >= patience:
                break
            named |= self._named(patience - passed)
        return frozenset(named)

    def _named(self, timeout: float) -> dict[str, int]:
        """Return the paths of the events that come within a time, each with the last of its events."""
        ready = dict(self._poll.poll(max(0.0, timeout) * 1000))
        if self._woken in ready:
            os.read(self._woken, CHUNK)
        return dict(self._events()) if self._descriptor in ready else {}

    def _events(self) -> Iterator[tuple[str, int]]:
        """Yield path and kind of each event that is waiting."""
        try:
            data = os.read(self._descriptor, CHUNK)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            number, mask, _, length = HEADER.unpack_from(data, offset)
            name = data[offset + HEADER.size : offset + HEADER.size + length].rstrip(b"\0")
            offset += HEADER.size + length
            place = self._places.get(number)
            if mask & OVERFLOW or (mask & ITSELF and place is not None):
                yield "", mask
            elif name and place is not None:
                yield os.path.join(place, os.fsdecode(name)), mask

    def wake(self) -> None:
        """End the wait of another thread."""
        os.write(self._waker, b"\0")

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (self._descriptor, self._woken, self._waker):
            os.close(descriptor)


def _is_empty(path: str) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and not found.st_size


def reason(number: int) -> str:
    """Say why inotify refused."""
    return LIMITS.get(number, f"inotify refused: {os.strerror(number)}")
