"""The repository as a review sees it: which branch work goes to, and what it makes there."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import Repository, commits
from agentboard_agents.repository.landing import Landing, Landings
from agentboard_agents.repository.merging import Conflict, merge, sides
from agentboard_agents.review.settlement import Refused

__all__ = ["Conflicting", "Proposal", "Site"]

MOST_FILES = 10
MOST_SIDES = 3
MOST_LINES = 12


class Conflicting(Refused):
    """Work that does not fit to what its branch has got since; `detail` shows both sides."""

    def __init__(self, onto: str, commit: str, conflicts: tuple[Conflict, ...], detail: str) -> None:
        names = ", ".join(one.path for one in conflicts[:MOST_FILES])
        more = f" and {len(conflicts) - MOST_FILES} more" if len(conflicts) > MOST_FILES else ""
        super().__init__(f"it conflicts with {onto} in {names}{more}")
        self.onto = onto
        self.commit = commit
        self.paths = tuple(one.path for one in conflicts)
        self.detail = detail


class Proposal(Struct, frozen=True):
    """What accepting would do: the landing, `None` when the work is in its branch already.

    `merged` says that both sides have moved, so that nobody has seen the result yet.
    """

    onto: str
    landing: Landing | None
    tip: str
    merged: bool = False


class Site:
    """One project's repository."""

    def __init__(self, project: Project) -> None:
        self.repository = Repository(project.root, project.state)
        self.git = self.repository.git
        self.landings = Landings(self.git, self.repository.root)

    def propose(self, run: Run, onto: str = "") -> Proposal:
        """Find out what accepting a run means; objects are written, and nothing else.

        Raises:
            Refused: when it cannot be accepted so.
            GitFault: when git fails.
        """
        branch = self.branch_for(run, onto)
        tip, old = self._tip(run.branch or ""), self._tip(branch)
        if commits.is_ancestor(self.git, tip, old):
            return Proposal(branch, None, tip)
        if commits.is_ancestor(self.git, old, tip):
            return Proposal(branch, Landing(run.id, branch, old, tip, run.branch or ""), tip)
        new = self._merged(run, branch, old, tip)
        return Proposal(branch, Landing(run.id, branch, old, new, run.branch or ""), tip, merged=True)

    def branch_for(self, run: Run, onto: str = "") -> str:
        """Return the branch that work goes to: the one named, the one it began on, or what is checked out.

        Raises:
            Refused: when there is none.
        """
        if not run.branch:
            raise Refused(f"run {run.id} has no branch: there is nothing to merge")
        branch = onto or run.onto or self.repository.head().branch
        if not branch:
            hint = f"agentboard accept {run.id} --onto BRANCH"
            raise Refused(f"HEAD is detached: say which branch the work goes to ({hint})")
        if branch == run.branch:
            raise Refused(f"{branch} is the run's own branch: say another with --onto BRANCH")
        return branch

    def _tip(self, branch: str) -> str:
        found = self.repository.tip(branch)
        if found is None:
            raise Refused(f"there is no branch {branch} any more")
        return found

    def _merged(self, run: Run, branch: str, old: str, tip: str) -> str:
        made = merge(self.git, old, tip)
        if made.conflicts:
            detail = self.both_sides(made.tree, made.conflicts, branch, run)
            raise Conflicting(branch, old, made.conflicts, detail)
        title = " ".join((run.title or run.task or run.id).split())
        message = f"Merge {run.branch}: {title}\n\nThe work of {run.agent} in run {run.id}, accepted."
        return commits.commit_tree(self.git, made.tree, (old, tip), message)

    def both_sides(self, tree: str, conflicts: tuple[Conflict, ...], branch: str, run: Run) -> str:
        """Return what both sides have at each place where they do not fit, in a few lines."""
        lines: list[str] = []
        for conflict in conflicts[:MOST_FILES]:
            lines.append(conflict.said or conflict.path)
            for place in sides(self.git, tree, conflict.path)[:MOST_SIDES]:
                lines += [f"{conflict.path}:{place.line}", f"  {branch} has:", *_shown(place.ours)]
                lines += [f"  {run.branch} has:", *_shown(place.theirs)]
        return "\n".join(lines)

    def after(self, branch: str, commit: str) -> int | None:
        """Count the commits that came after `commit` on a branch; `None` when it is not in it any more."""
        tip = self.repository.tip(branch)
        if tip is None or not commits.is_ancestor(self.git, commit, tip):
            return None
        counted = self.git.contents("rev-list", "--count", f"{commit}..{tip}", what="count commits")
        return int(counted.data)

    def keep_and_remove(self, run: Run) -> str | None:
        """Remove the run's work tree; return the ref under which unlanded work of it is kept."""
        return self.repository.remove_worktree(run.worktree) if run.worktree else None

    def is_merge(self, commit: str) -> bool:
        """Say whether a commit has two parents."""
        found = self.git.contents("rev-list", "--parents", "--max-count=1", commit, what="read a commit")
        return len(found.data.split()) > 2


def _shown(text: str) -> list[str]:
    lines = [f"    {line}" for line in text.splitlines()]
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "    …"]
