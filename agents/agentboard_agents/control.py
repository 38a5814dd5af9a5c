"""One run under a person's control: safe points, questions, holds. What it says survives any crash.

The store's projection of the run is the truth about pause, cancel and escalation; a control waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Never, TypeAlias

from msgspec import Struct

from agentboard_agents import mail
from agentboard_agents.events import Event, NewEvent
from agentboard_agents.projection import Escalation, Run
from agentboard_agents.projection_people import InboxItem, item_of
from agentboard_agents.run import TRANSITIONS, RunState
from agentboard_agents.store import Store, StoreFault

__all__ = ["Cancelled", "Control", "Delivered"]

ASKED = {
    "permission": "permission_asked",
    "question": "question_asked",
    "escalation": "escalated",
    "blocker": "blocker_created",
}
"""Kind of an inbox item to the kind of the event that raises it and stops the run."""


GO_ON = "You go on from here in place of another model. Look at what was tried and at what failed anew."
LOOK_AGAIN = 2.0
"""Seconds between looks at whether a hold has become needless."""


Settled: TypeAlias = Callable[[str], Awaitable[str]]
"""Gives the answer to a question that has become needless, else nothing; it is told since when it waits."""


Strength: TypeAlias = Callable[[], Awaitable[str | None]]
"""Gives the name of a stronger model, if there is one."""


async def no_strength() -> str | None:
    """Know no stronger model."""
    return None


class Cancelled(Exception):
    """The run was cancelled: it ends here."""


class Delivered(Struct, frozen=True):
    """A message that the agent is given at a safe point."""

    id: str
    text: str
    sender: str


class Control:
    """What a run's workflow asks of the people in charge of it. Lives on one event loop."""

    def __init__(self, store: Store, run_id: str, notice: Callable[[StoreFault | None], None]) -> None:
        self.run_id = run_id
        self.cancelled = asyncio.Event()
        self.interrupted = asyncio.Event()
        """Set while a person wants the agent to hear them at once: what it does now is cut off."""
        self.on_escalation: Callable[[str | None], None] = lambda _: None
        """Called with the reason when an escalation is raised, and with `None` when it is answered."""
        self.unblocks: Sequence[str] = ()
        """The tasks that wait for this run: whatever it asks holds them up."""
        self.leads: Callable[[InboxItem], NewEvent | None] = lambda _: None
        """Returns what lets an agent that leads answer an escalation, if it is for one."""
        self.on_strength: Strength = no_strength
        """Finds the model that goes on when the run is escalated to a stronger one."""
        self._store = store
        self._notice = notice
        self._woken = asyncio.Event()
        self._holds = 0
        self._point = -1
        self.wake()

    @property
    def run(self) -> Run:
        """The run as it is now."""
        run = self._store.run(self.run_id)
        if run is None:
            raise LookupError(f"there is no run {self.run_id}")
        return run

    @property
    def model(self) -> str | None:
        """The model that an escalation lets go on, if there was one."""
        return self.run.model

    def wake(self) -> None:
        """Look at the run again: something has happened to it."""
        if self.run.cancelling:
            self.cancelled.set()
        self._woken.set()

    async def stop_worker(self, fault: StoreFault) -> Never:
        """Let the worker end because the store cannot be used; the run goes on where the next worker starts.

        Never returns: a return would be remembered as the run's own doing.
        """
        self._notice(fault)
        await asyncio.Event().wait()
        raise fault

    def emit(self, kind: str, **data: Any) -> Event:
        """Record an event of this run."""
        return self._record(kind, data)

    def emit_once(self, key: str, kind: str, **data: Any) -> Event:
        """Record an event of this run unless it has one under `key`; return the one that it has."""
        return self._record(kind, data, key)

    def happened(self, key: str) -> bool:
        """Say whether the run has an event under `key`."""
        return self._store.once(self.run_id, key) is not None

    def emit_together(self, *events: tuple[str, str, dict[str, Any]]) -> list[Event]:
        """Record events of this run (key, kind, data) as `emit_once` does, all or none."""
        run = self.run
        kept = self._store.append(
            [NewEvent(run.id, run.agent, kind, data, key) for key, kind, data in events]
        )
        if any(kind in TRANSITIONS for _, kind, _ in events):
            self._notice(None)
        return kept

    async def safe_point(self, number: int) -> list[Delivered]:
        """Stop here while the run is paused or escalated; return the messages for the agent.

        Nothing may be half done when this is called. The same `number` returns the same messages again, and
        at once.

        Raises:
            Cancelled: when the run was cancelled.
        """
        passed = self._store.once(self.run_id, f"~point:{number}")
        if passed is None:
            await self._obey(f"{self.run_id}-s{number}")
            self.interrupted.clear()
            passed = self._pass(number)
        self._point = max(self._point, number)
        return [self._delivered(name) for name in passed.data["delivered"]]

    async def ask(
        self,
        item_id: str,
        kind: str,
        text: str,
        options: Sequence[str] = (),
        to: str = "human",
        unblocks: Sequence[str] = (),
        what: str = "",
        settled: Settled | None = None,
    ) -> str:
        """Put a question into the inbox, once, and return its answer.

        The run waits meanwhile; it may be paused, cancelled and moved to another worker. It need not wait for
        a person when `settled` finds the answer, which it is asked for now and then.

        Raises:
            Cancelled: when the run was cancelled.
        """
        if self._store.item(item_id) is None:
            given = {"item": item_id, "item_kind": kind, "text": text, "options": list(options), "to": to}
            more = {"unblocks": list(unblocks or self.unblocks), "what": what}
            self._raise(f"~ask:{item_id}", ASKED.get(kind, "question_asked"), {**given, **more})
        while self._unanswered(item_id):
            self._stop_if_cancelled()
            await self._doze(LOOK_AGAIN if settled else None)
            await self._settle(item_id, settled)
        if not self._replaying:
            await self.rest()
        item = self._store.item(item_id)
        return item.answer or "" if item else ""

    async def _settle(self, item_id: str, settled: Settled | None) -> None:
        """Close an item whose answer has been found without a person."""
        item = self._store.item(item_id)
        if settled is None or item is None or item.closed is not None:
            return
        answer = await settled(item.since)
        if answer and self._unanswered(item_id):
            self.emit_once(f"~met:{item_id}", "answered", item=item_id, text=answer)

    async def need(self, item_id: str, text: str, met: Callable[[], bool]) -> None:
        """Wait for something that the run cannot do without; an inbox item says what, once.

        The item is closed by whichever worker finds `met`, or by a person who answers it.

        Raises:
            Cancelled: when the run was cancelled.
        """
        if not met():
            await self.ask(item_id, "problem", text, ["go on"])
        elif self._unanswered(item_id):
            self.emit_once(f"~met:{item_id}", "answered", item=item_id, text="it is there now")

    async def hold(self, reason: str, seconds: float, kind: str = "rate_limited") -> None:
        """Wait for `seconds` where people can see it, once.

        Raises:
            Cancelled: when the run was cancelled.
        """
        self._holds += 1
        rounds = self.run.rounds
        key = f"~hold:{rounds}.{self._holds}" if rounds else f"~hold:{self._holds}"
        if self._store.once(self.run_id, f"{key}:end"):
            return
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        begun = self.emit_once(
            key, kind, reason=reason, until=until.isoformat(timespec="milliseconds"), seconds=seconds
        )
        left = min(seconds, (datetime.fromisoformat(begun.data["until"]) - datetime.now(UTC)).total_seconds())
        await self._wait_out(left)
        self.emit_once(f"{key}:end", "hold_ended")
        await self.rest()

    async def hold_for(
        self, item_id: str, text: str, options: Sequence[str], freed: Callable[[], Awaitable[bool]]
    ) -> str:
        """Hold where people can see it, until one answers the inbox item; return the answer, once.

        Args:
            item_id: of the item that is raised.
            text: what stands in the way, and what it would take.
            options: answers that help.
            freed: whether nothing stands in the way any more; then the answer is empty.

        Raises:
            Cancelled: when the run was cancelled.
        """
        key = f"~held:{item_id}"
        if self._store.once(self.run_id, f"{key}:end") is None:
            given = {"item": item_id, "text": text, "options": list(options), "unblocks": list(self.unblocks)}
            self.emit_once(key, "budget_reached", reason=text, **given)
            while self._unanswered(item_id):
                self._stop_if_cancelled()
                await self._doze(LOOK_AGAIN)
                if self._unanswered(item_id) and await freed():
                    self.emit_once(f"{key}:freed", "item_closed", item=item_id, text="")
            self.emit_once(f"{key}:end", "hold_ended")
            await self.rest()
        item = self._store.item(item_id)
        return item.answer or "" if item else ""

    async def pause_point(self) -> None:
        """Stop here while a pause is asked for or holds: between two tools of a turn nothing is half done.

        Raises:
            Cancelled: when the run was cancelled.
        """
        while self.run.state in {RunState.PAUSING, RunState.PAUSED}:
            self._stop_if_cancelled()
            await self._doze()

    async def rest(self) -> None:
        """Wait while the run is paused, without acknowledging a pause that is only asked for.

        A cancelled run rests no longer.
        """
        while self.run.state is RunState.PAUSED and not self.cancelled.is_set():
            await self._doze()

    async def _obey(self, place: str) -> None:
        escalations = 0
        while True:
            self._stop_if_cancelled()
            item_id, run = f"{place}-e{escalations}", self.run
            if self._store.item(item_id) is not None:
                await self._hand_on_answer(item_id)
                escalations += 1
            elif run.escalation is not None and run.escalation.to == "model":
                await self._strengthen(item_id, run.escalation)
            elif run.escalation is not None:
                self._escalate(item_id, run.escalation)
            elif run.state in {RunState.PAUSING, RunState.PAUSED}:
                await self._doze()
            else:
                return

    def _escalate(self, item_id: str, asked: Escalation) -> None:
        text = asked.reason or "someone wants you to look at this run"
        self.on_escalation(text)
        whom = {"to": asked.to, "reason": asked.reason, "unblocks": list(self.unblocks)}
        self._raise(None, "escalated", {"item": item_id, "text": text, **whom})

    def _raise(self, key: str | None, kind: str, data: dict[str, Any]) -> None:
        """Raise an inbox item, together with the run of the agent that is to answer it."""
        run = self.run
        event = NewEvent(run.id, run.agent, kind, data, key)
        item = item_of(Event(0, "", run.id, run.agent, kind, data))
        asked = self.leads(item) if item is not None and item.calls else None
        self._store.append([event] if asked is None else [event, asked])
        self._notice(None)

    async def _strengthen(self, item_id: str, asked: Escalation) -> None:
        """Let a stronger model go on, and tell it why; where there is none, a person is asked."""
        model = await self.on_strength()
        if model is None:
            reason = f"{asked.reason}: ".removeprefix(": ") + "there is no stronger model to go on with"
            self._escalate(item_id, Escalation("human", reason))
            return
        run = self.run
        text = f"{asked.reason}\n\n{GO_ON}" if asked.reason else GO_ON
        changed = {"model": model, "before": run.model or "", "reason": asked.reason}
        told = {"message": f"{item_id}-{model}", "text": text, "sender": "human"}
        self._store.append(
            [
                NewEvent(run.id, run.agent, "model_changed", changed),
                NewEvent(run.id, run.agent, "message_queued", told),
            ]
        )
        self._notice(None)

    async def _hand_on_answer(self, item_id: str) -> None:
        """Wait for the answer of an escalation and queue it as a message to the agent, once."""
        answer = await self.ask(item_id, "escalation", "")
        item = self._store.item(item_id)
        data = {"message": f"{item_id}-answer", "text": answer, "sender": item.to if item else "human"}
        self._record("message_queued", data, f"~answer:{item_id}")
        self.on_escalation(None)

    def _pass(self, number: int) -> Event:
        """Record the safe point together with what is delivered at it."""
        run = self.run
        names = [message.id for message in mail.for_run(self._store, run)]
        receipts = [NewEvent(run.id, run.agent, "message_delivered", self._receipt(name)) for name in names]
        data = {"number": number, "delivered": names}
        point = NewEvent(run.id, run.agent, "safe_point", data, f"~point:{number}")
        return self._store.append([*receipts, point])[-1]

    def _receipt(self, name: str) -> dict[str, Any]:
        message = self._delivered(name)
        return {"message": name, "text": message.text, "sender": message.sender}

    def _delivered(self, name: str) -> Delivered:
        message = self._store.message(name)
        return Delivered(name, message.text, message.sender) if message else Delivered(name, "", "")

    @property
    def _replaying(self) -> bool:
        """Whether the workflow is still on the way to where a crash cut it off."""
        return self._point < self.run.point

    def _unanswered(self, item_id: str) -> bool:
        item = self._store.item(item_id)
        return item is not None and item.closed is None

    async def _wait_out(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0:
            self._stop_if_cancelled()
            await self._doze(left)
        self._stop_if_cancelled()

    def _stop_if_cancelled(self) -> None:
        if self.run.cancelling:
            raise Cancelled

    async def _doze(self, seconds: float | None = None) -> None:
        """Wait until something happens to the run; a pause takes effect here."""
        if self.run.state is RunState.PAUSING:
            self.emit("run_paused")
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    def _record(self, kind: str, data: dict[str, Any], key: str | None = None) -> Event:
        run = self.run
        event = self._store.append([NewEvent(run.id, run.agent, kind, data, key)])[0]
        if kind in TRANSITIONS:
            self._notice(None)
        return event
