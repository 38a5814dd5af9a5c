"""`memory`: what an agent knows from the team's files, and what its last run was given of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from agentboard_agents.memories import memories
from agentboard_agents.protocols.preparation import reader
from agentboard_agents.store import Store
from agentboard_agents.survey import Unknown, survey
from agentboard_tasks.files import Root
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["memory"]

HEAD = ("KIND", "DATE", "TOPIC", "IN LAST RUN", "FILE")
EARLY = 200
"""Events of a run within which it says what was loaded."""


def memory(options: argparse.Namespace, output: Output) -> int:
    """List what an agent knows: notes, team protocol, guides, consultations."""
    here = survey(open_project(options))
    try:
        agent = here.agent(options.agent)
    except Unknown as unknown:
        raise Failure(str(unknown)) from unknown
    given = loaded(open_store(here.project), agent.stem)
    found = memories(here, agent, reader(Root(here.project.root)))
    forms = [{**msgspec.to_builtins(one), "loaded": one.file in given} for one in found]
    if output.json:
        output.value(forms)
    else:
        output.table(HEAD, map(row, forms), f"{agent.name} has no notes yet, and no team protocol")
    return Exit.DONE


def loaded(store: Store | None, stem: str) -> frozenset[str]:
    """Return the files that the agent's newest run was given."""
    runs = store.runs() if store else []
    newest = next((run for run in runs if run.stem == stem), None)
    if store is None or newest is None:
        return frozenset()
    events = [one for one in store.events(run=newest.id, limit=EARLY) if one.kind == "context_loaded"]
    return frozenset(str(file) for one in events for file in one.data.get("files", ()))


def row(form: dict[str, Any]) -> Sequence[str]:
    """Return one line of the table."""
    there = "missing" if form["text"] is None else "yes" if form["loaded"] else "-"
    return form["kind"], form["date"] or "-", form["topic"] or "-", there, form["file"]
