"""Hints from watchfiles, for systems without inotify."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Sequence

from agentboard_tasks.watch_hints import HintsFailed

__all__ = ["WatchfilesHints"]

STEP = 5
"""Milliseconds between two looks: 10 ms to a hint for 0.35 % of a core; a step of 1 costs 1.7 %."""
DEBOUNCE = 5
POLL_DELAY = 300


class WatchfilesHints:
    """The watcher of watchfiles on a set of directories; another set needs another watcher."""

    name = "watchfiles"

    def __init__(self) -> None:
        try:
            from watchfiles._rust_notify import RustNotify
        except ImportError as error:
            raise HintsFailed("watchfiles cannot be loaded") from error
        self._make = RustNotify
        self._watcher: RustNotify | None = None
        self._directories: dict[str, int] = {}
        self._stop = threading.Event()

    def watch(self, directories: Sequence[str], *, renew: bool = False) -> bool:
        """Watch these directories by a new watcher, unless the one at work watches just these."""
        wanted = {path: inode for path, inode in map(identity, directories) if inode}
        if wanted == self._directories and self._watcher is not None and not renew:
            return False
        self._end()
        try:
            self._watcher = self._make(sorted(wanted), False, False, POLL_DELAY, False, True)
        except FileNotFoundError:  # one went meanwhile: the next scan asks again
            wanted = {}
        except (OSError, ValueError) as error:
            raise HintsFailed(f"watchfiles cannot watch: {error}") from error
        self._directories = wanted
        return True

    def wait(self, timeout: float) -> frozenset[str]:
        """Return the paths that watchfiles named."""
        if self._watcher is None:
            self._stop.wait(timeout)
            self._stop.clear()
            return frozenset()
        try:
            found = self._watcher.watch(DEBOUNCE, STEP, max(1, int(timeout * 1000)), self._stop)
        except Exception as error:
            raise HintsFailed(f"watchfiles died: {error}") from error
        self._stop.clear()
        return frozenset() if isinstance(found, str) else frozenset(path for _, path in found)

    def wake(self) -> None:
        """End the wait of another thread."""
        self._stop.set()

    def close(self) -> None:
        """End watchfiles' thread."""
        self._end()

    def _end(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()


def identity(path: str) -> tuple[str, int]:
    """Return a directory with its inode; 0 if it is gone or no directory."""
    try:
        found = os.lstat(path)
    except OSError:
        return path, 0
    return path, found.st_ino if stat.S_ISDIR(found.st_mode) else 0
