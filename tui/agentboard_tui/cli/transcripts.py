"""`log`: the transcript of a run."""

from __future__ import annotations

import argparse

from agentboard_agents.client import Client
from agentboard_agents.outward import event_form
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.following import Follower
from agentboard_tui.cli.narrating import Narrator
from agentboard_tui.cli.opening import find_run, open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["log"]


def log(options: argparse.Namespace, output: Output) -> int:
    """Print what happened in a run; with -f, go on until it ends."""
    project = open_project(options)
    store = open_store(project)
    run = find_run(store, options.run)
    if options.follow:
        return Follower(Client(project), run.id, output).to_the_end()
    narrator = Narrator(output)
    seen = 0
    while store and (events := store.events(seen, run=run.id)):
        for event in events:
            if output.json:
                output.value(event_form(event))
            else:
                narrator.tell(event)
        seen = events[-1].seq
    narrator.flush()
    return Exit.DONE
