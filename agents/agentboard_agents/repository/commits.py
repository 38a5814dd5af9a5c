"""Commits made by plumbing: a tree, a commit on the branch's tip, one compare-and-swap of the branch."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.names import checked_branch
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.snapshot import LeftOut, Snapshot, take
from agentboard_agents.repository.worktrees import fill, index_of, share_index
from agentboard_tasks.files import Root

__all__ = [
    "Commit",
    "archive",
    "commit_tree",
    "commit_worktree",
    "is_ancestor",
    "move",
    "parse_author",
    "set_aside",
    "tip_of",
    "tree_of",
]

OURS = ("agentboard", "agentboard@localhost")
IDENTITY = re.compile(r"\A\s*(?P<name>[^<>]*?)\s*(?:<(?P<email>[^<>]*)>)?\s*\Z")
MOST_ARCHIVES = 1000


class Commit(Struct, frozen=True):
    """A commit that was made: its id, tree and parent, the files in it, and what stayed out of it."""

    commit: str
    tree: str
    parent: str
    branch: str
    message: str
    files: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()


def commit_worktree(
    git: Plumbing, worktree: str, branch: str, message: str, exclude: Sequence[str], author: str
) -> Commit | None:
    """Commit what differs in `worktree` from the tip of `branch`; `None` when nothing does."""
    ref = f"refs/heads/{checked_branch(branch)}"
    worktree = os.path.realpath(worktree)
    parent = tip_of(git, ref)
    if parent is None:
        raise GitFault(f"could not commit on {branch}", "the branch does not exist")
    snapshot = take(git, worktree, parent, exclude)
    made = None
    if snapshot.tree != tree_of(git, parent):
        made = _commit(git, snapshot, parent, message, author)
        move(git, ref, made, parent, "agentboard: commit")
    share_index(git, worktree)
    if made is None:
        return None
    return Commit(made, snapshot.tree, parent, branch, message, snapshot.changed, snapshot.left_out)


def set_aside(git: Plumbing, worktree: str, tip: str, exclude: Sequence[str]) -> str | None:
    """Keep what a work tree has beyond the commit `tip` under `refs/agentboard/archive/`, and undo it there.

    Returns:
        The ref, or `None` when there was nothing.
    """
    worktree = os.path.realpath(worktree)
    snapshot = take(git, worktree, tip, exclude)
    if snapshot.tree == tree_of(git, tip):
        return None
    kept = _commit(git, snapshot, tip, "agentboard: work on a story that was skipped, set aside", "")
    ref = _kept_as(git, worktree, kept, snapshot.tree)
    known = set(
        git.contents("ls-tree", "-r", "-z", "--name-only", tip, what="list a commit").data.split(b"\0")
    )
    root = Root(worktree)
    for path in snapshot.changed:
        if os.fsencode(path) not in known:
            root.remove(path)
    fill(git, worktree, tip, index_of(git, worktree))
    share_index(git, worktree)
    return ref


def archive(git: Plumbing, worktree: str, parent: str, landed_in: str | None) -> str | None:
    """Keep the work of a work tree, uncommitted files included, under `refs/agentboard/archive/`.

    Returns:
        The ref, or `None` when everything is in `landed_in` already.
    """
    worktree = os.path.realpath(worktree)
    snapshot = take(git, worktree, parent, ())
    kept = parent
    if snapshot.tree != tree_of(git, parent):
        kept = _commit(git, snapshot, parent, "agentboard: uncommitted work, archived", "")
    elif landed_in is not None and is_ancestor(git, parent, landed_in):
        return None
    return _kept_as(git, worktree, kept, snapshot.tree)


def _kept_as(git: Plumbing, worktree: str, kept: str, tree: str) -> str:
    """Return the archive's ref for a commit; one that holds the same tree is used again."""
    name = f"refs/agentboard/archive/{os.path.basename(worktree)}"
    for number in range(1, MOST_ARCHIVES):
        ref = name if number == 1 else f"{name}-{number}"
        there = tip_of(git, ref)
        if there is None:
            move(git, ref, kept, "0" * len(kept), "agentboard: archive")
        if there is None or tree_of(git, there) == tree:
            return ref
    raise GitFault(f"could not archive {worktree}", f"{MOST_ARCHIVES} archives of that name exist")


def tip_of(git: Plumbing, ref: str) -> str | None:
    """Return the commit that a full ref names."""
    output = git.refs(
        "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", what=f"read {ref}", check=False
    )
    return output.data.decode("ascii", "replace").strip() or None


def tree_of(git: Plumbing, commit: str) -> str:
    """Return the tree of a commit."""
    output = git.contents(
        "rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}", what=f"read the tree of {commit}"
    )
    return output.data.decode().strip()


def is_ancestor(git: Plumbing, commit: str, of: str) -> bool:
    """Tell whether `commit` is in the history of `of`."""
    return (
        git.contents("merge-base", "--is-ancestor", commit, of, what="compare commits", check=False).status
        == 0
    )


def parse_author(author: str, fallback: tuple[str, str] = OURS) -> tuple[str, str]:
    """Return the name and e-mail of `Name <e-mail>` (or a bare name), without what would break a commit."""
    clean = "".join(letter for letter in author if letter.isprintable())
    match = IDENTITY.match(clean)
    name = (match["name"] if match else re.sub("[<>]", "", clean)).strip(" .,:;\"'")
    email = (match["email"] if match else None) or fallback[1]
    return name or fallback[0], email


def _commit(git: Plumbing, snapshot: Snapshot, parent: str, message: str, author: str) -> str:
    return commit_tree(git, snapshot.tree, (parent,), message, author)


def commit_tree(git: Plumbing, tree: str, parents: Sequence[str], message: str, author: str = "") -> str:
    """Write a commit of a tree and return its id; no branch moves."""
    settings = git.settings()
    committer = (settings.name or OURS[0], settings.email or OURS[1])
    name, email = parse_author(author, OURS)
    people = {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": committer[0],
        "GIT_COMMITTER_EMAIL": committer[1],
    }
    text = message.replace("\0", "").strip() or "Work of an agent"
    output = git.contents(
        "commit-tree", tree, *(word for parent in parents for word in ("-p", parent)), "-F", "-",
        what="write a commit", data=os.fsencode(text) + b"\n", extra=people,
    )  # fmt: skip
    return output.data.decode().strip()


def move(git: Plumbing, ref: str, new: str, old: str, why: str) -> None:
    """Move a ref from one commit to another, unless somebody has moved it meanwhile."""
    settings = git.settings()
    git.refs(
        "-c", f"user.name={settings.name or OURS[0]}", "-c", f"user.email={settings.email or OURS[1]}",
        "update-ref", "-m", why, ref, new, old, what=f"move {ref}: somebody else may have moved it",
    )  # fmt: skip
