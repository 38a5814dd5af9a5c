"""What a dead worker left, put away when the next starts: processes, outputs, old blockers, scratch trees."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from agentboard_agents.blockers import expire
from agentboard_agents.project import Project
from agentboard_agents.sandbox import leftovers
from agentboard_agents.session_resources import outputs_directory
from agentboard_agents.store import Store
from agentboard_tasks.files import FileFault, Root

__all__ = ["tidy"]

SCRATCH = ("base-", "first-")
"""How the directories begin that gates run in."""


def tidy(project: Project, store: Store) -> None:
    """End processes of dead boxes, close blockers that are too old, and remove kept outputs of ended runs.

    It is called only under the worker's lock.
    """
    leftovers.sweep(project.worktrees)
    expire(store)
    remove_scratch(os.path.join(project.state, "gates"))
    directory = outputs_directory(project.state, "")
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        run = store.run(name)
        if run is None or run.final:
            with suppress(FileFault):  # what stays is tried again by the next worker
                _remove(Root(project.state), f"outputs/{name}")


def remove_scratch(directory: str) -> None:
    """Remove the exported trees that gates ran in when their worker died: agentboard's own copies."""
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        if name.startswith(SCRATCH):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


def _remove(root: Root, directory: str) -> None:
    for entry in root.entries(directory):
        root.remove(f"{directory}/{entry.name}")
    root.remove(directory)
