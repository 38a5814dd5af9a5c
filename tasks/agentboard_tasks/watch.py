"""A thread that reports which files of a project changed: hints when they come, a scan as the truth."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence

from agentboard_tasks.files import Root
from agentboard_tasks.reconcile import TREE, Reconciler
from agentboard_tasks.watch_hints import EVERYTHING, Hints, HintsFailed
from agentboard_tasks.watch_mounts import remote_file_system

__all__ = ["TREE", "Watcher", "choose_hints"]

RECONCILE = 1.5
"""Seconds between scans: what the system says nothing of still shows within two."""
POLL = 0.25
RETRY = 30.0
RESCANS = 3
SHARE = 50
"""A full scan takes at most a fiftieth of the time…"""
HINT_SHARE = 3
"""… and what follows a hint at most a fourth."""

log = logging.getLogger(__name__)


def choose_hints() -> Hints:
    """Return the best source of hints here: inotify on Linux, else watchfiles."""
    if sys.platform == "linux":
        from agentboard_tasks.watch_inotify import InotifyHints

        return InotifyHints()
    from agentboard_tasks.watch_watchfiles import WatchfilesHints

    return WatchfilesHints()


class Watcher:
    """Watches named directories and files, never whole trees of sources.

    `paths` returns what to watch, relative to the root: a directory, a directory that ends in `/**` for all
    that is beneath it, or a file; none need exist. `changed` is called in the watcher's thread with the paths
    that came, went or changed. The first call has `{""}` alone: it watches from now on, and what happened
    before is for the caller to look at.
    """

    def __init__(
        self,
        root: str,
        paths: Callable[[], Sequence[str]],
        changed: Callable[[frozenset[str]], None],
        *,
        hints: Callable[[], Hints] = choose_hints,
        reconcile: float = RECONCILE,
    ) -> None:
        self._root = os.path.realpath(root)
        self._paths = paths
        self._changed = changed
        self._choose = hints
        self._interval = reconcile
        self._scanner = Reconciler(Root(root))
        self._hints: Hints | None = None
        self._guard = threading.Lock()
        self._polling = ""
        self._retry_at = 0.0
        self._due = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def mode(self) -> str:
        """How changes are noticed, in words: `inotify`, `watchfiles`, or `polling` with the reason."""
        if self._thread is None:
            return "stopped"
        if self._hints is not None:
            return self._hints.name
        return f"polling every {POLL * 1000:.0f} ms: {self._polling}" if self._polling else "starting"

    def start(self) -> None:
        """Begin to watch, in a thread of its own."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="agentboard-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for its end."""
        thread = self._thread
        if thread is None:
            return
        self._stopping.set()
        with self._guard:
            if self._hints is not None:
                self._hints.wake()
        if thread is not threading.current_thread():
            thread.join()
        self._thread = None

    def _run(self) -> None:
        try:
            self._open()
            self._scan()
            self._report(EVERYTHING)
            while not self._stopping.is_set():
                self._round()
        finally:
            self._close()

    def _round(self) -> None:
        """Wait for a hint or for the time of the next scan, and report what changed."""
        hinted = self._wait(max(0.0, self._due - time.monotonic()))
        if self._stopping.is_set():
            return
        began = time.monotonic()
        self._report(self._changes(hinted, began >= self._due))
        if hinted:
            self._stopping.wait(min(HINT_SHARE * (time.monotonic() - began), POLL))

    def _changes(self, hinted: frozenset[str], due: bool) -> frozenset[str]:
        """Return what changed: by a look at what was hinted, or by a full scan where one is due or needed."""
        changed: frozenset[str] = frozenset()
        unclear = due or "" in hinted
        if hinted and not unclear:
            changed, unclear = self._scanner.look(self._relative(hinted))
        return changed | self._scan(renew=bool(hinted)) if unclear else changed

    def _scan(self, *, renew: bool = False) -> frozenset[str]:
        """Look at everything; once more where a directory was not watched while it was looked at."""
        began = time.monotonic()
        if self._hints is None and self._retry_at and began >= self._retry_at:
            self._open()
        changed: frozenset[str] = frozenset()
        for _ in range(RESCANS):
            changed |= self._scanner.scan(self._places())
            if not self._watch(renew):
                break
            renew = False
        ended = time.monotonic()
        interval = self._interval if self._hints is not None else POLL
        self._due = ended + max(interval, SHARE * (ended - began))
        return changed

    def _watch(self, renew: bool) -> bool:
        """Ask for hints on the directories of the last scan; tell whether one of them is new."""
        if self._hints is None:
            return False
        try:
            return self._hints.watch(
                [self._absolute(path) for path in self._scanner.directories], renew=renew
            )
        except HintsFailed as failure:
            self._fail(str(failure))
            return False

    def _wait(self, seconds: float) -> frozenset[str]:
        """Return hints, as many as come together; none after `seconds`."""
        if self._hints is None:
            self._stopping.wait(seconds)
            return frozenset()
        try:
            return self._hints.wait(seconds)
        except HintsFailed as failure:
            self._fail(str(failure))
            return EVERYTHING

    def _open(self) -> None:
        """Get a source of hints, or say why there is none."""
        remote = remote_file_system(self._root)
        if remote:
            self._polling, self._retry_at = f"the project is on {remote}", 0.0
            return
        try:
            hints = self._choose()
        except HintsFailed as failure:
            self._fail(str(failure))
            return
        with self._guard:
            self._hints, self._polling, self._retry_at = hints, "", 0.0

    def _fail(self, reason: str) -> None:
        """Go on without hints, and try to have them again later."""
        self._close()
        self._polling, self._retry_at = reason, time.monotonic() + RETRY
        log.warning("watching by %s", self.mode)

    def _close(self) -> None:
        with self._guard:
            hints, self._hints = self._hints, None
        if hints is not None:
            hints.close()

    def _places(self) -> Sequence[str]:
        """Ask the owner what to watch."""
        try:
            return self._paths()
        except Exception:  # a fault of the owner's must not end the watch; it is in the log
            log.exception("the paths to watch are not known")
            return ()

    def _report(self, changed: frozenset[str]) -> None:
        """Tell the owner."""
        if not changed or self._stopping.is_set():
            return
        try:
            self._changed(changed)
        except Exception:  # a fault of the owner's must not end the watch; it is in the log
            log.exception("a change was not taken")

    def _absolute(self, path: str) -> str:
        return os.path.join(self._root, path) if path else self._root

    def _relative(self, hinted: frozenset[str]) -> list[str]:
        """Return hinted paths relative to the root."""
        start = self._root.rstrip("/") + "/"
        return [path[len(start) :] for path in hinted if path.startswith(start)]
