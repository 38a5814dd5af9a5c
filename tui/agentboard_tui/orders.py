"""What a person asks of runs, sent to the worker from a thread: each returns one line on what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentboard_agents.project import Project
from agentboard_agents.store import Store, StoreFault

if TYPE_CHECKING:
    from agentboard_agents.client import Client
    from agentboard_agents.commands import Command
    from agentboard_agents.dispatch import Order
    from agentboard_agents.projection_people import Message
    from agentboard_agents.spec import RunSpec
    from agentboard_agents.survey import Survey

__all__ = ["Counter", "Reply", "dispatch", "leave_receipts", "planned", "retire", "send", "send_all"]

LOOK_FOR_WORKER = 1.0
"""Seconds between looks at a worker that owes an answer."""

SLICE = 0.1
"""Seconds between looks at whether the person has left."""

PATIENCE = 20.0
"""Seconds until an order that nobody acknowledged is reported as such; it stays asked."""


class Reply:
    """What came of an order: one line, whether it was done, and the run that it made, if any."""

    def __init__(self, text: str, *, ok: bool = True, run: str | None = None, settled: bool = True) -> None:
        self.text = text
        self.ok = ok
        self.run = run
        self.settled = settled


class Counter:
    """Where orders are handed in: the project, and whether the person who waits has left."""

    def __init__(self, project: Project, left: threading.Event | None = None) -> None:
        self.project = project
        self._left = left or threading.Event()

    def wait(self, client: Client, command: Command) -> Command:
        """Return the command when it is settled, patience ends, or nobody waits any more."""
        deadline, look = time.monotonic() + PATIENCE, time.monotonic() + LOOK_FOR_WORKER
        while not command.settled and time.monotonic() < deadline and not self._left.is_set():
            command = client.wait(command, min(SLICE, PATIENCE))
            if time.monotonic() >= look:
                client.ensure_worker()
                look = time.monotonic() + LOOK_FOR_WORKER
        return command


def leave_receipts(project: Project, messages: Sequence[Message]) -> None:
    """Record that a person was shown messages; where that cannot be, they were shown all the same."""
    from agentboard_agents.mail import read_by_person

    with suppress(StoreFault):
        store = Store.open(project)
        try:
            read_by_person(store, messages)
        finally:
            store.close()


def _with_client(counter: Counter, use: Callable[[Client], Reply]) -> Reply:
    """Use a client on a connection of its own; a fault becomes a refusal."""
    from agentboard_agents.client import Client
    from agentboard_agents.worker_start import WorkerNotStarted

    try:
        store = Store.open(counter.project)
    except StoreFault as fault:
        return Reply(f"{fault}", ok=False)
    try:
        return use(Client(counter.project, store))
    except (StoreFault, WorkerNotStarted) as fault:
        return Reply(f"{fault}", ok=False)
    finally:
        store.close()


def send(counter: Counter, kind: str, run: str | None, done: str, **data: Any) -> Reply:
    """Send one command and wait until it is acknowledged; `done` says so."""

    def use(client: Client) -> Reply:
        command = counter.wait(client, client.send(kind, run, **data))
        if command.state == "refused":
            return Reply(command.reply or f"{kind} was refused", ok=False)
        if command.state == "pending":
            return Reply(f"{kind}: not acknowledged yet; it stays asked", settled=False)
        return Reply(done.replace("{reply}", command.reply or "done"))

    return _with_client(counter, use)


def send_all(counter: Counter, kind: str, runs: Sequence[str], done: str) -> Reply:
    """Send one command to each of several runs."""

    def use(client: Client) -> Reply:
        commands = [client.send(kind, run) for run in runs]
        settled = [counter.wait(client, command) for command in commands]
        refused = [command.reply for command in settled if command.state == "refused"]
        return Reply(refused[0], ok=False) if refused else Reply(done)

    return _with_client(counter, use)


def retire(counter: Counter) -> Reply:
    """Let the worker end between two steps; without one there is nothing to do."""

    def use(client: Client) -> Reply:
        if not client.worker_alive():
            return Reply("no worker")
        command = counter.wait(client, client.send("retire"))
        deadline = time.monotonic() + PATIENCE
        while client.worker_alive() and time.monotonic() < deadline:
            time.sleep(SLICE)
        return Reply(command.reply, ok=command.state != "refused", settled=not client.worker_alive())

    return _with_client(counter, use)


def planned(survey: Survey, order: Order) -> RunSpec | Reply:
    """Return the run that an order means, or the one line on what is missing."""
    from agentboard_agents.dispatch import CannotDispatch, plan
    from agentboard_agents.survey import Unknown

    try:
        return plan(survey, order)
    except CannotDispatch as refusal:
        return Reply(refusal.why, ok=False)
    except Unknown as unknown:
        return Reply(f"{unknown}", ok=False)


def dispatch(counter: Counter, survey: Survey, order: Order) -> Reply:
    """Queue a run for an order; the reply names it."""
    spec = planned(survey, order)
    if isinstance(spec, Reply):
        return spec

    def use(client: Client) -> Reply:
        run = client.dispatch_spec(spec)
        return Reply(f"dispatched {spec.agent}: {spec.title or spec.task or spec.run}", run=run)

    return _with_client(counter, use)
