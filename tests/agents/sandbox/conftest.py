"""A real repository with a worktree, and the real sandbox of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct

from agentboard_agents.sandbox.box import Box, Finished
from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.choice import choose

SECRET = "canary-5f1d2c"


class Place(Struct, frozen=True):
    """Where a test happens: a repository, a worktree of it, and a directory that must stay out of reach."""

    repository: Path
    worktree: Path
    outside: Path

    @property
    def box(self) -> Box:
        """The box of the worktree."""
        return Box(str(self.worktree), str(self.repository / ".git"))


def git(*arguments: str, at: Path) -> str:
    """Run git without the user's configuration."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments]
    return subprocess.run(
        command, cwd=at, env=environment, check=True, capture_output=True, text=True, timeout=30
    ).stdout


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Build the repository."""
    repository, worktree, outside = tmp_path / "repo", tmp_path / "trees" / "one", tmp_path / "outside"
    repository.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    git("init", "-q", "-b", "main", at=repository)
    (repository / "app.py").write_text("answer = 42\n")
    git("add", "-A", at=repository)
    git("commit", "-q", "-m", "first", at=repository)
    git("remote", "add", "origin", f"https://user:{SECRET}@example.org/x.git", at=repository)
    git("worktree", "add", "-q", "-b", "ab/one", str(worktree), at=repository)
    return Place(repository, worktree, outside)


@pytest.fixture(scope="session")
def bubblewrap() -> Bubblewrap:
    """The real bubblewrap; without the program there is nothing to test."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed here")
    found = choose(("bubblewrap",))
    assert isinstance(found, Bubblewrap), found.reason
    return found


async def bash(
    sandbox: Bubblewrap, box: Box, command: str, *, seconds: float = 20, cap: int = 100_000
) -> Finished:
    """Run a bash command in a box."""
    return await sandbox.run(box, ["bash", "-c", command], timeout=seconds, cap=cap)
