"""Which run is given which message: the run it names, else the newest living run of its agent."""

from __future__ import annotations

from agentboard_agents.projection import Run
from agentboard_agents.projection_people import Message
from agentboard_agents.store import Store

__all__ = ["for_run"]


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
