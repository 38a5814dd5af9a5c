"""The user's own index, held with git's lock: looked at through a copy, replaced in one step."""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec import Struct

from agentboard_agents.repository.landing_places import CannotLand
from agentboard_agents.repository.landing_plan import NOTHING, Change, Entry
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.worktrees import forget
from agentboard_tasks.files import Changed, FileFault, Missing, Root

__all__ = ["UserIndex"]

LOCK = "index.lock"
LARGEST = 512 * 1024 * 1024
SKIPPED = frozenset("hsS")
"""Tags of `ls-files -v` for paths whose files git does not look at."""


class Looked(Struct, frozen=True):
    """What the index says: its entries, unmerged and unwatched paths, and those whose files differ."""

    entries: dict[str, Entry]
    unmerged: frozenset[str]
    unwatched: frozenset[str]
    dirty: frozenset[str]


class UserIndex:
    """The index of the work tree at `root`; our lock holds `token`, by which a later process knows it."""

    def __init__(self, git: Plumbing, root: str, copy: str, token: bytes) -> None:
        self._git = git
        self._root = root
        self._copy = copy
        self._token = token
        self._place = Root(git.places.git_dir)

    def lock(self) -> None:
        """Keep every git command off the index; a lock that is ours already is kept.

        Raises:
            CannotLand: when somebody else has it.
        """
        try:
            self._place.write_new(LOCK, self._token)
        except Changed as fault:
            if not self.ours():
                said, hint = "another git command is at work in your work tree", f"or {LOCK} was left behind"
                raise CannotLand("your work tree is busy", said, hint) from fault
        except FileFault as fault:
            raise CannotLand("your work tree's index cannot be locked", str(fault)) from fault

    def ours(self) -> bool:
        """Say whether the lock is there and ours."""
        try:
            return self._place.read(LOCK, cap=LARGEST).data == self._token
        except FileFault:
            return False

    def unlock(self) -> None:
        """Let git at the index again, if the lock is ours."""
        if self.ours():
            self._place.remove(LOCK)

    def look(self) -> Looked:
        """Compare the index with the files."""
        self._take()
        self._git.contents(
            "update-index", "-q", "--refresh", "--ignore-submodules", "--ignore-missing",
            what="compare your work tree", index=self._copy, work_tree=self._root, check=False,
        )  # fmt: skip
        differs = self._git.contents(
            "diff-files", "--name-only", "-z", "--ignore-submodules",
            what="compare your work tree", index=self._copy, work_tree=self._root,
        )  # fmt: skip
        dirty = frozenset(os.fsdecode(path) for path in differs.data.split(b"\0") if path)
        return self._looked(dirty)

    def _looked(self, dirty: frozenset[str]) -> Looked:
        listed = self._git.contents(
            "ls-files", "-s", "-v", "-z", "--full-name", what="read your index", index=self._copy
        )
        entries: dict[str, Entry] = {}
        unmerged: set[str] = set()
        unwatched: set[str] = set()
        for line in listed.data.split(b"\0"):
            facts, tab, name = line.partition(b"\t")
            if not tab:
                continue
            tag, mode, blob, stage = facts.decode("ascii").split(" ")
            path = os.fsdecode(name)
            entries[path] = Entry(mode, blob)
            if stage != "0":
                unmerged.add(path)
            if tag in SKIPPED:
                unwatched.add(path)
        return Looked(entries, frozenset(unmerged), frozenset(unwatched), dirty)

    def replace(self, changes: Iterable[Change]) -> None:
        """Put the changes that are still as before into the index, and give the lock up with it."""
        self._take()
        entries = self._looked(frozenset()).entries
        due = [one for one in changes if same(entries.get(one.path, NOTHING), one.before)]
        lines = [b"%s %s\t%s\0" % (*_info(one), os.fsencode(one.path)) for one in due]
        self._git.contents(
            "update-index",
            "-z",
            "--index-info",
            what="write an index",
            data=b"".join(lines),
            index=self._copy,
        )
        self._git.contents(
            "update-index", "-q", "--refresh", "--ignore-submodules", "--ignore-missing",
            what="refresh an index", index=self._copy, work_tree=self._root, check=False,
        )  # fmt: skip
        image = Root(os.path.dirname(self._copy)).read(os.path.basename(self._copy), cap=LARGEST)
        self._place.write("index", image.data)
        self.unlock()
        forget(self._copy)

    def _take(self) -> None:
        """Copy the index, with its time, to where only this process works on it.

        By that time git knows which files it has to compare by content (gitformat-index, racy git).
        """
        forget(self._copy)
        try:
            image = self._place.read("index", cap=LARGEST)
        except Missing:
            return  # a work tree without an index: everything in it counts as removed
        Root.create(os.path.dirname(self._copy)).write(
            os.path.basename(self._copy), image.data, durable=False
        )
        os.utime(self._copy, ns=(image.stamp.mtime_ns, image.stamp.mtime_ns))


def same(one: Entry, other: Entry) -> bool:
    """Say whether two entries are equal; how a missing one is spelled does not matter."""
    return one == other or not (one.there or other.there)


def _info(change: Change) -> tuple[bytes, bytes]:
    """Return mode and blob as `--index-info` takes them; mode 0 removes."""
    blob = change.after.blob if change.after.there else "0" * len(change.before.blob)
    return change.after.mode.encode() if change.after.there else b"0", blob.encode()
