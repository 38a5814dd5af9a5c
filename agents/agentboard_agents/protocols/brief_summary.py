"""The output summary of an agent under a team lead: where it is, whether it is of this run, what it says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentboard_agents.session import Session
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.formats import summary as summaries

__all__ = ["Shared", "read_summary", "summary_path", "written_since"]

CAP = 256 * 1024
MOST_FILES = 500
DEEPEST = 8


class Shared(Struct, frozen=True):
    """The shared artifacts as they were: path to a mark of its version."""

    files: Mapping[str, str]


def summary_path(session: Session) -> str:
    """Return where the agent's summary goes."""
    return session.definition.summary or f"{session.shared_directory}/{session.definition.stem}-summary.md"


def read_summary(session: Session, before: Shared) -> tuple[str, str]:
    """Return the summary's text, and what is wrong with it; one of an earlier run is as good as none."""
    path, root = summary_path(session), session.equipment.root
    try:
        data = root.read(path, cap=CAP).data
    except Missing:
        return "", "is missing"
    except FileFault as fault:
        return "", f"cannot be read: {fault}"
    if mark(root, path) == before.files.get(path):
        return "", "is that of an earlier run: this one has not written it"
    problems = summaries.parse(data, path).problems
    return data.decode("utf-8", "replace"), problems[0].message if problems else ""


def written_since(session: Session, before: Mapping[str, str]) -> dict[str, str]:
    """Return the shared artifacts that are new or changed."""
    root = session.equipment.root
    here = [summary_path(session), *files_in(root, session.shared_directory)]
    found = {path: mark(root, path) for path in here[:MOST_FILES]}
    return {path: now for path, now in found.items() if now and now != before.get(path)}


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
