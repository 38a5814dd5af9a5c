"""Opening what lies beneath a directory, through no link: openat2 where there is one, else name by name."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

from agentboard_tasks.beneath_faults import Refused, fault

__all__ = ["DIRECTORY", "LOOK", "PLACE", "closing", "open_beneath", "plain", "read_up_to", "supported"]

OPENAT2 = 437  # the same number on every architecture
NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
LOOKING = os.O_NOFOLLOW | os.O_CLOEXEC
ALWAYS = LOOKING | os.O_NONBLOCK | os.O_NOCTTY
LOOK: int = getattr(os, "O_PATH", 0)
"""Opens a place without reading it; the only open that succeeds on a link itself."""
PLACE: int = LOOK or os.O_RDONLY
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
TRIES = 1_000
PAUSE = 0.001
CHUNK = 1 << 20


class _How(ctypes.Structure):
    """The kernel's struct open_how."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@cache
def _syscall() -> Callable[[int, int, bytes, object, int], int]:
    """Return the C library's `syscall`, with the types of the arguments that openat2 takes."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)
    call.restype = ctypes.c_long
    return call


@cache
def _how(flags: int, mode: int) -> object:
    """Return a pointer to what the kernel is told about an open; it only reads it."""
    return ctypes.pointer(_How(flags, mode, BENEATH | NO_SYMLINKS | NO_MAGICLINKS))


def _openat2(root: int, path: bytes, flags: int, mode: int) -> int:
    """Open as the kernel resolves it, refusing links and anything above `root`."""
    how = _how(flags, mode if flags & os.O_CREAT else 0)
    while True:
        found = _syscall()(OPENAT2, root, path, how, ctypes.sizeof(_How))
        if found >= 0:
            return found
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))


@cache
def supported() -> bool:
    """Tell whether openat2 works here; old kernels and some sandboxes have none."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        root = os.open("/", PLACE | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    with closing(root):
        try:
            os.close(_openat2(root, b".", PLACE | os.O_CLOEXEC, 0))
        except OSError:
            return False
    return True


def _stepwise(root: int, names: Sequence[str], flags: int, mode: int) -> int:
    """Open name by name, each directory from the one before, following nothing."""
    place = os.dup(root)
    try:
        for name in names[:-1]:
            below = os.open(name, PLACE | os.O_DIRECTORY | LOOKING, dir_fd=place)
            os.close(place)
            place = below
        return os.open(names[-1], flags, mode, dir_fd=place)
    except NotADirectoryError:
        if _leads_through_link(root, names):
            raise OSError(errno.ELOOP, "a link") from None
        raise
    finally:
        os.close(place)


def _leads_through_link(root: int, names: Sequence[str]) -> bool:
    """Tell, for the error message, whether a name on the way is a link."""
    for count in range(1, len(names) + 1):
        try:
            found = os.stat("/".join(names[:count]), dir_fd=root, follow_symlinks=False)
        except OSError:
            return False
        if stat.S_ISLNK(found.st_mode):
            return True
    return False


def open_beneath(root: int, names: Sequence[str], flags: int, mode: int = 0o666) -> int:
    """Open `names` beneath the directory `root`; the caller closes the descriptor.

    Raises OSError: ELOOP or EXDEV where a link, or a way out, is on the path.
    """
    rel = "/".join(names)
    fault("open", rel)
    flags |= LOOKING if flags & LOOK else ALWAYS
    if not names:
        return os.open(".", flags, dir_fd=root)
    for _ in range(TRIES):
        with suppress(BlockingIOError):  # a rename raced with it, or somebody has a lease on it
            if supported():
                return _openat2(root, os.fsencode(rel), flags, mode)
            return _stepwise(root, names, flags, mode)
        time.sleep(PAUSE)
    raise BlockingIOError(errno.EAGAIN, "it is busy")


@contextmanager
def closing(descriptor: int) -> Generator[int]:
    """Close `descriptor` at the end of the block."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def plain(found: os.stat_result, rel: str, *, alone: bool = False) -> os.stat_result:
    """Return `found` if it is a regular file, and where it must be `alone`, one with a single name."""
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise Refused(rel, f"it is {KINDS.get(kind, 'no regular file')}, not a regular file")
    if alone and found.st_nlink > 1:
        raise Refused(rel, "it has several names (hard links)", "copy it to a file of its own")
    return found


def read_up_to(descriptor: int, cap: int, likely: int) -> bytes:
    """Read to the end, but no more than `cap` bytes; `likely` are enough to meet the end in one go."""
    pieces: list[bytes] = []
    wanted = min(cap, likely, CHUNK)
    while wanted and (piece := os.read(descriptor, wanted)):
        pieces.append(piece)
        cap -= len(piece)
        wanted = 0 if len(piece) == likely - 1 else min(cap, CHUNK)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
