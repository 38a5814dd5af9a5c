"""What the worker does about each command.

A handler looks at the state of things and takes the next step; it is called again, with the command still
pending, whenever something has changed. So a worker that takes over in the middle goes on without a memory.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agentboard_agents import ids
from agentboard_agents.blockers import handed_on
from agentboard_agents.commands import Command
from agentboard_agents.desk import Desk
from agentboard_agents.escalation import ASKABLE
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.review.office import Reviews
from agentboard_agents.review.replies import consequences
from agentboard_agents.review.returning import send_back
from agentboard_agents.review.settlement import Refused
from agentboard_agents.run import IllegalTransition, RunState

__all__ = ["Commands"]

ANSWER_CAP = 100_000  # characters of an answer or a message
PAUSES = frozenset({RunState.PAUSING, RunState.PAUSED})


class Commands:
    """Handles the commands of one project, in the worker; `live` says whether a run's workflow runs."""

    def __init__(self, desk: Desk, live: Callable[[str], bool]) -> None:
        self._desk = desk
        self._store = desk.store
        self._live = live
        self._reviews = Reviews(desk, live)
        self._handlers: dict[str, Callable[[Command], None]] = {
            "dispatch": self._of_run(self._dispatch),
            "pause": self._of_run(self._pause),
            "resume": self._of_run(self._resume),
            "cancel": self._of_run(self._cancel),
            "escalate": self._of_run(self._escalate),
            "retry": self._of_run(self._retry),
            "accept": self._of_run(self._reviews.take),
            "reject": self._of_run(self._reviews.take),
            "answer": self._answer,
            "message": self._message,
            "pause_all": self._pause_all,
            "retire": self._retire,
        }

    @property
    def busy(self) -> bool:
        """Whether a command is being worked on that no run's state shows."""
        return self._reviews.busy

    def handle(self, command: Command) -> None:
        """Take the next step of a pending command; one about a run that is being merged waits."""
        if self._reviews.holds(command):
            return
        handler = self._handlers.get(command.kind)
        if handler is None:
            self._refuse(command, f"this worker knows no command {command.kind!r}")
            return
        try:
            handler(command)
        except (IllegalTransition, Refused) as fault:
            self._refuse(command, str(fault))

    def _of_run(self, handler: Callable[[Command, Run], None]) -> Callable[[Command], None]:
        def with_run(command: Command) -> None:
            run = self._store.run(command.run or "")
            if run is None:
                self._refuse(command, f"there is no run {command.run}")
            else:
                handler(command, run)

        return with_run

    def _dispatch(self, command: Command, run: Run) -> None:
        self._done(command, run.id)

    def _pause(self, command: Command, run: Run) -> None:
        asked = self._store.once(run.id, f"~pause:{command.id}") is not None
        if run.final:
            self._refuse(command, f"run {run.id} is {run.state}: it cannot be paused")
        elif run.state is RunState.PAUSED:
            self._done(command, "paused")
        elif run.state is RunState.PAUSING:
            if self._settle_down(run):
                self._done(command, "paused")
        elif asked:
            self._refuse(command, f"run {run.id} was resumed before it paused")
        else:
            self._record(run, "pause_requested", f"~pause:{command.id}")
            self.handle(command)

    def _resume(self, command: Command, run: Run) -> None:
        if run.state in PAUSES:
            self._done(command, "resumed", [NewEvent(run.id, run.agent, "run_resumed")])
            self._desk.wake(run.id)
        else:
            self._refuse(command, f"run {run.id} is {run.state}: it is not paused")

    def _cancel(self, command: Command, run: Run) -> None:
        if run.state is RunState.CANCELLED:
            self._done(command, "cancelled")
        elif run.final:
            self._refuse(command, f"run {run.id} is {run.state}: it cannot be cancelled")
        elif not run.cancelling:
            reason = _text(command, "reason")
            self._record(run, "cancel_requested", f"~cancel:{command.id}", reason=reason)
            self.handle(command)
        elif not self._live(run.id):
            event = NewEvent(run.id, run.agent, "run_cancelled", {"reason": "cancelled"})
            self._done(command, "cancelled", [event])

    def _escalate(self, command: Command, run: Run) -> None:
        to, over = _text(command, "to") or "human", run.final or run.beneath is RunState.REVIEW
        if self._store.once(run.id, f"~escalate:{command.id}") is not None:
            self._escalated(command, run, over)
        elif over and to == "model":
            self._once_more(command, run)
        elif over:
            self._refuse(command, f"run {run.id} is {run.state}: it cannot be escalated")
        elif run.beneath is RunState.WAITING and to != "model":
            self._readdress(command, run, to)
        else:
            data = {"to": to, "reason": _text(command, "reason")}
            self._record(run, "escalate_requested", f"~escalate:{command.id}", **data)
            self.handle(command)

    def _escalated(self, command: Command, run: Run, over: bool) -> None:
        """Answer once what was asked for has happened, or cannot happen soon."""
        if run.escalation is None:
            self._done(command, "escalated")
        elif over:
            self._refuse(command, f"run {run.id} is {run.state}: it ended before it could be escalated")
        elif run.beneath in {RunState.WAITING, RunState.QUEUED}:
            self._done(command, f"run {run.id} is {run.beneath}: it escalates at its next safe point")

    def _readdress(self, command: Command, run: Run, to: str) -> None:
        """Put what a run waits for to somebody else."""
        items = [item for item in self._store.inbox() if item.run == run.id and item.kind in ASKABLE]
        if not items:
            self._refuse(command, f"run {run.id} waits for what only a person can decide: agentboard inbox")
            return
        data = {"to": to, "reason": _text(command, "reason")}
        names = ", ".join(item.id for item in items)
        events = [NewEvent(run.id, run.agent, "item_escalated", {**data, "item": item.id}) for item in items]
        self._done(command, f"escalated: {names} waits for the {to} now", events)

    def _once_more(self, command: Command, run: Run) -> None:
        """Let a stronger model have another go: in the same run while it is in review, else in a new one."""
        reason = _text(command, "reason") or "Look at the work anew."
        asked = {"to": "model", "reason": reason}
        if run.state is RunState.ACCEPTED:
            self._refuse(command, f"run {run.id} is {run.state}: it cannot be escalated")
        elif run.final:
            new = self._new_id(command)
            spec = msgspec.structs.replace(run.spec, run=new, retry_of=run.id)
            queued = NewEvent(new, spec.agent, "run_queued", msgspec.to_builtins(spec))
            self._done(command, new, [queued, NewEvent(new, spec.agent, "escalate_requested", asked)])
        elif not self._live(run.id):
            events = [*send_back(command, run, reason).events]
            self._done(
                command, "escalated", [*events, NewEvent(run.id, run.agent, "escalate_requested", asked)]
            )

    def _new_id(self, command: Command) -> str:
        asked = _text(command, "new_run")
        return asked if ids.is_run_id(asked) and self._store.run(asked) is None else ids.run_id()

    def _retry(self, command: Command, run: Run) -> None:
        if not run.final and run.beneath is not RunState.REVIEW:
            self._refuse(command, f"run {run.id} is {run.state}: cancel it before you retry it")
            return
        new = self._new_id(command)
        spec = msgspec.structs.replace(run.spec, run=new, retry_of=run.id)
        self._done(command, new, [NewEvent(new, spec.agent, "run_queued", msgspec.to_builtins(spec))])

    def _answer(self, command: Command) -> None:
        item = self._store.item(_text(command, "item"))
        text = _text(command, "text").strip()
        if item is None:
            self._refuse(command, f"there is no inbox item {_text(command, 'item')!r}")
        elif item.closed is not None:
            self._refuse(
                command, f"{item.id} is closed already" + (f": {item.answer}" if item.answer else "")
            )
        elif not text:
            self._refuse(command, f"the answer to {item.id} is empty")
        else:
            self._close(command, item, text)

    def _close(self, command: Command, item: InboxItem, text: str) -> None:
        answer = _answer_of(text, _text(command, "choice"), _text(command, "reason"))
        run = self._store.run(item.run)
        asked = item.kind == "escalation" or self._store.once(item.run, f"~ask:{item.id}") is not None
        waits = asked and run is not None and run.beneath is RunState.WAITING
        kind = "answered" if waits else "item_closed"
        event = NewEvent(item.run, item.agent, kind, {"item": item.id, "text": answer[:ANSWER_CAP]})
        further = () if waits else consequences(command, item, run, answer[:ANSWER_CAP])
        if any(one.kind == "run_rejected" for one in further) and self._live(item.run):
            return  # the last word of the round before is not said yet
        self._done(command, "answered", [event, *further, *handed_on(item, run, answer[:ANSWER_CAP])])
        self._desk.wake(item.run)

    def _message(self, command: Command) -> None:
        text = _text(command, "text").strip()
        run = self._store.run(command.run) if command.run else None
        agent = run.agent if run else _text(command, "agent")
        if command.run and run is None:
            self._refuse(command, f"there is no run {command.run}")
        elif run is not None and run.final:
            self._refuse(command, f"run {run.id} is {run.state}: it reads no more messages")
        elif not text or not agent:
            self._refuse(command, "a message needs a text and a run or an agent")
        else:
            name = f"m{command.client_id}"
            sender = _text(command, "sender") or "human"
            data = {"message": name, "text": text[:ANSWER_CAP], "sender": sender}
            self._done(command, name, [NewEvent(run.id if run else "", agent, "message_queued", data)])
            if command.data.get("interrupt") is True:
                self._interrupt(agent, run)

    def _interrupt(self, agent: str, run: Run | None) -> None:
        """Let the agent hear at once: in the run that is meant, else in its newest one."""
        open_runs = self._store.runs(open_only=True)
        meant = run or next((one for one in open_runs if agent in {one.agent, one.stem}), None)
        if meant is not None:
            self._desk.interrupt(meant.id)

    def _pause_all(self, command: Command) -> None:
        key = f"~pause:{command.id}"
        for run in self._store.runs(open_only=True):
            if run.state not in PAUSES | {RunState.REVIEW} and self._store.once(run.id, key) is None:
                self._record(run, "pause_requested", key)
        pausing = [run for run in self._store.runs(open_only=True) if run.state is RunState.PAUSING]
        if not [run for run in pausing if not self._settle_down(run)]:
            self._done(command, "all paused")

    def _retire(self, command: Command) -> None:
        self._done(command, "the next worker takes over")
        self._desk.retiring = True
        self._desk.news.set()

    def _settle_down(self, run: Run) -> bool:
        """Acknowledge the pause of a run that nobody is working on; say whether it was so."""
        if self._live(run.id):
            return False
        self._record(run, "run_paused", None)
        return True

    def _record(self, run: Run, kind: str, key: str | None, **data: str) -> None:
        self._store.append([NewEvent(run.id, run.agent, kind, data, key)])
        self._desk.wake(run.id)
        self._desk.news.set()

    def _done(self, command: Command, reply: str, events: list[NewEvent] | None = None) -> None:
        self._store.settle(command.id, True, reply, events or ())
        if events:
            self._desk.news.set()

    def _refuse(self, command: Command, reason: str) -> None:
        self._store.settle(command.id, False, reason)


def _answer_of(text: str, choice: str, reason: str) -> str:
    """Return an answer as the agent is told it: `approve`, `deny: too much`, or free text."""
    said = "" if text == choice else text
    return ": ".join(part for part in (choice, said, reason) if part)


def _text(command: Command, name: str) -> str:
    value = command.data.get(name)
    return value if isinstance(value, str) else ""
