"""`live`: what happens in the project, one event a line, under the names that CodeFRAME's clients know."""

from __future__ import annotations

import argparse
import os
import time

from agentboard_agents.broadcast import broadcast
from agentboard_agents.store import Store
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.opening import find_run, open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["live"]

TICK = 0.05  # seconds between looks at the store's version, which cost microseconds


def live(options: argparse.Namespace, output: Output) -> int:
    """Print what has happened; with -f, go on until it is interrupted."""
    project = open_project(options)
    store = open_store(project)
    run = find_run(store, options.run).id if options.run else None
    name, seen, version = os.path.basename(project.state), 0, -1
    while True:
        store = store or open_store(project)
        changed = store.data_version() if store else version
        if store is not None and changed != version:
            seen, version = _print_new(store, output, name, run, seen), changed
        if not options.follow:
            return Exit.DONE
        time.sleep(TICK)


def _print_new(store: Store, output: Output, project: str, run: str | None, seen: int) -> int:
    while events := store.events(seen, run=run):
        for event in events:
            about = store.run(event.run) if event.run else None
            for told in broadcast(event, project, about, store.item):
                output.value(told)
        seen = events[-1].seq
    return seen
