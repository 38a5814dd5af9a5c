"""What can go wrong on a disk, as typed errors, and the place where tests make it go wrong."""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator
from contextlib import contextmanager

from agentboard_tasks.text import SafeText

__all__ = [
    "Busy",
    "Changed",
    "Damaged",
    "FileFault",
    "Full",
    "Missing",
    "Refused",
    "TooLarge",
    "fault",
    "injected",
    "translated",
]


class FileFault(Exception):
    """A file could not be read or written: which, why, and what to do about it."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(path, reason, hint)
        self.path = path
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        """Return one line that is safe to show."""
        return SafeText.of(f"{self.path}: {self.reason}" + (f" ({self.hint})" if self.hint else ""))


class Missing(FileFault):
    """There is nothing at the path."""


class Refused(FileFault):
    """The path must not be used: it leads outside, through a link, or to something that is no plain file."""


class TooLarge(FileFault):
    """The file is larger than the reader accepts."""


class Damaged(FileFault):
    """The disk gave an error; what was there before is still there."""


class Full(Damaged):
    """There is no room for the new content; what was there before is still there."""


class Busy(FileFault):
    """Another process holds the lock."""


class Changed(FileFault):
    """The file is no longer what the edit was made for."""


OUTSIDE = ("it leads outside or through a link", "replace the link by a plain file or directory")
TRANSLATED: dict[int, tuple[type[FileFault], str, str]] = {
    errno.ENOENT: (Missing, "it does not exist", ""),
    errno.ENOTDIR: (Missing, "a part of its path is no directory", ""),
    errno.ELOOP: (Refused, *OUTSIDE),
    errno.EXDEV: (Refused, *OUTSIDE),
    errno.EACCES: (Refused, "permission denied", "check its owner and mode"),
    errno.EPERM: (Refused, "permission denied", "check its owner and mode"),
    errno.EAGAIN: (Busy, "somebody else is using it", "try again"),
    errno.EROFS: (Refused, "the file system is read-only", ""),
    errno.EISDIR: (Refused, "it is a directory", ""),
    errno.ENXIO: (Refused, "it is no regular file", ""),
    errno.ENODEV: (Refused, "it is no regular file", ""),
    errno.EEXIST: (Refused, "something else is there already", ""),
    errno.ENOTEMPTY: (Refused, "the directory is not empty", ""),
    errno.ENAMETOOLONG: (Refused, "its name is too long", ""),
    errno.EFBIG: (TooLarge, "it is too large for the file system", ""),
    errno.ENOSPC: (Full, "the disk is full", "make room; nothing was changed"),
    errno.EDQUOT: (Full, "the disk quota is used up", "make room; nothing was changed"),
}


@contextmanager
def translated(path: str) -> Generator[None]:
    """Turn every OSError of the block into the `FileFault` for it."""
    try:
        yield
    except OSError as error:
        reason = f"{(error.strerror or 'input/output error').lower()}"
        kind, why, hint = TRANSLATED.get(error.errno or 0, (Damaged, reason, ""))
        raise kind(path, why, hint) from error


Hook = Callable[[str, str], None]
_hooks: list[Hook] = []


def fault(operation: str, path: str) -> None:
    """Tell the tests that `operation` (open write fsync rename unlink mkdir) comes next; it may raise."""
    for hook in _hooks:
        hook(operation, path)


@contextmanager
def injected(hook: Hook) -> Generator[None]:
    """Call `hook(operation, path)` before each operation; an OSError that it raises is the disk's."""
    _hooks.append(hook)
    try:
        yield
    finally:
        _hooks.remove(hook)
