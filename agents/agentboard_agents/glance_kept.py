"""A glance at a project, put together of parts that were kept: `status` without reading anything twice.

Nothing heavy is imported here: a kept glance is printed sooner than a JSON library is loaded.
"""

from __future__ import annotations

import os

from agentboard_agents import places, worker_probe
from agentboard_agents.kept import recall
from agentboard_agents.places import NotARepository

__all__ = ["FILES", "WORK", "NotARepository", "composed", "key_of", "recalled", "work_key"]

FILES = "glance-files"
"""Where what files say is kept, a line each: the members before and after those of the store, how many tasks
are in each state, and which are to do."""

WORK = "glance-work"
"""Where what the store says is kept, and how many tasks are in each state by it and by the files."""


def recalled(directory: str = ".") -> str | None:
    """Return the glance at the project at or above `directory`, if all of it was kept and still holds.

    Raises:
        NotARepository: when there is no project.
    """
    root = places.find_root(directory)
    state = places.state_of(root)
    key = key_of(root)
    files = recall(os.path.join(state, FILES), key)
    work = recall(os.path.join(state, WORK), work_key(key, files)) if files else None
    return composed(files, work, alive=worker_probe.written(state) is not None) if files and work else None


def key_of(root: str) -> str:
    """Return what a glance follows from besides the files that were looked at."""
    home = os.path.expanduser("~")
    whereabouts = (root, os.path.realpath(home), os.path.realpath(places.config_home()))
    return "\0".join((*whereabouts, str(os.path.isdir(home))))


def work_key(key: str, files: str) -> str:
    """Return what the second part follows from besides the store."""
    return f"{key}\0{files}"


def composed(files: str, work: str, *, alive: bool) -> str:
    """Return a whole glance, as one line of JSON, of its parts."""
    before, after = files.split("\n", 2)[:2]
    worker = f'"worker":{{"alive":{"true" if alive else "false"}}}'
    return "{" + ",".join((before, work, worker, after)) + "}"
