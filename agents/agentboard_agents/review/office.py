"""Reviews in the worker: a command that merges or sends back is worked on beside the runs, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentboard_agents.commands import Command
from agentboard_agents.desk import Desk
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault
from agentboard_agents.review.returning import final, send_back
from agentboard_agents.review.settlement import Refused, Settlement
from agentboard_agents.run import IllegalTransition
from agentboard_agents.store import StoreFault
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.files import FileFault

__all__ = ["Reviews"]

REFUSALS = (Refused, RunFault, GitFault, FileFault, IllegalTransition)


class Reviews:
    """The accept and reject commands of one project; `live` says whether a run's workflow runs.

    A command stays pending until its merge is recorded: the worker that takes over after a crash does it
    again, and finds what was done.
    """

    def __init__(self, desk: Desk, live: Callable[[str], bool]) -> None:
        self._desk = desk
        self._live = live
        self._one = asyncio.Lock()
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}

    @property
    def busy(self) -> bool:
        """Whether a review is under way."""
        return bool(self._tasks)

    def holds(self, command: Command) -> bool:
        """Say whether a command has to wait for a review of its run."""
        return any(run == command.run and name != command.id for name, (run, _) in self._tasks.items())

    def take(self, command: Command, run: Run) -> None:
        """Begin with a command, unless that was done; the last word of the run's workflow is waited for."""
        if command.id in self._tasks or self._desk.retiring or self._live(run.id):
            return
        self._tasks[command.id] = run.id, asyncio.create_task(self._work(command, run.id))

    async def _work(self, command: Command, run_id: str) -> None:
        try:
            async with self._one:
                with self._desk.step_in_flight():
                    await self._settle(command, run_id)
        except StoreFault as fault:
            self._desk.fault = self._desk.fault or fault
        finally:
            del self._tasks[command.id]
            self._desk.news.set()

    async def _settle(self, command: Command, run_id: str) -> None:
        store = self._desk.store
        run = store.run(run_id)
        if run is None:
            return
        try:
            done = await self._done(command, run)
            store.settle(command.id, done.ok, done.reply, done.events)
        except REFUSALS as refusal:
            store.settle(command.id, False, " ".join(str(refusal).split()))
            return
        after = store.run(run_id)
        if done.ok and after is not None and command.kind == "accept":
            from agentboard_agents.review.accepting import tidy  # loaded by then

            await asyncio.to_thread(tidy, self._desk, after)

    async def _done(self, command: Command, run: Run) -> Settlement:
        data = command.data
        if command.kind == "reject":
            reason = data.get("reason")
            text = reason if isinstance(reason, str) else ""
            return final(run, text) if data.get("final") else send_back(command, run, text)
        from agentboard_agents.review.accepting import accept, undo  # heavy: the gates come with it

        if data.get("undo"):
            return await undo(self._desk, run)
        onto = data.get("onto")
        settlement = await accept(self._desk, run, onto if isinstance(onto, str) else "")
        if settlement.conflict is not None and data.get("send_back"):
            return send_back(command, run, settlement.conflict.told, merge=settlement.conflict.commit)
        return settlement
