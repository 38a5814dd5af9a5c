"""Writing so that a reader sees the old content or the new one: temporary file, fsync, rename."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

from agentboard_tasks.beneath import ALWAYS, DIRECTORY, closing, open_beneath, plain
from agentboard_tasks.beneath_faults import Refused, fault
from agentboard_tasks.beneath_names import TEMPORARY

__all__ = [
    "SET_ASIDE",
    "Target",
    "discard",
    "filled",
    "fsync",
    "make_directories",
    "sweep",
    "target",
    "temporary",
    "write_all",
]

NO_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS}
HALF_WRITTEN, SET_ASIDE = ".tmp", ".old"
MOST_SWEEPS = 100


def write_all(descriptor: int, data: bytes, rel: str) -> None:
    """Write all of `data`, in as many calls as the system needs."""
    view = memoryview(data)
    while True:
        fault("write", rel)
        view = view[os.write(descriptor, view) :]
        if not view:
            return


def fsync(descriptor: int, rel: str) -> None:
    """Wait until it is on the disk; a file system that cannot say so is taken at its word."""
    fault("fsync", rel)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FSYNC:
            raise


class Target:
    """The file that is to be replaced, as it is now: its mode and owner are kept."""

    __slots__ = ("found", "name", "parent", "rel")

    def __init__(self, parent: int, name: str, rel: str, found: os.stat_result | None) -> None:
        self.parent = parent
        self.name = name
        self.rel = rel
        self.found = found

    def dress(self, descriptor: int, mode: int | None) -> None:
        """Give the new file the owner and mode of the old one, or `mode`."""
        if self.found is not None:
            with suppress(PermissionError):  # only root may give a file away; otherwise it becomes ours
                os.fchown(descriptor, self.found.st_uid, self.found.st_gid)
            mode = stat.S_IMODE(self.found.st_mode) if mode is None else mode
        os.fchmod(descriptor, 0o666 & ~_umask() if mode is None else mode)


def _umask() -> int:
    """Return the umask without changing it where /proc tells it."""
    try:
        with open("/proc/self/status", "rb") as status:  # os.umask() would change it for other threads
            for line in status:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    before = os.umask(0o077)
    os.umask(before)
    return before


def target(parent: int, name: str, rel: str) -> Target:
    """Look at the file to be replaced; refuses what is no plain, single-named, writable file."""
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return Target(parent, name, rel, None)
    plain(found, rel, alone=True)
    if not found.st_mode & 0o222:
        raise Refused(rel, "it is read-only", "chmod u+w it if it should change")
    return Target(parent, name, rel, found)


@contextmanager
def temporary(parent: int, rel: str, ending: str = HALF_WRITTEN) -> Generator[tuple[str, int]]:
    """Make an empty file beside the target, locked for as long as it is ours; it is gone after the block."""
    fault("open", rel)
    name, descriptor = _made(parent, rel, ending)
    with closing(descriptor):
        try:
            yield name, descriptor
        except BaseException:
            if _is(parent, name, descriptor):  # else an exchange put somebody's file there
                discard(parent, name)
            raise


def _made(parent: int, rel: str, ending: str) -> tuple[str, int]:
    """Make a file and lock it; one that a sweep takes in between, as if nobody owned it, is made anew."""
    for _ in range(MOST_SWEEPS):
        name = f"{TEMPORARY}{secrets.token_hex(8)}{ending}"
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | ALWAYS, 0o600, dir_fd=parent)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                return name, descriptor
        os.close(descriptor)
    raise Refused(rel, "somebody removes its temporary files")


def filled(new: tuple[str, int], aim: Target, data: bytes, mode: int | None, *, durable: bool = True) -> None:
    """Write `data` to the temporary file and dress it as the target."""
    write_all(new[1], data, aim.rel)
    aim.dress(new[1], mode)
    if durable:
        fsync(new[1], aim.rel)


def _is(parent: int, name: str, descriptor: int) -> bool:
    """Tell whether the open file has this name."""
    with suppress(OSError):
        return os.path.samestat(os.stat(name, dir_fd=parent, follow_symlinks=False), os.fstat(descriptor))
    return False


def discard(parent: int, name: str) -> None:
    """Remove a temporary file; what cannot be removed now is swept later."""
    with suppress(OSError):
        os.unlink(name, dir_fd=parent)


def sweep(parent: int, ending: str = HALF_WRITTEN, keep: frozenset[str] = frozenset()) -> None:
    """Remove temporary files that a killed process left in a directory; a living one holds their locks."""
    for name in os.listdir(parent):
        if name.startswith(TEMPORARY) and name.endswith(ending) and name not in keep:
            with suppress(OSError):
                _sweep_one(parent, name)


def _sweep_one(parent: int, name: str) -> None:
    """Remove one temporary file if nobody holds it."""
    with closing(os.open(name, os.O_RDONLY | ALWAYS, dir_fd=parent)) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=parent)


def make_directories(root: int, names: Sequence[str], mode: int = 0o777) -> None:
    """Make what is missing on the way to `names`; none is open to more people than the one that it is in."""
    for count in range(1, len(names) + 1):
        with closing(open_beneath(root, names[: count - 1], DIRECTORY)) as above:
            try:
                if not stat.S_ISDIR(os.stat(names[count - 1], dir_fd=above, follow_symlinks=False).st_mode):
                    raise Refused("/".join(names[:count]), "it is no directory")
            except FileNotFoundError:
                fault("mkdir", "/".join(names[:count]))
                with suppress(FileExistsError):
                    as_above = stat.S_IMODE(os.fstat(above).st_mode) | stat.S_IRWXU
                    os.mkdir(names[count - 1], mode & as_above, dir_fd=above)
                fsync(above, "/".join(names[:count]))
