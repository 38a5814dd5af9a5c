"""Marks of a merge that are still in the files: work that holds both sides of a conflict is not done."""

from __future__ import annotations

import re

from agentboard_agents.gates import GateResult
from agentboard_agents.repository import Repository
from agentboard_tasks.files import FileFault, Root

__all__ = ["marks_left"]

NAME = "conflict marks"
MARKS = re.compile(rb"^(?:<{7} .*|>{7} .*)$", re.MULTILINE)
BOTH = (b"<", b">")
MOST_FILES = 1_000


def marks_left(repository: Repository, worktree: str, merged: str, branch: str) -> GateResult:
    """Return the verdict on a branch that took in the commit `merged`.

    A file counts that differs from that commit and has both an opening and a closing mark.
    """
    tip = repository.tip(branch)
    place = Root(worktree)
    files = repository.changed_files(merged, tip)[:MOST_FILES] if tip else ()
    left = tuple(path for path in files if _is_marked(place, path))
    if not left:
        return GateResult(NAME, "passed")
    reason = f"{', '.join(left[:5])} still {'holds' if len(left) == 1 else 'hold'} both sides of a conflict"
    return GateResult(NAME, "failed", left, reason, reason=reason)


def _is_marked(place: Root, path: str) -> bool:
    try:
        data = place.read(path).data
    except FileFault:
        return False
    found = {mark[:1] for mark in MARKS.findall(data)}
    return all(mark in found for mark in BOTH)
