"""Building the sample project: its files, its own git repository, one commit on `main`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from agentboard_tasks.files import Root

__all__ = ["CannotBuild", "build_sample"]

IDENTITY = ("-c", "user.name=agentboard demo", "-c", "user.email=demo@agentboard.invalid")
QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}


class CannotBuild(Exception):
    """Why the sample project cannot be put where it was wanted."""


def build_sample(directory: str) -> None:
    """Make the sample project in `directory`, which must be empty or not there yet.

    Raises:
        CannotBuild: when something is there already, or git fails.
    """
    if os.path.isdir(directory) and os.listdir(directory):
        raise CannotBuild(f"{directory} is not empty: name a new directory with --dir")
    place = Root(_make(os.path.realpath(directory)))
    for path, source in sample_files():
        place.write(path, source.read_bytes())
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "A small shop")):
        _git(directory, *command)


def _make(directory: str) -> str:
    """Make the directory and those above it."""
    above = directory
    while not os.path.isdir(above):
        above = os.path.dirname(above)
    if above != directory:
        Root(above).make_directory(os.path.relpath(directory, above))
    return directory


def sample_files() -> Iterator[tuple[str, Traversable]]:
    """Yield each file of the sample with the path that it gets; `dot_x` becomes `.x`."""
    yield from _below("", files("agentboard_tui.demo") / "sample")


def _below(prefix: str, folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda found: found.name):
        if entry.name == "__pycache__":
            continue
        path = prefix + ("." + entry.name[4:] if entry.name.startswith("dot_") else entry.name)
        if entry.is_dir():
            yield from _below(path + "/", entry)
        else:
            yield path, entry


def _git(directory: str, *arguments: str) -> None:
    command = ["git", "-C", directory, *IDENTITY, *arguments]
    try:
        done = subprocess.run(
            command, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as fault:
        raise CannotBuild("git is not installed: agentboard works on git repositories") from fault
    if done.returncode:
        raise CannotBuild(f"git {arguments[0]} failed in {directory}: {done.stderr.strip()[:300]}")
