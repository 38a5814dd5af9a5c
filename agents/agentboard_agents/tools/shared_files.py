"""The team's live files, lent to a command: copied into the worktree before it, brought back after it.

A command cannot be given the live file itself: a bind mount of one file keeps the old inode when agentboard
replaces it, and an append by the command would be lost.
"""

from __future__ import annotations

import json
import posixpath

from msgspec import Struct

from agentboard_agents.tools.context import ToolContext
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.edit_merge import Overlap, merge
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["Lent", "Loan", "bring_back", "lend"]

MOST = 500
CAP = 4 * 1024 * 1024


class Lent(Struct, frozen=True):
    """A file as it was when the command started; `None`: there was none."""

    rel: str
    before: bytes | None


class Loan(Struct, frozen=True):
    """The files that a command was lent, and those that lay in their directories beside them."""

    files: tuple[Lent, ...] = ()
    others: frozenset[str] = frozenset()


def lend(context: ToolContext) -> Loan:
    """Copy the live files into the worktree; one that cannot be copied is left out."""
    others = frozenset(_in_directories(context, context.worktree))
    lent: list[Lent] = []
    for rel in _files(context):
        try:
            before = _content(context.project, rel)
            if before is not None and _content(context.worktree, rel) != before:
                context.worktree.write(rel, before, durable=False)
        except FileFault:
            continue
        lent.append(Lent(rel, before))
    return Loan(tuple(lent), others)


def bring_back(context: ToolContext, loan: Loan) -> list[str]:
    """Make in the live files what the command did to its copies; return what could not be made."""
    notes: list[str] = []
    for one in (*loan.files, *_made(context, loan)):
        try:
            after = _content(context.worktree, one.rel)
            if after is not None and after != one.before:
                _apply(context, one, after)
        except (PatchRefused, EditConflict, FileFault) as fault:
            notes.append(f"your change to {one.rel} was not taken over: {fault.reason}")
    return notes


def _made(context: ToolContext, loan: Loan) -> list[Lent]:
    """Return the files that the command made in directories that it was not shown as they are."""
    known = loan.others.union(one.rel for one in loan.files)
    found = [rel for rel in _in_directories(context, context.worktree) if rel not in known]
    return [Lent(rel, None) for rel in found[:MOST]]


def _apply(context: ToolContext, lent: Lent, after: bytes) -> None:
    def patch(now: bytes) -> bytes:
        return reconciled(lent.before or b"", now, after, lent.rel)

    context.editor.apply(lent.rel, patch, why=f"Bash by {context.agent}", create=lent.before is None)


def reconciled(before: bytes, now: bytes, after: bytes, rel: str) -> bytes:
    """Return what a file becomes that is `now`, when a command turned `before` into `after`.

    Raises:
        PatchRefused: when both changed the same lines, or a JSON file would be one no longer.
    """
    if now == before:
        return after
    if after.startswith(before) and not rel.endswith(".json"):
        gap = b"" if not now or now.endswith(b"\n") else b"\n"
        return now + gap + after[len(before) :]
    try:
        made = merge(before, now, after)
    except Overlap:
        raise PatchRefused("others changed the same lines meanwhile; look at it and use Edit") from None
    if rel.endswith(".json") and _is_json(now) and not _is_json(made):
        raise PatchRefused("with the changes of others it would be no JSON; look at it and use Edit")
    return made


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _content(root: Root, rel: str) -> bytes | None:
    try:
        return root.read(rel, CAP).data
    except Missing:
        return None


def _files(context: ToolContext) -> list[str]:
    """Return the single files, and those in directories that are not mounted."""
    return [*context.coordination.files, *_in_directories(context, context.project)][:MOST]


def _in_directories(context: ToolContext, root: Root) -> list[str]:
    """Return what is shared in the directories that a command is not given whole, as they are in `root`."""
    shared = context.coordination
    mounted = shared.mounted if context.sandbox.name == "bubblewrap" else ()
    return [
        path
        for directory in shared.directories
        if directory not in mounted
        for path in _beneath(root, directory)
        if shared.holds(path)
    ]


def _beneath(root: Root, directory: str) -> list[str]:
    try:
        entries = root.entries(directory)
    except FileFault:
        return []
    found: list[str] = []
    for entry in entries:
        path = posixpath.join(directory, entry.name)
        found += [path] if entry.kind == "file" else _beneath(root, path) if entry.kind == "directory" else []
    return found
