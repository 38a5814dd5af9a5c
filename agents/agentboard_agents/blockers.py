"""Blockers as the store has them: which are the same, which are too old, what hands an answer on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.store import Store

__all__ = ["ASYNC", "EXPIRED", "LASTS", "SYNC", "expire", "handed_on", "is_old", "same_question"]

SYNC, ASYNC = "SYNC", "ASYNC"
"""Whether the agent stops at a blocker, or goes on; an item's `what`."""
LASTS = timedelta(hours=24)
EXPIRED = "expired: nobody answered within 24 hours"


def same_question(store: Store, task: str | None, run: str, question: str) -> list[InboxItem]:
    """Return the open blockers that ask the same about the same task."""
    wanted = spelled(question)
    open_ones = [item for item in store.inbox() if item.kind == "blocker" and spelled(item.text) == wanted]
    return [item for item in open_ones if item.run == run or (task and task_of(store, item) == task)]


def task_of(store: Store, item: InboxItem) -> str | None:
    """Return the task of the run that an item belongs to."""
    run = store.run(item.run)
    return run.task if run else None


def spelled(question: str) -> str:
    """Return a question in the one spelling that questions are compared in."""
    return " ".join(question.split()).casefold()


def expire(store: Store) -> None:
    """Close the ASYNC blockers that nobody answered in time."""
    for item in store.inbox():
        if item.kind == "blocker" and item.what == ASYNC and is_old(item.since):
            data = {"item": item.id, "text": EXPIRED}
            expired = NewEvent(item.run, item.agent, "blocker_expired", data, f"~expired:{item.id}")
            store.append([expired, NewEvent(item.run, item.agent, "item_closed", data, f"~old:{item.id}")])


def is_old(since: str) -> bool:
    """Tell whether a blocker has waited too long."""
    try:
        return datetime.now(UTC) - datetime.fromisoformat(since) >= LASTS
    except ValueError:
        return False  # a time that cannot be read is no reason to give up on an answer


def handed_on(item: InboxItem, run: Run | None, answer: str) -> list[NewEvent]:
    """Return what brings the answer of an ASYNC blocker to its agent, which has gone on meanwhile."""
    if item.kind != "blocker" or item.what != ASYNC or run is None or run.final:
        return []
    text = f"You asked: {item.text}\nThe answer: {answer}"
    data = {"message": f"{item.id}-answer", "text": text, "sender": "human"}
    return [NewEvent(run.id, run.agent, "message_queued", data, f"~answer:{item.id}")]
