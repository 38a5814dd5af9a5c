"""The files that an agent sees: its worktree, with the team's live files in their places."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import is_shared
from agentboard_tasks.files import Entry, FileFault, Root

__all__ = ["SKIPPED", "Found", "Walk", "listing"]

SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".tox", ".nox", ".hypothesis", ".gradle", ".terraform",
})  # fmt: skip
"""Directories that are not searched unless the search starts in one."""

MOST = 50_000
DEEPEST = 60


class Found(Struct, frozen=True):
    """A file, and the root that it is read from."""

    root: Root
    rel: str
    entry: Entry


def listing(context: ToolContext, rel: str) -> list[tuple[Root, Entry]]:
    """Return what is in a directory; shared names come from the project, the others from the worktree.

    What the rules hide is left out.

    Raises:
        FileFault: when neither has such a directory.
    """
    hidden = context.hides()
    return [
        (root, entry) for root, entry in _all_in(context, rel) if not hidden(posixpath.join(rel, entry.name))
    ]


def _all_in(context: ToolContext, rel: str) -> list[tuple[Root, Entry]]:
    if is_shared(context, rel):
        return [(context.project, entry) for entry in context.project.entries(rel)]
    shared = {entry.name: (context.project, entry) for entry in _shared_entries(context, rel)}
    try:
        own = context.worktree.entries(rel)
    except FileFault:
        if not shared:
            raise
        own = []
    kept = {entry.name: (context.worktree, entry) for entry in own if _own(context, rel, entry)}
    merged = {**shared, **kept}
    return [merged[name] for name in sorted(merged)]


def _own(context: ToolContext, rel: str, entry: Entry) -> bool:
    return entry.name != ".git" and not is_shared(context, posixpath.join(rel, entry.name))


def _shared_entries(context: ToolContext, rel: str) -> list[Entry]:
    """Return the project's entries of a directory that are shared, or lead to what is."""
    places = (*context.coordination.directories, *context.coordination.files)
    if rel and not any(place.startswith(rel + "/") for place in places):
        return []
    try:
        entries = context.project.entries(rel)
    except FileFault:
        return []
    return [entry for entry in entries if _concerns(context, places, posixpath.join(rel, entry.name), entry)]


def _concerns(context: ToolContext, places: tuple[str, ...], path: str, entry: Entry) -> bool:
    """Whether a path is shared, or a directory above one that is."""
    above = entry.kind == "directory" and any(place.startswith(path + "/") for place in places)
    return above or is_shared(context, path)


class Walk:
    """Yields the files beneath a directory, and remembers whether it had to stop early."""

    def __init__(self, context: ToolContext, start: str) -> None:
        self.stopped = False
        self._context = context
        self._start = start
        self._seen = 0

    def files(self) -> Iterator[Found]:
        """Yield regular files; links are not followed, directories that cannot be read are passed over."""
        open_directories = [self._start]
        while open_directories and not self.stopped:
            directory = open_directories.pop()
            below: list[str] = []
            for root, entry in self._listing(directory):
                path = posixpath.join(directory, entry.name)
                if entry.kind == "file":
                    yield Found(root, path, entry)
                elif entry.kind == "directory" and entry.name not in SKIPPED and path.count("/") < DEEPEST:
                    below.append(path)
            open_directories += reversed(below)

    def _listing(self, directory: str) -> list[tuple[Root, Entry]]:
        try:
            entries = listing(self._context, directory)
        except FileFault:
            if directory == self._start:
                raise
            return []
        self._seen += len(entries)
        self.stopped = self._seen > MOST
        return entries
