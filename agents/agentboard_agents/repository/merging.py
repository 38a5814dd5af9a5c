"""Merges in memory: what two commits make together, or where they do not fit. No work tree is touched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.plumbing import Output, Plumbing

__all__ = ["Conflict", "Merge", "merge", "merge_many", "sides", "sides_many"]

TOO_OLD = 129
"""The status with which a git that knows no real merge in memory prints its usage."""
HINT = "agentboard merges with git 2.38 or newer (`git --version`)"
SIDE_CAP = 64 * 1024
OURS, THEIRS, END = b"<<<<<<< ", b"=======", b">>>>>>> "


class Conflict(Struct, frozen=True):
    """A path at which two commits do not fit, and what git says about it."""

    path: str
    said: str = ""


class Merge(Struct, frozen=True):
    """The tree of a merge; where `conflicts` has paths, their files in it hold both sides."""

    tree: str
    conflicts: tuple[Conflict, ...] = ()


class Sides(Struct, frozen=True):
    """One place at which two sides differ: the first line of it in the merged file, and both texts."""

    line: int
    ours: str
    theirs: str


def merge(git: Plumbing, ours: str, theirs: str) -> Merge:
    """Merge two commits.

    Raises:
        GitFault: when they cannot be merged at all, or git is too old for it.
    """
    output = git.contents(
        "merge-tree", "--write-tree", "-z", "--name-only", "--messages", ours, theirs,
        what="merge two commits", check=False,
    )  # fmt: skip
    if output.status not in {0, 1}:
        raise _fault(output)
    return _merge(iter(output.data.split(b"\0")), clean=output.status == 0)


def merge_many(git: Plumbing, pairs: Sequence[tuple[str, str]]) -> list[Merge]:
    """Merge pairs of commits with one git; in the order of `pairs`."""
    if not pairs:
        return []
    asked = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs).encode()
    output = git.contents(
        "merge-tree", "--stdin", "--name-only", what="merge commits", data=asked, check=False
    )
    fields = iter(output.data.split(b"\0"))
    found = [_merge(fields, clean=status == b"1") for status in fields if status]
    if output.status not in {0, 1} or len(found) != len(pairs):
        raise _fault(output)
    return found


def sides(git: Plumbing, tree: str, path: str) -> tuple[Sides, ...]:
    """Return both sides of every place in a file of a merge's tree where they do not fit."""
    output = git.contents(
        "cat-file", "blob", f"{tree}:{path}", what=f"read {path}", cap=SIDE_CAP, check=False
    )
    return tuple(_sides(output.data.splitlines())) if output.status == 0 or output.truncated else ()


def sides_many(git: Plumbing, files: Sequence[tuple[str, str]]) -> list[tuple[Sides, ...]]:
    """Return what `sides` does for many files (tree, path), with one git; in their order."""
    plain = [(tree, path) for tree, path in files if "\n" not in path]
    asked = b"".join(os.fsencode(f"{tree}:{path}\n") for tree, path in plain)
    output = git.contents("cat-file", "--batch", what="read files", data=asked).data if asked else b""
    found: dict[tuple[str, str], tuple[Sides, ...]] = {}
    at = 0
    for file in plain:
        head = output[at : output.index(b"\n", at)]
        at += len(head) + 1
        kind, size = head.split(b" ")[-2:]  # the last word of one that is not there is `missing`
        if kind == b"blob":
            found[file] = tuple(_sides(output[at : at + min(int(size), SIDE_CAP)].splitlines()))
        at += 0 if size == b"missing" else int(size) + 1
    return [found.get(file, ()) for file in files]


def _merge(fields: Iterator[bytes], *, clean: bool) -> Merge:
    """Take one merge out of the fields of an answer."""
    tree = next(fields, b"").decode("ascii", "replace")
    paths: list[str] = []
    for field in fields:
        if not field:
            break
        paths.append(os.fsdecode(field))
    if clean:
        return Merge(tree)
    told = dict(_messages(fields))
    return Merge(tree, tuple(Conflict(path, told.get(path, "")) for path in paths))


def _messages(fields: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """Yield path and text of each message about a conflict: count, paths, type, text."""
    for count in fields:
        if not count.isdigit():
            break
        paths = [os.fsdecode(next(fields, b"")) for _ in range(int(count))]
        kind, text = next(fields, b""), next(fields, b"")
        if kind.startswith(b"CONFLICT") and paths:
            yield paths[0], text.decode("utf-8", "replace").strip()


def _sides(lines: Sequence[bytes]) -> Iterator[Sides]:
    start, side = 0, -1
    parts: tuple[list[bytes], list[bytes]] = ([], [])
    for number, line in enumerate(lines, 1):
        if line.startswith(OURS):
            start, side = number, 0
            parts = ([], [])
        elif side == 0 and line == THEIRS:
            side = 1
        elif side == 1 and line.startswith(END):
            yield Sides(start, *(b"\n".join(part).decode("utf-8", "replace") for part in parts))
            side = -1
        elif side >= 0:
            parts[side].append(line)


def _fault(output: Output) -> GitFault:
    if output.status == TOO_OLD:
        return GitFault("could not merge", "this git cannot merge in memory", HINT)
    return GitFault("could not merge", output.said or f"git ended with status {output.status}")
