"""Which run is given which message (the run it names, else its agent's newest), and what people have read."""

from __future__ import annotations

from collections.abc import Sequence

from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import Message
from agentboard_agents.store import Store

__all__ = ["for_run", "read_by_person"]


def read_by_person(store: Store, messages: Sequence[Message]) -> None:
    """Record that a person has read what was delivered to people: messages to a lead who is no agent.

    Such a message is delivered by the run of its sender, as soon as it is written down.
    """
    read: list[NewEvent] = []
    for message in messages:
        run = store.run(message.delivered_to) if message.delivered_to else None
        if message.state == "delivered" and run is not None and run.agent == message.sender:
            data = {"message": message.id}
            read.append(NewEvent(run.id, run.agent, "message_read", data, f"read {message.id}"))
    if read:
        store.append(read)


def for_run(store: Store, run: Run) -> list[Message]:
    """Return the queued messages that `run` is to be given now, oldest first.

    A message whose own run ended before it was delivered goes to the agent's next one.
    """
    queued = [message for message in store.queued_messages() if message.agent in {run.agent, run.stem}]
    if not queued or all(message.run == run.id for message in queued):
        return queued
    newest = _newest(store, run)
    return [message for message in queued if message.run == run.id or (newest and _unclaimed(store, message))]


def _newest(store: Store, run: Run) -> bool:
    for other in store.runs(open_only=True):
        if other.agent == run.agent:
            return other.id == run.id
    return False


def _unclaimed(store: Store, message: Message) -> bool:
    if message.run is None:
        return True
    meant = store.run(message.run)
    return meant is None or meant.final
