"""One repository, and where agentboard keeps what it knows about it.

Nothing here imports git: the screens start without it.
"""

from __future__ import annotations

import os

from msgspec import Struct

from agentboard_agents.places import (
    NotARepository,
    config_home,
    find_root,
    repo_id,
    slug,
    state_home,
    state_of,
)
from agentboard_tasks.files import FileFault

__all__ = ["NotARepository", "Project", "config_home", "repo_id", "slug", "state_home"]


class Project(Struct, frozen=True):
    """A git work tree and its state directory `$XDG_STATE_HOME/agentboard/<repo-id>`.

    `within` is where in it somebody stands, relative to the root: the agents of that directory count first.
    """

    root: str
    state: str
    within: str = ""

    @classmethod
    def open(cls, directory: str = ".") -> Project:
        """Find the repository at or above `directory`; nothing is written.

        Raises:
            NotARepository: when there is none.
        """
        root = find_root(directory)
        below = os.path.relpath(os.path.realpath(directory), root)
        return cls(root, state_of(root), "" if below == os.curdir else below)

    @property
    def name(self) -> str:
        """The directory's own name."""
        return os.path.basename(self.root) or self.root

    @property
    def worktrees(self) -> str:
        """The directory that holds a worktree for each run."""
        return os.path.join(self.state, "worktrees")

    def make_state(self) -> str:
        """Create the state directory, readable by its owner alone, and return it.

        Raises:
            FileFault: when it cannot be made, or belongs to somebody else.
        """
        try:
            os.makedirs(self.state, mode=0o700, exist_ok=True)
            os.chmod(self.state, 0o700)
        except OSError as fault:
            reason = fault.strerror or "cannot be made"
            raise FileFault(
                self.state, reason, "the state directory; XDG_STATE_HOME names another place"
            ) from fault
        return self.state
