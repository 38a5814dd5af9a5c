"""The conflict radar in the worker: it looks when a run has changed something, and keeps the inbox true."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault
from agentboard_agents.review.radar import Overlap, item_id, sentence
from agentboard_agents.review.sweep import Sweeper, shared_paths
from agentboard_tasks.files import FileFault

__all__ = ["RadarWatch", "telling"]

PAUSE = 2.0
"""Seconds between looks, at least: one look costs a merge for each side that a change may clash with."""

CHANGING = frozenset({"tool_finished", "commit_created", "run_started", "run_accepted", "accept_undone"})
PREFIX = "conflict-"


class RadarWatch:
    """Refreshes the radar of one project as events come in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sweeper: Sweeper | None = None
        self._seen = 0

    async def follow(self) -> None:
        """Look whenever something may have changed; never returns. A fault of git is waited out."""
        while True:
            changed = self._changed()
            if changed or (self._sweeper is not None and self._sweeper.tree_is_due()):
                try:
                    await asyncio.to_thread(self.refresh, changed)
                except (GitFault, FileFault, OSError) as fault:
                    self._report(fault)
            await asyncio.sleep(PAUSE)

    def refresh(self, changed: frozenset[str]) -> list[Overlap]:
        """Look at what has changed, and bring the inbox up to date."""
        runs = [run for run in self._desk.store.runs(open_only=True) if run.branch]
        opened = self._open_items()
        if len(runs) == 0 and not opened:
            return []
        if self._sweeper is None:
            self._sweeper, changed = self._new(), frozenset(run.id for run in runs)
        found = self._sweeper.look(runs, changed) if runs else []
        events = telling(found, runs, opened)
        if events:
            self._desk.store.append(events)
        return found

    def _new(self) -> Sweeper:
        return Sweeper(self._desk.project, shared_paths(self._desk.project), owner=True)

    def _changed(self) -> frozenset[str]:
        """Return the runs that may have changed a file since the last look."""
        changed: set[str] = set()
        while events := self._desk.store.events(self._seen, limit=1000):
            self._seen = events[-1].seq
            changed |= {event.run for event in events if event.kind in CHANGING}
        return frozenset(changed)

    def _open_items(self) -> dict[str, str]:
        """Return the open items of the radar: id to run."""
        items = self._desk.store.inbox()
        return {item.id: item.run for item in items if item.kind == "conflict" and item.id.startswith(PREFIX)}

    def _report(self, fault: Exception) -> None:
        data = {"severity": "warning", "message": f"the conflict radar could not look: {fault}"}
        self._desk.store.append([NewEvent("", "", "problem_found", data, f"radar {fault}")])


def telling(found: Sequence[Overlap], runs: Sequence[Run], opened: dict[str, str]) -> list[NewEvent]:
    """Return the events that bring the inbox from the `opened` items to what was `found`. Pure."""
    agents = {run.id: run.agent for run in runs}
    now = {item_id(overlap): overlap for overlap in found}
    raised = [_raised(name, one, agents) for name, one in now.items() if name not in opened]
    gone = [
        NewEvent(run, agents.get(run, ""), "item_closed", {"item": name, "text": "they fit together again"})
        for name, run in opened.items()
        if name not in now
    ]
    return [*raised, *gone]


def _raised(name: str, overlap: Overlap, agents: dict[str, str]) -> NewEvent:
    run = max(party.run for party in (overlap.one, overlap.other) if party.run is not None)
    data = {"item": name, "text": sentence(overlap), "files": list(overlap.files)}
    return NewEvent(run, agents.get(run, ""), "conflict_found", data)
