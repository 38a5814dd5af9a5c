"""One git repository as agentboard uses it: it never touches the user's work tree or index.

Importing this runs nothing and does not import GitPython; the first command does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

from agentboard_agents.project import repo_id, state_home
from agentboard_agents.repository import commits, history
from agentboard_agents.repository.commits import Commit
from agentboard_agents.repository.fault import BadName, GitFault
from agentboard_agents.repository.head import Head, read_head
from agentboard_agents.repository.history import ChangedFile, LogEntry
from agentboard_agents.repository.names import checked_branch, checked_revision, is_commit_id
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.snapshot import LeftOut, checkout_files
from agentboard_agents.repository.worktrees import Worktrees, branch_of, registration

__all__ = ["BadName", "ChangedFile", "Commit", "GitFault", "Head", "LeftOut", "LogEntry", "Repository"]

NO_COMMIT = "the repository has no commit yet"


class Repository:
    """The git repository whose work tree is at `root`; private files go to `state`.

    Safe to use from several threads. Every method that runs git raises `GitFault` when it fails.
    """

    def __init__(self, root: str, state: str | None = None) -> None:
        self.root = os.path.realpath(root)
        self.state = os.path.abspath(state) if state else os.path.join(state_home(), repo_id(self.root))
        self.git = Plumbing(self.root, self.state)
        self._worktrees = Worktrees(self.git)
        self._writing = threading.Lock()

    def head(self) -> Head:
        """Return the commit and branch that are checked out; read from files wherever that is enough."""
        found = read_head(self.git.places)
        if found is not None and (found.commit is not None or found.branch is not None):
            return found
        output = self.git.refs(
            "rev-parse", "--verify", "--quiet", "HEAD^{commit}", what="read HEAD", check=False
        )
        commit = output.data.decode("ascii", "replace").strip()
        named = self.git.refs("symbolic-ref", "--quiet", "HEAD", what="read HEAD", check=False)
        return Head(commit or None, os.fsdecode(named.data).strip().removeprefix("refs/heads/") or None)

    def base(self) -> str:
        """Return the commit that a run starts from.

        Raises:
            GitFault: when there is no commit yet.
        """
        commit = self.head().commit
        if commit is None:
            raise GitFault(
                f"cannot start from {self.root}", NO_COMMIT, "make one: git commit --allow-empty -m start"
            )
        return commit

    def resolve(self, revision: str) -> str:
        """Return the commit that a commit id, branch, full ref or `HEAD` names."""
        if is_commit_id(revision):
            return revision
        name = checked_revision(revision)
        if name == "HEAD":
            return self.base()
        for ref in (name, f"refs/heads/{name}", f"refs/tags/{name}", f"refs/remotes/{name}"):
            commit = commits.tip_of(self.git, ref) if ref.startswith("refs/") or ref == name else None
            if commit is not None:
                return commit
        raise GitFault(f"no commit is named {revision}")

    def tip(self, branch: str) -> str | None:
        """Return the commit that a branch is at, `None` when there is no such branch."""
        return commits.tip_of(self.git, f"refs/heads/{checked_branch(branch)}")

    def add_worktree(self, path: str, branch: str, base: str) -> str:
        """Make a work tree at `path` on a new branch from `base`; return the branch (numbered if taken).

        Cheap, repeatable after a crash, and safe in parallel. No hook and no filter runs; submodules are
        not entered; the main work tree is not touched.
        """
        return self._worktrees.add(path, branch, self.resolve(base))

    def register_worktree(self, path: str, branch: str, base: str) -> str:
        """Make a work tree and its branch as `add_worktree` does, but leave the files to it."""
        return self._worktrees.register(path, branch, self.resolve(base))

    def resume_worktree(self, path: str, branch: str) -> str:
        """Make a work tree for a branch that has work, unless it is still there; return the branch."""
        return self._worktrees.resume(path, branch)

    def remove_worktree(self, path: str) -> str | None:
        """Archive what has not landed in the checked-out branch, then remove the work tree; its branch stays.

        Returns:
            The ref under `refs/agentboard/archive/` that holds the work, or `None` when all of it had landed.
        """
        kept = self.archive_worktree(path)
        self._worktrees.remove(path)
        return kept

    def archive_worktree(self, path: str) -> str | None:
        """Keep a work tree's unlanded work, uncommitted files included, under `refs/agentboard/archive/`."""
        found = registration(self.git, os.path.realpath(path))
        branch = branch_of(found) if found else None
        tip = self.tip(branch) if branch else None
        if found is None or not os.path.isdir(path) or tip is None:
            return None
        with self._writing:
            return commits.archive(self.git, path, tip, self.head().commit)

    def set_aside(self, path: str, branch: str, exclude: Sequence[str] = ()) -> str | None:
        """Archive what a work tree has beyond its branch, and take it out of the tree; return the ref.

        What is beneath `exclude` is nobody's work of this branch, and stays.
        """
        tip = self.tip(branch)
        if tip is None:
            raise GitFault(f"could not set work on {branch} aside", "there is no such branch any more")
        with self._writing:
            return commits.set_aside(self.git, path, tip, exclude)

    def commit_worktree(
        self, worktree: str, branch: str, message: str, *, exclude: Sequence[str] = (), author: str = ""
    ) -> Commit | None:
        """Commit the work tree on `branch`; `None` when it equals the branch's tip.

        `exclude` holds paths (files or directories) that keep the tip's content. To call it again after a
        crash commits nothing twice. A changed Git LFS path is refused with a `GitFault`.
        """
        with self._writing:
            return commits.commit_worktree(self.git, worktree, branch, message, exclude, author)

    def changed_files(self, base: str, tip: str) -> tuple[str, ...]:
        """List the paths that differ between two commits."""
        return tuple(change.path for change in self.changes(base, tip))

    def changes(self, base: str, tip: str) -> tuple[ChangedFile, ...]:
        """List the paths that differ between two commits, with how, and how many lines."""
        return history.changes(self.git, self.resolve(base), self.resolve(tip))

    def diff(self, base: str, tip: str, paths: Sequence[str] = (), context: int = 3) -> str:
        """Return the difference between two commits as text, capped."""
        return history.diff(self.git, self.resolve(base), self.resolve(tip), paths, context)

    def recent_log(self, ref: str, count: int = 20) -> tuple[LogEntry, ...]:
        """Return the newest commits in the history of `ref`, newest first."""
        return history.recent_log(self.git, self.resolve(ref), count)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, `None` when they share none."""
        commits_asked = (self.resolve(one), self.resolve(other))
        output = self.git.contents("merge-base", *commits_asked, what="find the common ancestor", check=False)
        return output.data.decode("ascii", "replace").strip() or None

    def tree(self, commit: str) -> str:
        """Return the id of a commit's tree."""
        return commits.tree_of(self.git, self.resolve(commit))

    def files(self, commit: str) -> tuple[str, ...]:
        """List every path of a commit."""
        return history.list_files(self.git, self.resolve(commit))

    def checkout_files(self) -> tuple[str, ...]:
        """List what the work tree at `root` has, tracked or not, without what git ignores."""
        return checkout_files(self.git)

    def file_at(self, commit: str, path: str) -> bytes | None:
        """Return a file as a commit has it, `None` when it has none."""
        return history.file_at(self.git, self.resolve(commit), path)

    def export(self, commit: str, directory: str) -> None:
        """Write the files of a commit into an empty or missing directory; it has no `.git`."""
        history.export(self.git, self.resolve(commit), directory)
