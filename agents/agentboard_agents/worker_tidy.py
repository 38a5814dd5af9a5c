"""What a worker that died left behind, put away when the next starts: processes, outputs, old blockers."""

from __future__ import annotations

import os
from contextlib import suppress

from agentboard_agents.blockers import expire
from agentboard_agents.project import Project
from agentboard_agents.sandbox import leftovers
from agentboard_agents.session_resources import outputs_directory
from agentboard_agents.store import Store
from agentboard_tasks.files import FileFault, Root

__all__ = ["tidy"]


def tidy(project: Project, store: Store) -> None:
    """End processes of dead boxes, close blockers that are too old, and remove kept outputs of ended runs.

    It is called only under the worker's lock.
    """
    leftovers.sweep(project.worktrees)
    expire(store)
    directory = outputs_directory(project.state, "")
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        run = store.run(name)
        if run is None or run.final:
            with suppress(FileFault):  # what stays is tried again by the next worker
                _remove(Root(project.state), f"outputs/{name}")


def _remove(root: Root, directory: str) -> None:
    for entry in root.entries(directory):
        root.remove(f"{directory}/{entry.name}")
    root.remove(directory)
