"""A work tree seen again and again: an index of its parent is kept, so that a look costs what has changed.

Nothing that is committed goes through here; `snapshot.take` begins from the parent each time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from agentboard_agents.repository.names import is_commit_id
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.snapshot import find, prepare, write
from agentboard_agents.repository.worktrees import copy_index, forget, index_of

__all__ = ["Seen", "forget_looks", "look"]


class Seen(Struct, frozen=True):
    """What a work tree has beyond its parent; without a `tree`, nothing."""

    tree: str | None = None
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def look(git: Plumbing, worktree: str, parent: str, exclude: Sequence[str], known: str = "") -> Seen:
    """Return what `take` would, with the parent's index kept for the next look.

    Args:
        known: an index that knows these files, to begin with where there is none yet.

    Raises:
        GitFault: as `take` does.
    """
    index = _ready(git, worktree, parent, known)
    found = find(git, worktree, index, exclude)
    if not (found.write or found.remove):
        return Seen()
    own = f"{index_of(git, worktree)}-now"
    forget(own)  # with the lock that a process which died may have left
    copy_index(index, own)
    try:
        tree = write(git, worktree, own, found)
    finally:
        forget(own)
    return Seen(tree, (*found.write, *found.remove), found.added, found.remove)


def forget_looks(git: Plumbing, worktree: str) -> None:
    """Begin anew at the next look."""
    index = index_of(git, worktree)
    for name in (index, *_kept(index)):
        forget(name)


def _ready(git: Plumbing, worktree: str, parent: str, known: str) -> str:
    """Return the place of an index that holds the parent's tree.

    It is kept under the parent's name once it was written in a later second than what it was made from.
    Before that, git would have to read each file that was last changed in the same second (gitformat-index,
    racy git), at every look.
    """
    index = index_of(git, worktree)
    kept = f"{index}.{parent}"
    if os.path.exists(kept):
        return kept
    for other in _kept(index):
        os.replace(other, index)
    if known and not os.path.exists(index) and os.path.exists(known):
        copy_index(known, index)
    before = _second(index)
    prepare(git, worktree, index, parent)
    if before is None or before == _second(index):
        return index
    os.replace(index, kept)
    return kept


def _kept(index: str) -> list[str]:
    directory, name = os.path.split(index)
    there = os.listdir(directory) if os.path.isdir(directory) else []
    return [
        os.path.join(directory, one)
        for one in there
        if one.startswith(f"{name}.") and is_commit_id(one.removeprefix(f"{name}."))
    ]


def _second(index: str) -> int | None:
    return int(os.stat(index).st_mtime) if os.path.exists(index) else None
