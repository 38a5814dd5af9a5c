"""The shared artifacts as files: which there are, and what tells one version of them from another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from agentboard_tasks.files import FileFault, Root

__all__ = ["files_in", "mark", "marks"]

DEEPEST = 8
MOST_FILES = 500


def marks(root: Root, paths: Iterable[str]) -> dict[str, str]:
    """Return the mark of each path where something is."""
    found = ((path, mark(root, path)) for path in list(dict.fromkeys(paths))[:MOST_FILES])
    return {path: now for path, now in found if now}


def mark(root: Root, path: str) -> str:
    """Return what tells one version of a file from another; empty when there is none."""
    try:
        stamp = root.stamp(path)
    except FileFault:
        return ""
    return f"{stamp.inode}.{stamp.size}.{stamp.mtime_ns}" if stamp else ""


def files_in(root: Root, directory: str, depth: int = 0) -> Iterator[str]:
    """Yield the files of a directory and of those in it."""
    try:
        entries = root.entries(directory) if depth < DEEPEST else []
    except FileFault:
        return
    for entry in entries:
        path = posixpath.join(directory, entry.name)
        if entry.kind == "directory":
            yield from files_in(root, path, depth + 1)
        elif entry.kind == "file":
            yield path
