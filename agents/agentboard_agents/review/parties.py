"""Who may clash: the branch of each live run with what is not committed yet, and the working tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault, commits
from agentboard_agents.repository.head import in_files, read_head, read_ref
from agentboard_agents.repository.look import Seen, forget_looks, look
from agentboard_agents.repository.plumbing import Output, Plumbing
from agentboard_agents.repository.worktrees import index_of
from agentboard_tasks.files import Root

__all__ = ["TREE", "Party", "Scratch", "party_of_run", "party_of_tree"]

TREE = "working tree"
"""What the user's own checkout is called among the parties."""

MOST_COMPARED = 2_000
SETTLED = "author a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nso far\n"
"""The same content is the same commit, so that what was merged once is known."""


class Party(Struct, frozen=True):
    """One side: `run` is `None` for the working tree; `commit` holds all it has, `paths` what it changed.

    Of `paths`, `added` are new and `removed` are gone. A path that was changed and changed back may be there.
    """

    name: str
    run: str | None
    agent: str
    commit: str
    paths: frozenset[str]
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class Scratch(Plumbing):
    """Git that writes its objects into a directory of its own, and reads the repository's beside them."""

    def __init__(self, project: Project) -> None:
        root = os.path.realpath(project.root)
        super().__init__(root, os.path.join(project.state, "radar"))
        self.committing = Plumbing(root, project.state)  # its indexes know the files of work trees
        self._objects = os.path.join(self.state, "objects")
        self._changes: dict[tuple[str, str], dict[str, str]] = {}

    def changes(self, base: str, commit: str) -> dict[str, str]:
        """Return the paths that differ between two commits, each with git's letter for how; they are kept."""
        if len(self._changes) > MOST_COMPARED:
            self._changes.clear()
        if (base, commit) not in self._changes:
            listed = self.contents(
                "diff-tree", "-r", "-z", "--name-status", "--no-renames", "--end-of-options", base, commit,
                what="compare two commits",
            ).data.split(b"\0")  # fmt: skip
            names = map(os.fsdecode, listed)
            self._changes[base, commit] = {path: kind for kind, path in zip(names, names, strict=False)}
        return self._changes[base, commit]

    def clear(self) -> None:
        """Remove all that was written so far; who knows a commit of it has to forget it."""
        for place in (self._objects, os.path.join(self.state, "indexes")):
            shutil.rmtree(place, ignore_errors=True)

    def commit(self, tree: str, parent: str) -> str:
        """Write a commit as a loose object, which spares a process at every look; return its id."""
        body = f"tree {tree}\nparent {parent}\n{SETTLED}".encode()
        data = b"commit %d\0%s" % (len(body), body)
        made = hashlib.new(self.settings().object_format, data, usedforsecurity=False).hexdigest()
        Root.create(self._objects).write(f"{made[:2]}/{made[2:]}", zlib.compress(data, 0), durable=False)
        return made

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
            *("-c", "core.looseCompression=0"),  # it does not stay long
            *("-c", "core.warnAmbiguousRefs=false"),  # every commit is named by its id
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
    seen = Seen()
    if run.worktree and os.path.isdir(run.worktree):
        seen = _uncommitted(git, run.worktree, tip, exclude)
    return _party(git, (run.branch or run.id, run.id, run.agent), [run.base], tip, seen)


def party_of_tree(git: Scratch, exclude: Sequence[str], bases: Iterable[str]) -> Party | None:
    """Return what the user's checkout has beyond the commits that runs started from."""
    head = read_head(git.places)
    if head is None or head.commit is None:
        return None
    seen = _uncommitted(git, git.root, head.commit, exclude)
    return _party(git, (TREE, None, ""), dict.fromkeys(bases), head.commit, seen)


def _tip(git: Scratch, ref: str) -> str | None:
    """Return the commit that a full ref is at, from files where that is enough."""
    return read_ref(git.places, ref) if in_files(git.places) else commits.tip_of(git, ref)


def _party(
    git: Scratch, who: tuple[str, str | None, str], bases: Iterable[str], tip: str, seen: Seen
) -> Party | None:
    """Put together what the commits up to `tip` changed and what is not committed."""
    changes = [git.changes(base, tip) for base in bases]
    paths = frozenset(seen.changed).union(*changes)
    if not paths:
        return None
    added = frozenset(seen.added).union(*(_with(each, "A") for each in changes))
    removed = frozenset(seen.removed).union(*(_with(each, "D") for each in changes))
    return Party(*who, _commit(git, seen, tip), paths, added, removed)


def _with(changes: Mapping[str, str], kind: str) -> Iterable[str]:
    return (path for path, letter in changes.items() if letter == kind)


def _uncommitted(git: Scratch, worktree: str, tip: str, exclude: Sequence[str]) -> Seen:
    """Return what a work tree has beyond its branch."""
    try:
        return look(git, worktree, tip, exclude, known=index_of(git.committing, worktree))
    except GitFault:
        forget_looks(git, worktree)
        return Seen()  # a file that only a filter could read: what is committed counts


def _commit(git: Scratch, seen: Seen, tip: str) -> str:
    """Return a commit of everything in a work tree; the tip where it has nothing new."""
    if seen.tree is None:
        return tip
    return git.commit(seen.tree, tip)
