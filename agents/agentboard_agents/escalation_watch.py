"""The rules of escalation in the worker: it looks now and then, and calls whoever is to be called."""

from __future__ import annotations

import asyncio
import time

from agentboard_agents.answering import lead_for, question_for, settled
from agentboard_agents.config import load_config
from agentboard_agents.desk import Desk
from agentboard_agents.escalation import Rules, due
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import IllegalTransition
from agentboard_agents.survey import survey
from agentboard_tasks.files import FileFault

__all__ = ["EscalationWatch"]

PAUSE = 0.5
SLOW = 10.0
"""Seconds between two looks while nothing happens: waiting alone makes a rule apply."""


class EscalationWatch:
    """Applies the rules to one project, and finds leads for what is escalated to them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rules: Rules = load_config(desk.project).escalation
        self._version = -1
        self._looked = 0.0
        self._without_lead: set[str] = set()

    async def follow(self) -> None:
        """Look whenever something has happened, and now and then; never returns."""
        while True:
            version = self._desk.store.data_version() + self._desk.store.last_seq()
            if version != self._version or time.monotonic() - self._looked > SLOW:
                self._version, self._looked = version, time.monotonic()
                await asyncio.to_thread(self.look, time.time())
            await asyncio.sleep(PAUSE)

    def look(self, now: float) -> list[NewEvent]:
        """Do what is due at `now`, and return it."""
        store = self._desk.store
        items, runs = store.inbox(), store.runs(open_only=True)
        events = due(runs, items, self._rules, now)
        if any(run.spec.answers for run in runs) or any(item.calls and item.to != "human" for item in items):
            every = store.runs()
            events += [*settled(items, every), *self._questions(items, every)]
        fresh = [event for event in events if event.key is None or store.once(event.run, event.key) is None]
        for event in fresh:
            try:
                store.append([event])
            except IllegalTransition:
                continue  # its run has moved on meanwhile
            self._desk.wake(event.run)
        if fresh:
            self._desk.news.set()
        return fresh

    def _questions(self, items: list[InboxItem], runs: list[Run]) -> list[NewEvent]:
        """Return what puts escalated items to the agents that lead."""
        known = {run.id: run for run in runs}
        asked = {run.spec.answers for run in runs}
        open_items = [
            item
            for item in items
            if item.calls and item.to != "human" and item.id not in asked | self._without_lead
        ]
        if not open_items:
            return []
        try:
            team = survey(self._desk.project).team
        except FileFault:
            return []
        events: list[NewEvent] = []
        for item in open_items:
            run, agent = known.get(item.run), team.find(item.agent)
            lead = lead_for(team, agent, item.to) if agent is not None else None
            if run is None or lead is None:
                self._without_lead.add(item.id)
            else:
                events.append(question_for(lead, run, item))
        return events
