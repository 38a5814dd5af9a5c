"""The source files of the user's checkout: listed by git, read beneath the root, known again by stamps."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

from agentboard_agents.gates.listing import directory_listing
from agentboard_agents.kept import SETTLED_NS
from agentboard_agents.project import Project
from agentboard_agents.repository import GitFault, Repository
from agentboard_agents.symbols.cache import Cache
from agentboard_agents.symbols.reading import LARGEST
from agentboard_agents.symbols.symbol import language_of
from agentboard_tasks.files import FileFault, Root, Stamp

__all__ = ["Checkout"]

MOST_PATHS = 200_000


class Checkout:
    """One look at the files of a project."""

    def __init__(self, project: Project, cache: Cache) -> None:
        self._root = Root(project.root)
        self._cache = cache
        self.paths = _listed(project)

    def sources(self, most: int) -> list[tuple[str, str]]:
        """Return path and content id of source files; a file whose stamp is known is not read for it."""
        known, fresh = self._cache.stamps(), dict[str, tuple[str, str]]()
        found: list[tuple[str, str]] = []
        for path in (path for path in self.paths if language_of(path)):
            stamp = self._stamp(path)
            if stamp is None or len(found) == most:
                continue
            before, text = known.get(path, ("", "")), _text(stamp)
            blob = before[1] if before[0] == text else self._blob(path)
            found += [(path, blob)] if blob else []
            if blob and before[0] != text and _settled(stamp):
                fresh[path] = (text, blob)
        self._cache.keep_stamps(fresh)
        return found

    def contents(self, some: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        """Read files; one that changed meanwhile is left out, the next look has it."""
        read = ((blob, self._data(path)) for path, blob in some)
        return {blob: data for blob, data in read if data is not None and _id(data) == blob}

    def _stamp(self, path: str) -> Stamp | None:
        try:
            stamp = self._root.stamp(path)
        except FileFault:
            return None
        return stamp if stamp is not None and stamp.size <= LARGEST else None

    def _blob(self, path: str) -> str | None:
        data = self._data(path)
        return None if data is None else _id(data)

    def _data(self, path: str) -> bytes | None:
        try:
            return self._root.read(path, LARGEST).data
        except FileFault:
            return None


def _listed(project: Project) -> tuple[str, ...]:
    """Return what git tracks or would track, by name; without git, whatever is there."""
    try:
        return Repository(project.root, project.state).checkout_files()[:MOST_PATHS]
    except GitFault:
        return tuple(sorted(directory_listing(project.root).paths))[:MOST_PATHS]


def _id(data: bytes) -> str:
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _text(stamp: Stamp) -> str:
    return f"{stamp.inode}.{stamp.size}.{stamp.mtime_ns}"


def _settled(stamp: Stamp) -> bool:
    """Whether a file was left alone long enough that another change would give it another stamp."""
    return stamp.mtime_ns < time.time_ns() - SETTLED_NS
