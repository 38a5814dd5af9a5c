"""Where a branch is checked out, and whether git is in the middle of something there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.worktrees import branch_of

__all__ = ["CannotLand", "check_nobody_else", "is_checked_out"]

BUSY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}
REBASES = ("rebase-merge/head-name", "rebase-apply/head-name")


class CannotLand(GitFault):
    """Why a branch was left where it is; nothing was changed."""


def is_checked_out(git: Plumbing, branch: str) -> bool:
    """Say whether the user's own work tree is on `branch`."""
    return branch_of(git.places.git_dir) == branch


def check_nobody_else(git: Plumbing, branch: str) -> None:
    """See that to move `branch` surprises no other work tree and no command that is half done.

    Raises:
        CannotLand: with what is in the way.
    """
    what = f"{branch} cannot be moved"
    for directory in _git_directories(git):
        if any(_text(directory, name) == f"refs/heads/{branch}" for name in REBASES):
            raise CannotLand(what, "it is being rebased", "end the rebase, then accept again")
        if directory != git.places.git_dir and branch_of(directory) == branch:
            where = _text(directory, "gitdir").removesuffix("/.git") or directory.removesuffix("/.git")
            raise CannotLand(what, f"it is checked out in {where}", "switch that work tree to another branch")
    for name, doing in BUSY.items():
        if is_checked_out(git, branch) and os.path.exists(os.path.join(git.places.git_dir, name)):
            raise CannotLand(what, f"{doing} is under way in your work tree", "end it, then accept again")


def _git_directories(git: Plumbing) -> Iterator[str]:
    """Yield git's own directory of every work tree that is still there."""
    common = git.places.common_dir
    yield git.places.git_dir
    if common != git.places.git_dir and os.path.basename(common) == ".git":
        yield common
    linked = os.path.join(common, "worktrees")
    for name in sorted(os.listdir(linked)) if os.path.isdir(linked) else ():
        directory = os.path.join(linked, name)
        there = os.path.exists(_text(directory, "gitdir"))
        if there and os.path.realpath(directory) != git.places.git_dir:
            yield directory


def _text(directory: str, name: str) -> str:
    try:
        with open(os.path.join(directory, name), "rb") as file:
            return os.fsdecode(file.read(65_536)).strip()
    except OSError:
        return ""  # not there: git is not doing that here
