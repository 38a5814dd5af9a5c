"""Keeps every version that the screens were shown of the files that a team shares."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_tasks.files import CAP, FileFault, Image, Root

if TYPE_CHECKING:
    from agentboard_tasks.versions import Versions
    from agentboard_tasks.workspace import Workspace

__all__ = ["Keeper", "RememberingRoot"]

MOST_VERSIONS = 500
VERSION_CAP = 1024 * 1024
"""Files of one reading, and bytes of one file, that are kept as versions."""
ROOM = 16 * 1024 * 1024
"""Bytes of one reading that are remembered until they are kept; what is over is read again."""
SCREEN_FIRST = 0.02
"""Seconds after a reading until its versions are kept: the picture is what somebody waits for."""


log = logging.getLogger(__name__)


class RememberingRoot(Root):
    """A directory that remembers the files it read: what was shown is kept, whatever is there by then."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.images: dict[str, bytes] = {}
        self._room = ROOM

    def read(self, rel: str, cap: int = CAP) -> Image:
        """Read a whole file of at most `cap` bytes, and remember it if its versions are kept."""
        image = super().read(rel, cap)
        size = len(image.data)
        if size <= min(VERSION_CAP, self._room):
            self.images[rel] = image.data
            self._room -= size
        return image


class Reading(Struct, frozen=True):
    """One reading of the files, the one before it, and the bytes that are known."""

    before: Workspace
    after: Workspace
    images: Mapping[str, bytes]


class Keeper:
    """Writes versions in a thread of its own, a little after they were read."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._readings: SimpleQueue[Reading | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._versions: Versions | None = None

    def keep(self, before: Workspace, after: Workspace, images: Mapping[str, bytes]) -> None:
        """Keep what `after` has and `before` has not; what `images` lacks is read again."""
        with self._starting:  # a board may be left while its files are read for the first time
            self._readings.put(Reading(before, after, images))
            if self._thread is None and not self._hurry.is_set():
                self._thread = threading.Thread(target=self._run, name="agentboard-versions", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Keep what is waiting, and end; nothing is kept from then on."""
        with self._starting:
            self._hurry.set()
            self._readings.put(None)
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        for reading in iter(self._readings.get, None):
            self._hurry.wait(SCREEN_FIRST)
            try:
                self._write(reading)
            except Exception:  # a fault must not end the keeping of later versions; it is in the log
                log.exception("a version was not kept")

    def _write(self, reading: Reading) -> None:
        """Keep the versions of shared files that are new; a full disk stops no board."""
        from agentboard_tasks.versions import Versions
        from agentboard_tasks.workspace import changed_files

        root = Root(self._project.root)
        changed = changed_files(reading.before, reading.after)
        for path in sorted(filter(reading.after.keeps, changed))[:MOST_VERSIONS]:
            with suppress(FileFault):  # it is gone again, or there is no room or no place for the state
                if self._versions is None:
                    self._versions = Versions(Root(self._project.make_state()))
                data = reading.images.get(path)
                data = root.read(path, cap=VERSION_CAP).data if data is None else data
                if data:  # most writers empty a file first: that is no version of it
                    self._versions.see(path, data)
