"""The project that a command is about, and its store."""

from __future__ import annotations

import argparse
import os

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.store import Store, StoreMissing
from agentboard_tui.cli.failure import Exit, Failure

__all__ = ["find_item", "find_run", "open_project", "open_store"]


def open_project(options: argparse.Namespace) -> Project:
    """Return the project named with -C, else the one above the working directory."""
    directory = options.directory or "."
    if not os.path.isdir(directory):
        raise Failure(f"no such directory: {directory} (-C names the project)", Exit.USAGE)
    return Project.open(directory)


def open_store(project: Project) -> Store | None:
    """Return the project's store, or `None` where nothing was ever run."""
    try:
        return Store.open(project, create=False)
    except StoreMissing:
        return None


def find_run(store: Store | None, name: str) -> Run:
    """Return the run with the id `name`, or the only one whose id starts so."""
    runs = store.runs() if store else []
    exact = [run for run in runs if run.id == name]
    near = exact or [run for run in runs if name and run.id.startswith(name)]
    if len(near) != 1:
        raise Failure(f"no run {name!r} here (agentboard runs lists them)")
    return near[0]


def find_item(store: Store | None, name: str) -> InboxItem:
    """Return the inbox item with the id `name`."""
    item = store.item(name) if store else None
    if item is None:
        raise Failure(f"no inbox item {name!r} here (agentboard inbox lists them)")
    return item
