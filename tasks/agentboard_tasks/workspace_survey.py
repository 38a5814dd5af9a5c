"""Which files of a project the team uses, and the directories they are in: names and stamps alone."""

from __future__ import annotations

import stat

from msgspec import Struct

from agentboard_tasks.files import Entry, FileFault, Missing, Root, Stamp
from agentboard_tasks.layout import FEATURES, Kind, Layout
from agentboard_tasks.model import Problem, Severity

__all__ = ["Seen", "Survey", "fault_problem", "link_problems", "survey"]

DEPTH = 20
LIMIT = 5_000


class Seen(Struct, frozen=True):
    """A file that the team uses."""

    kind: Kind
    stamp: Stamp


class Survey(Struct):
    """The files by path, and every directory that was looked into."""

    files: dict[str, Seen]
    directories: list[str]
    problems: list[Problem]


def survey(root: Root, layout: Layout) -> Survey:
    """Look for everything the layout knows of; trees are read to a depth of 20 and 5,000 files in all."""
    found = Survey({}, [], [])
    for directory in layout.listed:
        look(root, layout, directory, found)
    for directory in layout.trees:
        descend(root, layout, directory, found, 0)
    return found


def look(root: Root, layout: Layout, directory: str, found: Survey) -> None:
    """Note the files of one directory, and of each feature in a directory of features."""
    for entry in listing(root, directory, found, Severity.INFO):
        path = f"{directory}/{entry.name}" if directory else entry.name
        if entry.kind == "directory" and directory == FEATURES:
            look(root, layout, path, found)
        else:
            note(layout, path, entry, found)


def descend(root: Root, layout: Layout, directory: str, found: Survey, depth: int) -> None:
    """Note the files of a directory and of all directories in it."""
    for entry in listing(root, directory, found):
        path = f"{directory}/{entry.name}"
        if entry.kind == "directory" and depth < DEPTH:
            descend(root, layout, path, found, depth + 1)
        else:
            note(layout, path, entry, found)


NOT_A_FILE = {"link": "a link", "other": "a pipe, socket or device"}


def note(layout: Layout, path: str, entry: Entry, found: Survey) -> None:
    """Note one entry if the team uses it."""
    kind = layout.kind(path)
    if kind is None and entry.kind == "link":
        kind = layout.kind(f"{path}/tasks.md")  # it may lead to a directory of such files
    if kind is None or path in found.files or entry.kind == "directory":
        return
    if entry.kind != "file":
        message = f"it is {NOT_A_FILE[entry.kind]}, not a file: nothing of it is read or shown"
        hint = "replace it by a plain file"
        found.problems.append(Problem(Severity.WARNING, path, 1, message, hint=hint))
    elif len(found.files) < LIMIT:
        found.files[path] = Seen(kind, entry.stamp)
    elif len(found.files) == LIMIT and not any("more than" in problem.message for problem in found.problems):
        message = f"there are more than {LIMIT:,} files; the rest is not shown"
        hint = "move what is over into a directory that is not shared"
        found.problems.append(Problem(Severity.WARNING, path, 1, message, hint=hint))


def listing(root: Root, directory: str, found: Survey, linked: Severity = Severity.WARNING) -> list[Entry]:
    """Return the entries of a directory; none where it is missing, a problem where it cannot be read.

    `linked` says how much it matters that the directory is a link.
    """
    try:
        entries = root.entries(directory)
    except Missing:
        known = {problem.file for problem in found.problems}
        found.problems += link_problems(root, directory, linked) if directory not in known else []
        return []
    except FileFault as fault:
        found.problems.append(fault_problem(fault, directory))
        return []
    found.directories.append(directory)
    return entries


def link_problems(root: Root, directory: str, severity: Severity) -> list[Problem]:
    """Say that a directory is a link, if it is one."""
    try:
        stamp = root.stamp(directory)
    except FileFault:
        return []
    if stamp is None or not stat.S_ISLNK(stamp.mode):
        return []
    message = "it is a link, not a directory: nothing in it is read or shown"
    return [Problem(severity, directory, 1, message, hint="replace it by a directory")]


def fault_problem(fault: FileFault, path: str) -> Problem:
    """Say that something cannot be read, and why."""
    return Problem(Severity.ERROR, path, 1, f"cannot be read: {fault.reason}", hint=fault.hint)
