"""Where a repository is and where agentboard keeps what it knows: paths alone, for a quick start."""

from __future__ import annotations

import hashlib
import os

__all__ = ["NotARepository", "config_home", "find_root", "repo_id", "slug", "state_home", "state_of"]

SLUG_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._")
SLUG_LENGTH = 48


class NotARepository(Exception):
    """No git repository at or above a directory."""

    def __init__(self, directory: str) -> None:
        place = os.path.abspath(directory)
        super().__init__(f"not a git repository: {place} (run `git init` there, or name another with -C DIR)")
        self.directory = directory


def find_root(directory: str) -> str:
    """Return the work tree at or above `directory`, as a real path.

    Raises:
        NotARepository: when there is none.
    """
    start = os.path.realpath(directory)
    place = start
    while not os.path.lexists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            raise NotARepository(directory)
        place = above
    return place


def state_of(root: str) -> str:
    """Return the state directory of a repository, whether or not it exists."""
    return os.path.join(state_home(), repo_id(root))


def repo_id(root: str) -> str:
    """Return the name of a repository's state directory: readable, and unique to its path."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return f"{slug(os.path.basename(root))}-{digest}"


def slug(text: str) -> str:
    """Return `text` as a piece of a path or branch: lower case, dashes, up to 48 characters, not empty."""
    letters = "".join(letter if letter in SLUG_LETTERS else " " for letter in text.lower())
    return "-".join(letters.split()).strip("-._")[:SLUG_LENGTH].rstrip("-._") or "unnamed"


def state_home() -> str:
    """Return the directory that holds every repository's state."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "agentboard")


def config_home() -> str:
    """Return the directory of the user's own configuration."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "agentboard")
