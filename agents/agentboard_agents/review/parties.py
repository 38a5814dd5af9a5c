"""Who may clash: the branch of each live run with what is not committed yet, and the working tree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault, commits
from agentboard_agents.repository.head import in_files, read_head, read_ref
from agentboard_agents.repository.plumbing import Output, Plumbing
from agentboard_agents.repository.snapshot import take

__all__ = ["TREE", "Party", "Scratch", "party_of_run", "party_of_tree"]

TREE = "working tree"
"""What the user's own checkout is called among the parties."""

SETTLED = {"GIT_AUTHOR_DATE": "@0 +0000", "GIT_COMMITTER_DATE": "@0 +0000"}
"""The same content is the same commit, so that what was merged once is known."""


class Party(Struct, frozen=True):
    """One side: `run` is `None` for the working tree; `commit` holds all it has, `paths` what it changed."""

    name: str
    run: str | None
    agent: str
    commit: str
    paths: frozenset[str]


class Scratch(Plumbing):
    """Git that writes its objects into a directory of its own, and reads the repository's beside them."""

    def __init__(self, project: Project) -> None:
        super().__init__(os.path.realpath(project.root), os.path.join(project.state, "radar"))
        self._objects = os.path.join(self.state, "objects")

    def contents(
        self,
        *arguments: str,
        what: str,
        data: bytes = b"",
        index: str | None = None,
        work_tree: str | None = None,
        check: bool = True,
        cap: int | None = None,
        extra: dict[str, str] | None = None,
    ) -> Output:
        """Run a command as `Plumbing` does; nothing that it writes enters the repository."""
        os.makedirs(self._objects, mode=0o700, exist_ok=True)
        theirs = os.path.join(self.places.common_dir, "objects").replace("\\", "\\\\").replace('"', '\\"')
        own = {"GIT_OBJECT_DIRECTORY": self._objects, "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{theirs}"'}
        return super().contents(
            *("-c", "core.fsync=none"),  # what is lost with the power is merged again
            *arguments,
            what=what,
            data=data,
            index=index,
            work_tree=work_tree,
            check=check,
            cap=cap,
            extra={**own, **(extra or {})},
        )


def party_of_run(git: Scratch, run: Run, exclude: Sequence[str]) -> Party | None:
    """Return what a run has changed so far, committed or not; `None` when that is nothing."""
    tip = _tip(git, f"refs/heads/{run.branch}") if run.branch else None
    if tip is None or run.base is None:
        return None
    commit = tip
    if run.worktree and os.path.isdir(run.worktree):
        commit = _with_uncommitted(git, run.worktree, tip, exclude)
    return _party(git, run.branch or run.id, run.id, run.agent, run.base, commit)


def _tip(git: Scratch, ref: str) -> str | None:
    """Return the commit that a full ref is at, from files where that is enough."""
    return read_ref(git.places, ref) if in_files(git.places) else commits.tip_of(git, ref)


def party_of_tree(git: Scratch, exclude: Sequence[str], bases: Iterable[str]) -> Party | None:
    """Return what the user's checkout has beyond the commits that runs started from."""
    head = read_head(git.places)
    if head is None or head.commit is None:
        return None
    commit = _with_uncommitted(git, git.root, head.commit, exclude)
    changed = [_changed(git, base, commit) for base in dict.fromkeys(bases)]
    paths = frozenset[str]().union(*changed)
    return Party(TREE, None, "", commit, paths) if paths else None


def _party(git: Scratch, name: str, run: str, agent: str, base: str, commit: str) -> Party | None:
    paths = _changed(git, base, commit)
    return Party(name, run, agent, commit, paths) if paths else None


def _with_uncommitted(git: Scratch, worktree: str, tip: str, exclude: Sequence[str]) -> str:
    """Return a commit of everything in a work tree; the tip where it has nothing new."""
    try:
        snapshot = take(git, worktree, tip, exclude)
    except GitFault:
        return tip  # a file that only a filter could read: what is committed counts
    if not snapshot.changed:
        return tip
    people = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a"}
    output = git.contents(
        "commit-tree", snapshot.tree, "-p", tip, "-m", "so far",
        what="write a commit", extra={**people, "GIT_COMMITTER_EMAIL": "a", **SETTLED},
    )  # fmt: skip
    return output.data.decode().strip()


def _changed(git: Scratch, base: str, commit: str) -> frozenset[str]:
    listed = git.contents(
        "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options", base, commit,
        what="compare two commits",
    )  # fmt: skip
    return frozenset(os.fsdecode(path) for path in listed.data.split(b"\0") if path)
