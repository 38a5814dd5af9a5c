"""The user's files, moved from one commit to another: only what is as the old commit has it is replaced."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from agentboard_agents.repository.landing_plan import LARGEST, Change, Plan
from agentboard_tasks.files import Changed, FileFault, Missing, Refused, Root

__all__ = ["in_the_way", "move_files", "untouched"]

MOST_LISTED = 10_000


def move_files(root: Root, plan: Plan, done: list[Change]) -> tuple[str, ...]:
    """Write, replace and remove files as the plan says; `done` gets each change that was made.

    Returns:
        The paths that somebody else has changed meanwhile: they are as that somebody left them.

    Raises:
        FileFault: when a file cannot be written; `done` says how far it came.
    """
    kept: list[str] = []
    for change in sorted(plan.files, key=lambda one: one.after.there):  # what goes away makes room
        if not _moved(root, plan, change):
            kept.append(change.path)
            continue
        done.append(change)
        if not change.after.there:
            _prune(root, change.path)
    return tuple(kept)


def _moved(root: Root, plan: Plan, change: Change) -> bool:
    """Bring one file to its new state; say whether it is in it now."""
    now, old, new = _content(root, change.path), plan.old(change), plan.new(change)
    wanted = new.data if new else None
    if now is not None and new is not None and now == wanted:
        _dress(root, change)
        return True
    if now == wanted:
        return True
    if now != (old.data if old else None):
        return False
    try:
        return _change(root, change, now, wanted)
    except Changed:
        return False


def _change(root: Root, change: Change, now: bytes | None, wanted: bytes | None) -> bool:
    if wanted is None:
        root.remove(change.path)
        return True
    if now is None:
        root.write_new(change.path, wanted)
    else:
        lost = root.swap(change.path, now, wanted, lambda _: None)
        if lost is not None:  # somebody saved the file at the last moment: theirs is put back
            root.swap(change.path, wanted, lost, lambda _: None)
            return False
    _dress(root, change)
    return True


def _dress(root: Root, change: Change) -> None:
    """Make a file a program, or none, where that is what changed."""
    stamp = root.stamp(change.path)
    if stamp is None or bool(stamp.mode & 0o100) == change.after.executable:
        return
    mode = stat.S_IMODE(stamp.mode)
    mode = mode | (mode & 0o444) >> 2 if change.after.executable else mode & ~0o111
    root.write(change.path, root.read(change.path, cap=LARGEST).data, mode=mode)


def _prune(root: Root, path: str) -> None:
    """Remove the directories that a removed file has left empty."""
    while path := os.path.dirname(path):
        try:
            root.remove(path)
        except FileFault:
            return  # not empty, or gone: that is where the tidying ends


def untouched(root: Root, plan: Plan) -> Iterator[str]:
    """Yield the paths whose files are not as the plan's old commit has them."""
    for change in plan.files:
        old = plan.old(change)
        if change.before.there and _content(root, change.path) != (old.data if old else None):
            yield change.path


def in_the_way(root: Root, plan: Plan) -> Iterator[str]:
    """Yield what is not in the old commit and stands where the new one has a file."""
    removed = plan.removed
    for change in plan.files:
        if change.after.there and not change.before.there:
            yield from _obstacles(root, change.path, removed)


def _obstacles(root: Root, path: str, removed: Iterable[str]) -> Iterator[str]:
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        place = "/".join(parts[:count])
        try:
            stamp = root.stamp(place)
        except Refused:
            yield place
            return
        if stamp is None:
            return
        if not stat.S_ISDIR(stamp.mode):
            if place not in removed:
                yield place
            return
    yield from (name for name in _beneath(root, path) if name not in removed)


def _beneath(root: Root, path: str) -> Iterator[str]:
    """Yield the files beneath a directory."""
    for entry in root.entries(path):
        name = f"{path}/{entry.name}"
        if entry.kind == "directory":
            yield from _beneath(root, name)
        else:
            yield name


def _content(root: Root, path: str) -> bytes | None:
    try:
        return root.read(path, cap=LARGEST).data
    except Missing:
        return None
    except Refused:
        stamp = root.stamp(path)
        if stamp is not None and stat.S_ISDIR(stamp.mode):
            return None  # a directory that its files are about to leave
        raise
