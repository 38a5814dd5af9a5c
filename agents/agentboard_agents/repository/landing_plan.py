"""What differs for a work tree when its branch moves to another commit, with the files as they go on disk."""

from __future__ import annotations

import os

from msgspec import Struct

from agentboard_agents.repository.landing_places import CannotLand
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.worktrees import forget
from agentboard_tasks.files import FileFault, Image, Missing, Root

__all__ = ["NOTHING", "Change", "Entry", "Plan", "plan"]

LIST_CAP = 64 * 1024 * 1024
LARGEST = 100 * 1024 * 1024
LINK, MODULE = "120000", "160000"
TELL = "merge it by hand: git merge {branch}"


class Entry(Struct, frozen=True):
    """A path of a commit: its mode and blob; mode `000000` is a path that is not there."""

    mode: str
    blob: str

    @property
    def there(self) -> bool:
        """Whether the commit has the path."""
        return self.mode != "000000"

    @property
    def executable(self) -> bool:
        """Whether it is a program."""
        return self.mode == "100755"


NOTHING = Entry("000000", "")


class Change(Struct, frozen=True):
    """One path that differs, before and after."""

    path: str
    before: Entry
    after: Entry


class Plan(Struct, frozen=True):
    """The paths that differ, and two directories with their files as they belong on disk."""

    changes: tuple[Change, ...]
    before: Root
    after: Root

    @property
    def files(self) -> tuple[Change, ...]:
        """The changes of files; a submodule's directory is never touched, only its entry in the index."""
        return tuple(one for one in self.changes if MODULE not in {one.before.mode, one.after.mode})

    @property
    def removed(self) -> frozenset[str]:
        """The paths that go away."""
        return frozenset(one.path for one in self.files if not one.after.there)

    def reversed(self) -> Plan:
        """Return the way back."""
        back = tuple(Change(one.path, one.after, one.before) for one in self.changes)
        return Plan(back, self.after, self.before)

    def old(self, change: Change) -> Image | None:
        """Return the file as it was."""
        return _read(self.before, change.path) if change.before.there else None

    def new(self, change: Change) -> Image | None:
        """Return the file as it will be."""
        return _read(self.after, change.path) if change.after.there else None


def plan(git: Plumbing, old: str, new: str, source: str, scratch: str) -> Plan:
    """Compare two commits and write the files that differ beneath `scratch`, line endings as configured.

    Raises:
        CannotLand: when a path needs more than a plain file: a link, or a filter such as Git LFS.
    """
    changes = _changes(git, old, new)
    _refuse_links(changes, source)
    places: list[Root] = []
    for side, commit in (("before", old), ("after", new)):
        paths = [one.path for one in changes if getattr(one, side).there]
        files = [path for path, one in zip(paths, _sided(changes, side), strict=True) if one.mode != MODULE]
        places.append(_written(git, commit, files, os.path.join(scratch, side), source))
    return Plan(changes, places[0], places[1])


def _sided(changes: tuple[Change, ...], side: str) -> list[Entry]:
    entries: list[Entry] = [getattr(one, side) for one in changes]
    return [entry for entry in entries if entry.there]


def _changes(git: Plumbing, old: str, new: str) -> tuple[Change, ...]:
    listed = git.contents(
        "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", old, new,
        what="compare two commits", cap=LIST_CAP,
    )  # fmt: skip
    if listed.truncated:
        raise CannotLand("the difference is too large to be taken over into your work tree")
    fields = iter(listed.data.split(b"\0"))
    found: list[Change] = []
    for field in fields:
        if field:
            modes = field.decode("ascii").removeprefix(":").split(" ")
            before, after = Entry(modes[0], modes[2]), Entry(modes[1], modes[3])
            found.append(Change(os.fsdecode(next(fields)), before, after))
    return tuple(found)


def _refuse_links(changes: tuple[Change, ...], source: str) -> None:
    for change in changes:
        if LINK in {change.before.mode, change.after.mode}:
            what = f"{change.path} is a symbolic link, which agentboard does not write into your work tree"
            raise CannotLand(what, hint=TELL.format(branch=source))


def _written(git: Plumbing, commit: str, paths: list[str], directory: str, source: str) -> Root:
    """Write the named files of a commit into a new directory: no filter, no hook runs."""
    place = Root.create(directory)
    index = f"{directory}.index"
    names = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        git.contents("read-tree", "--end-of-options", commit, what="read a tree", index=index)
        _refuse_filtered(git, index, names, source)
        git.contents(
            "checkout-index", "--force", "--quiet", "-z", "--stdin",
            what="write the files of a commit", data=names, index=index, work_tree=place.path,
        )  # fmt: skip
    finally:
        forget(index)
    return place


def _refuse_filtered(git: Plumbing, index: str, names: bytes, source: str) -> None:
    answer = git.contents(
        "check-attr", "--cached", "-z", "--stdin", "filter",
        what="read the attributes", data=names, index=index,
    ).data.split(b"\0") if names else []  # fmt: skip
    for path, value in zip(answer[0::3], answer[2::3], strict=False):
        if os.fsdecode(value) in git.settings().required:
            what = f"{os.fsdecode(path)} needs the filter {os.fsdecode(value)!r} (Git LFS and the like)"
            raise CannotLand(what, hint=TELL.format(branch=source))


def _read(place: Root, path: str) -> Image | None:
    try:
        return place.read(path, cap=LARGEST)
    except Missing:
        return None
    except FileFault as fault:
        raise CannotLand(str(fault)) from fault
