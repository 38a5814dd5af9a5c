"""Replacing a file that others write without a lock, so that nothing of theirs is lost unseen.

The new file and the old one change places in one step (renameat2), so whatever was at the path is still there
to be looked at. A read lease on the old file tells whether anybody had it open for writing meanwhile.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import stat
import sys
import time
from functools import cache

from agentboard_tasks.beneath import closing, open_beneath, plain
from agentboard_tasks.beneath_faults import Changed, fault

__all__ = ["Lease", "displaced", "exchange", "place_new", "quiet", "read_all", "renameat2"]

NO_REPLACE, EXCHANGE = 1, 2
SET_SIGNAL = 10  # F_SETSIG, which the fcntl module does not name
IGNORED_SIGNAL = int(getattr(signal, "SIGURG", 0))  # instead of SIGIO, which would end the process
NO_RENAMEAT2 = {errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP}
WRITER_WAIT = 0.5
"""Seconds for which a process that has the file open for writing is waited for."""
BLIND_WAIT = 0.01
PAUSE = 0.001
CHUNK = 1 << 20


class Lease:
    """A read lease on an open file: while it holds, nobody has the file open for writing.

    Who opens it for writing waits until it is released. `free` is True if it was granted, False if somebody
    is writing, None where the system cannot tell (another owner's file, NFS, macOS).
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.free = self._take()

    def _take(self) -> bool | None:
        """Ask for the lease."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            fcntl.fcntl(self._descriptor, SET_SIGNAL, IGNORED_SIGNAL)
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True

    def release(self) -> None:
        """Let those who wait go on."""
        if self.free:
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def quiet(descriptor: int, wait: float = WRITER_WAIT) -> Lease:
    """Take the lease as soon as nobody writes; after `wait` seconds, or where it is unknown, go without."""
    deadline = time.monotonic() + wait
    while (lease := Lease(descriptor)).free is False and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return lease


def read_all(descriptor: int) -> bytes:
    """Read a whole file from its start, wherever the descriptor stands."""
    pieces: list[bytes] = []
    offset = 0
    while piece := os.pread(descriptor, CHUNK, offset):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


@cache
def _libc() -> ctypes.CDLL:
    """Return the C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def renameat2(parent: int, name: str, to: str, flag: int) -> bool:
    """Rename within a directory by the kernel's rules for `flag`; False where it does not know them."""
    call = getattr(_libc(), "renameat2", None)
    if call is None:
        return False
    if call(parent, os.fsencode(name), parent, os.fsencode(to), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in NO_RENAMEAT2:
        return False
    raise OSError(number, os.strerror(number))


def exchange(parent: int, new: str, name: str, rel: str, old: int) -> bool:
    """Let two files change places; False where only a plain rename was possible, and `new` is gone.

    Raises Changed if the file at `name` is not `old` any more.
    """
    fault("rename", rel)
    try:
        if not os.path.samestat(os.stat(name, dir_fd=parent, follow_symlinks=False), os.fstat(old)):
            raise Changed(rel, "it was replaced")
        if renameat2(parent, new, name, EXCHANGE):
            return True
    except FileNotFoundError:
        raise Changed(rel, "it was removed") from None
    os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
    return False


def place_new(parent: int, new: str, name: str, rel: str) -> None:
    """Give a file its name, unless something has that name: then raise Changed."""
    fault("rename", rel)
    try:
        if not renameat2(parent, new, name, NO_REPLACE):
            os.link(new, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
            os.unlink(new, dir_fd=parent)
    except FileExistsError:
        raise Changed(rel, "something was put there") from None


def displaced(parent: int, aside: str | None, name: str, rel: str, old: int, expected: bytes) -> bytes | None:
    """Return what the exchange took away, unless it is what was `expected`; waits for a writer to finish.

    `aside` is the name that the replaced file has now, if it has one. Raises Refused, and puts it back, if
    somebody put something there that is no plain file.
    """
    if aside is not None:
        found = os.stat(aside, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            renameat2(parent, aside, name, EXCHANGE)
            plain(found, rel)
        if not os.path.samestat(found, os.fstat(old)):
            with closing(open_beneath(parent, (aside,), os.O_RDONLY)) as newer:
                return read_all(newer)
    lease = quiet(old)
    if lease.free is None:
        time.sleep(BLIND_WAIT)
    content = read_all(old)
    lease.release()
    return None if content == expected else content
