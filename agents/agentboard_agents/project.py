"""One repository, and where agentboard keeps what it knows about it.

Nothing here imports git: the screens start without it.
"""

from __future__ import annotations

import hashlib
import os
import re

from msgspec import Struct

from agentboard_tasks.files import FileFault

__all__ = ["NotARepository", "Project", "config_home", "slug", "state_home"]


class NotARepository(Exception):
    """No git repository at or above a directory."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"not a git repository: {directory} (run `git init` there, or name another with -C DIR)"
        )
        self.directory = directory


class Project(Struct, frozen=True):
    """A git work tree and its state directory `$XDG_STATE_HOME/agentboard/<repo-id>`."""

    root: str
    state: str

    @classmethod
    def open(cls, directory: str = ".") -> Project:
        """Find the repository at or above `directory`; nothing is written.

        Raises:
            NotARepository: when there is none.
        """
        root = find_root(directory)
        return cls(root, os.path.join(state_home(), repo_id(root)))

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


def find_root(directory: str) -> str:
    """Return the work tree at or above `directory`, as a real path."""
    start = os.path.realpath(directory)
    place = start
    while not os.path.lexists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            raise NotARepository(directory)
        place = above
    return place


def repo_id(root: str) -> str:
    """Return the name of a repository's state directory: readable, and unique to its path."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return f"{slug(os.path.basename(root))}-{digest}"


def slug(text: str) -> str:
    """Return `text` as a piece of a path or branch: lower case, dashes, up to 48 characters, not empty."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._")[:48].rstrip("-._") or "unnamed"


def state_home() -> str:
    """Return the directory that holds every repository's state."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "agentboard")


def config_home() -> str:
    """Return the directory of the user's own configuration."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "agentboard")
