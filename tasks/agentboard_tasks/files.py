"""The one place that opens, writes, renames and removes files, always beneath a root and through no link."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Literal, Self

from msgspec import Struct

from agentboard_tasks.beneath import DIRECTORY, PLACE, closing, open_beneath, plain, read_up_to
from agentboard_tasks.beneath_append import append
from agentboard_tasks.beneath_faults import (
    Busy,
    Changed,
    Damaged,
    FileFault,
    Full,
    Missing,
    Refused,
    TooLarge,
    fault,
    injected,
    translated,
)
from agentboard_tasks.beneath_lock import hold
from agentboard_tasks.beneath_names import TEMPORARY, parts, writable_parts
from agentboard_tasks.beneath_swap import displaced, exchange, place_new, quiet, read_all
from agentboard_tasks.beneath_write import (
    SET_ASIDE,
    Target,
    discard,
    filled,
    fsync,
    make_directories,
    sweep,
    target,
    temporary,
)
from agentboard_tasks.witness import note

__all__ = [
    "CAP",
    "Busy",
    "Changed",
    "Damaged",
    "Entry",
    "FileFault",
    "Full",
    "Image",
    "Missing",
    "Refused",
    "Root",
    "Stamp",
    "TooLarge",
    "injected",
]

CAP = 4 * 1024 * 1024
"""Bytes of a file that a reader accepts, unless it says otherwise."""
CAP_ENTRIES = 100_000
LOCK_WAIT = 10.0
SETTLED_NS = 50_000_000
SETTLE_PAUSE = 0.005
SPLIT = "split it, or move what is over into another file"
SETTLE_WAIT = 2.0

Kind = Literal["file", "directory", "link", "other"]
KINDS: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


class Stamp(Struct, frozen=True, gc=False):
    """What tells two versions of a file apart without reading it; `mode` has the type and the permissions."""

    inode: int
    size: int
    mtime_ns: int
    mode: int
    ctime_ns: int  # nobody can set it: a copy with the times and the (freed) inode of another has its own

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """Take the stamp from what stat found."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode, found.st_ctime_ns)


class Image(Struct, frozen=True, gc=False):
    """The content of a file; the stamp is from before it was read, so a later change always shows."""

    data: bytes
    stamp: Stamp


class Entry(Struct, frozen=True, gc=False):
    """One name in a directory."""

    name: str
    kind: Kind
    stamp: Stamp


class Root:
    """A directory, and what may be done beneath it.

    Every path is `/`-separated, relative to the root, as str with surrogateescape. The root itself may be
    reached through links; nothing beneath it may. Every method raises `FileFault`; no descriptor outlives it.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self._swept: set[tuple[int, int]] = set()
        self._held: int | None = None

    @classmethod
    def create(cls, path: str, mode: int = 0o700) -> Self:
        """Make the directory, and those above it, if they are not there: for agentboard's own state."""
        with translated(path):
            _make_private(path, mode)
        return cls(path)

    def __repr__(self) -> str:
        """Name the directory."""
        return f"Root({self.path!r})"

    def read(self, rel: str, cap: int = CAP) -> Image:
        """Read a whole file of at most `cap` bytes."""
        with self.reading() as read:
            return read(rel, cap)

    @contextmanager
    def reading(self) -> Generator[Callable[[str, int], Image]]:
        """Give what reads a file of at most so many bytes, for many of them in a row."""
        with self._place() as root:
            yield partial(_image, self.path, root)

    def read_from(self, rel: str, offset: int, cap: int) -> bytes:
        """Read at most `cap` bytes from `offset`; nothing where the file has become shorter."""
        with self._opened(rel, os.O_RDONLY) as (descriptor, _):
            return os.pread(descriptor, cap, offset)

    def stamp(self, rel: str) -> Stamp | None:
        """Look at what is there, be it a file, a directory or the link itself; None if nothing is."""
        note(self.path, rel)
        try:
            with self._place() as root, translated(rel):
                *above, name = parts(rel) or (".",)
                with closing(open_beneath(root, above, PLACE)) as parent:
                    return Stamp.of(os.stat(name, dir_fd=parent, follow_symlinks=False))
        except Missing:
            return None

    def entries(self, rel: str = "") -> list[Entry]:
        """List a directory by name, without our temporary files."""
        note(self.path, rel)
        with (
            self._place() as root,
            translated(rel),
            closing(open_beneath(root, parts(rel), DIRECTORY)) as place,
        ):
            with os.scandir(place) as listing:
                names = list(islice(listing, CAP_ENTRIES + 1))
            if len(names) > CAP_ENTRIES:
                raise TooLarge(rel, f"it has more than {CAP_ENTRIES:,} entries")
            return sorted((entry for entry in map(_entry, names) if entry is not None), key=_name)

    def write(self, rel: str, data: bytes, *, mode: int | None = None, durable: bool = True) -> Stamp:
        """Put `data` there, keeping the mode: a reader sees all of it, or what was there. Makes the parents.

        Not `durable`, it may be lost with the power, and is still never torn by a killed process.
        """
        with self._parent(rel, make=True) as (parent, name):
            aim = target(parent, name, rel)
            self._sweep(parent)
            with temporary(parent, rel) as new:
                filled(new, aim, data, mode, durable=durable)
                fault("rename", rel)
                os.rename(new[0], name, src_dir_fd=parent, dst_dir_fd=parent)
                stamp = Stamp.of(os.fstat(new[1]))
            if durable:
                fsync(parent, rel)
            return stamp

    def write_new(self, rel: str, data: bytes) -> Stamp:
        """Put `data` where nothing is yet; raises Changed if something is."""
        with self._parent(rel, make=True) as (parent, name), temporary(parent, rel) as new:
            filled(new, Target(parent, name, rel, None), data, None)
            place_new(parent, new[0], name, rel)
            fsync(parent, rel)
            return Stamp.of(os.fstat(new[1]))

    def read_settled(self, rel: str, cap: int = CAP) -> Image:
        """Read a file when nobody is in the middle of writing it, as far as the system can tell."""
        deadline = time.monotonic() + SETTLE_WAIT
        before = None
        while True:
            with self._opened(rel, os.O_RDONLY) as (descriptor, _):
                lease = quiet(descriptor)
                age = time.time_ns() - os.fstat(descriptor).st_mtime_ns
                lease.release()
            image = self.read(rel, cap)
            known = lease.free is True and bool(image.data)
            if known or age > SETTLED_NS or image == before or time.monotonic() > deadline:
                return image
            before = image
            time.sleep(SETTLE_PAUSE)

    def swap(
        self, rel: str, expected: bytes, data: bytes, ready: Callable[[str], None], *, hurry: bool = False
    ) -> bytes | None:
        """Put `data` where `expected` is; return what was there if somebody put it there at the last moment.

        `ready` is called with the name that the replaced file will have until this returns: what a process
        that is killed in between leaves there may be somebody's only copy. Raises Changed, with nothing
        done, if the content is not `expected`. In a `hurry`, the disk is waited for after the exchange and
        not before it, for files that change faster than that.
        """
        with self._parent(rel) as (parent, name):
            aim = target(parent, name, rel)
            if aim.found is None:
                raise Changed(rel, "it was removed")
            with temporary(parent, rel, SET_ASIDE) as new, closing(_reading(parent, name)) as old:
                filled(new, aim, data, None, durable=not hurry)
                hold(old, rel, LOCK_WAIT)
                ready(new[0])
                lost = _swapped(parent, new, name, rel, old, expected, hurry=hurry)
            if lost is None:  # else another swap follows at once
                fsync(parent, rel)
            return lost

    def sweep_aside(self, rel: str, keep: frozenset[str]) -> None:
        """Remove what killed swaps left beside a file, but not what is named in `keep`."""
        with self._parent(rel) as (parent, _):
            sweep(parent, SET_ASIDE, keep)

    def append(self, rel: str, data: bytes, *, mode: int | None = None, durable: bool = True) -> Stamp:
        """Add `data` at the end with one write, under the file's lock; makes the file if it is missing."""
        with self._parent(rel, make=True) as (parent, name):
            return Stamp.of(append(parent, name, rel, data, mode, durable=durable))

    def make_directory(self, rel: str, mode: int = 0o777) -> None:
        """Make a directory and those above it; one that is there is left as it is."""
        with self._place() as root, translated(rel):
            make_directories(root, writable_parts(rel), mode)

    def remove(self, rel: str) -> None:
        """Remove a file, a link itself, or an empty directory."""
        with self._parent(rel) as (parent, name):
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            fault("unlink", rel)
            if stat.S_ISDIR(found.st_mode):
                os.rmdir(name, dir_fd=parent)
            else:
                os.unlink(name, dir_fd=parent)
            fsync(parent, rel)

    def rename(self, rel: str, to: str) -> None:
        """Give a file or directory another place beneath the root; a plain file that is there is replaced."""
        with self._parent(rel) as (parent, name), self._parent(to, make=True) as (other, new_name):
            target(other, new_name, to)
            fault("rename", rel)
            os.rename(name, new_name, src_dir_fd=parent, dst_dir_fd=other)
            fsync(other, to)
            fsync(parent, rel)

    def refresh(self, rel: str) -> None:
        """Set the time of the last change to now."""
        with self._opened(rel, os.O_RDONLY) as (descriptor, _):
            os.utime(descriptor)

    @contextmanager
    def lock(self, rel: str, *, wait: float = LOCK_WAIT) -> Generator[None]:
        """Hold an exclusive lock between processes for the block, on a file of its own that stays empty.

        Raises Busy if another one has it after `wait` seconds. The system drops it when the holder dies.
        """
        with self._parent(rel, make=True) as (parent, name):
            descriptor = open_beneath(parent, (name,), os.O_RDWR | os.O_CREAT, 0o600)
        with closing(descriptor):
            plain(os.fstat(descriptor), rel)
            with translated(rel):
                hold(descriptor, rel, wait)
            yield

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep the directory itself open: many looks in a row, by one thread, cost half."""
        with self._place() as descriptor:
            self._held = descriptor
            try:
                yield
            finally:
                self._held = None

    @contextmanager
    def _place(self) -> Generator[int]:
        """Open the root directory itself, unless it is held open."""
        if self._held is not None:
            yield self._held
            return
        with translated(self.path):
            descriptor = os.open(self.path, PLACE | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with closing(descriptor):
            yield descriptor

    @contextmanager
    def _opened(self, rel: str, flags: int) -> Generator[tuple[int, os.stat_result]]:
        """Open a regular file beneath the root."""
        note(self.path, rel)
        with self._place() as root, translated(rel):
            names = parts(rel)
            with closing(open_beneath(root, names, flags)) as descriptor:
                yield descriptor, plain(os.fstat(descriptor), rel)

    @contextmanager
    def _parent(self, rel: str, *, make: bool = False) -> Generator[tuple[int, str]]:
        """Open the directory in which a name is going to change."""
        names = writable_parts(rel)
        with self._place() as root, translated(rel):
            if make:
                make_directories(root, names[:-1])
            with closing(open_beneath(root, names[:-1], DIRECTORY)) as parent:
                yield parent, names[-1]

    def _sweep(self, parent: int) -> None:
        """Clear what a killed process left in a directory, once per directory."""
        found = os.fstat(parent)
        key = (found.st_dev, found.st_ino)
        if key not in self._swept:
            self._swept.add(key)
            sweep(parent)


def _name(entry: Entry) -> str:
    return entry.name


def _entry(found: os.DirEntry[str]) -> Entry | None:
    """Describe one directory entry; None if it is ours or has gone."""
    if found.name.startswith(TEMPORARY):
        return None
    try:
        status = found.stat(follow_symlinks=False)
    except OSError:
        return None
    return Entry(found.name, KINDS.get(stat.S_IFMT(status.st_mode), "other"), Stamp.of(status))


def _image(base: str, root: int, rel: str, cap: int) -> Image:
    """Read a whole file beneath an open root whose path is `base`."""
    note(base, rel)
    with translated(rel):
        descriptor = open_beneath(root, parts(rel), os.O_RDONLY)
        try:
            found = plain(os.fstat(descriptor), rel)
            if found.st_size > cap:
                raise TooLarge(rel, f"it has {found.st_size:,} bytes, more than {cap:,}", SPLIT)
            data = read_up_to(descriptor, cap + 1, found.st_size + 1)
        finally:
            os.close(descriptor)
    if len(data) > cap:
        raise TooLarge(rel, f"it grew past {cap:,} bytes while it was read", SPLIT)
    return Image(data, Stamp.of(found))


def _reading(parent: int, name: str) -> int:
    """Open a file of an open directory."""
    return open_beneath(parent, (name,), os.O_RDONLY)


def _swapped(
    parent: int, new: tuple[str, int], name: str, rel: str, old: int, expected: bytes, *, hurry: bool
) -> bytes | None:
    """Let the new file take the place of the old one if that is as expected, and look what was taken away."""
    lease = quiet(old)
    try:
        if read_all(old) != expected:
            raise Changed(rel, "its content changed")
        aside = new[0] if exchange(parent, new[0], name, rel, old) else None
    finally:
        lease.release()
    if hurry:
        fsync(new[1], rel)
    lost = displaced(parent, aside, name, rel, old, expected)
    discard(parent, new[0])
    return lost


def _make_private(path: str, mode: int) -> None:
    """Make a directory and those above it, all with `mode`; `os.makedirs` gives it to the last one alone."""
    above = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(above):
        _make_private(above, mode)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, mode)
