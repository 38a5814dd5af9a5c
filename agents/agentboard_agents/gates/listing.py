"""The files that gates are detected from: of a directory, or of a commit without writing it out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from agentboard_agents.repository import Repository
from agentboard_tasks.files import FileFault, Root

__all__ = ["Listing", "commit_listing", "directory_listing"]

MOST_FILES = 100_000
CONFIG_CAP = 1024 * 1024
PRUNED = frozenset(
    {".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", "target", "vendor"}
)


class Listing:
    """Paths relative to a root, and a way to read a small one of them."""

    def __init__(self, paths: frozenset[str], read: Callable[[str], bytes]) -> None:
        self.paths = paths
        self._read = read

    def has(self, *names: str, beneath: str = "") -> bool:
        """Tell whether one of `names` is directly in the directory `beneath`."""
        return any(os.path.join(beneath, name) in self.paths for name in names)

    def text(self, name: str, beneath: str = "") -> str:
        """Return a small file's text; "" when it is missing or cannot be read."""
        path = os.path.join(beneath, name)
        return self._read(path).decode("utf-8", "replace") if path in self.paths else ""

    def holding(self, names: Sequence[str]) -> frozenset[str]:
        """Return the directories that one of `names` is directly in, without what is installed there."""
        wanted, endings = frozenset(names), tuple(names)
        found = (os.path.split(path) for path in self.paths if path.endswith(endings))
        places = {place for place, name in found if name in wanted}
        return frozenset(place for place in places if not PRUNED & set(place.split("/")))

    def without(self, directories: Sequence[str]) -> Listing:
        """Return the listing without what is beneath some directories."""
        prefixes = tuple(f"{directory}/" for directory in directories)
        return Listing(frozenset(path for path in self.paths if not path.startswith(prefixes)), self._read)

    def matching(self, pattern: re.Pattern[str], beneath: str = "") -> list[str]:
        """List the paths under `beneath` whose last part matches, sorted, without what is installed there."""
        prefix = beneath.rstrip("/") + "/" if beneath else ""
        found = (
            path for path in self.paths if path.startswith(prefix) and pattern.match(os.path.basename(path))
        )
        return sorted(path for path in found if not PRUNED & set(path.split("/")))


def directory_listing(root: str) -> Listing:
    """List a directory on disk; links are not followed."""
    paths = frozenset(path for path, _ in zip(_walk(root), range(MOST_FILES), strict=False))
    place = Root(root)

    def read(path: str) -> bytes:
        try:
            return place.read(path, cap=CONFIG_CAP).data
        except FileFault:
            return b""  # an unreadable configuration configures nothing

    return Listing(paths, read)


def commit_listing(repository: Repository, commit: str) -> Listing:
    """List a commit's files."""
    return Listing(frozenset(repository.files(commit)), lambda path: repository.file_at(commit, path) or b"")


def _walk(root: str) -> Iterator[str]:
    for place, directories, names in os.walk(root):
        directories[:] = sorted(name for name in directories if name not in PRUNED)
        prefix = os.path.relpath(place, root)
        yield from (name if prefix == "." else os.path.join(prefix, name) for name in names)
