"""Blockers as the store has them: which are the same, which are too old, what hands an answer on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.store import Store

__all__ = [
    "ASYNC",
    "EXPIRED",
    "LASTS",
    "SYNC",
    "Twins",
    "expire",
    "handed_on",
    "has_expired",
    "is_old",
    "same_question",
    "without_twins",
]

SYNC, ASYNC = "SYNC", "ASYNC"
"""Whether the agent stops at a blocker, or goes on; an item's `what`."""
LASTS = timedelta(hours=24)
EXPIRED = "expired: nobody answered within 24 hours"


def same_question(store: Store, task: str | None, run: str, question: str) -> list[InboxItem]:
    """Return the open blockers that ask the same about the same task."""
    wanted = spelled(question)
    open_ones = [item for item in store.inbox() if item.kind == "blocker" and spelled(item.text) == wanted]
    return [item for item in open_ones if item.run == run or (task and task_of(store, item) == task)]


class Twins:
    """The same question of other runs about the same task: one answer is for all of them.

    `known` are the items that asked it first.
    """

    def __init__(
        self, store: Store, task: str | None, run: str, question: str, known: Iterable[str] = ()
    ) -> None:
        self._store = store
        self._about = (task, run, question)
        self._run = run
        self._known = set(known)

    def answer(self) -> str:
        """Return what a person has answered to one of them meanwhile, empty when nothing yet."""
        same = same_question(self._store, *self._about)
        self._known.update(item.id for item in same if item.run != self._run and item.what == SYNC)
        items = (self._store.item(name) for name in sorted(self._known))
        answers = (item.answer for item in items if item is not None and item.closed is not None)
        return next((answer for answer in answers if answer and answer != EXPIRED), "")


def without_twins(items: Sequence[InboxItem]) -> list[InboxItem]:
    """Return items without a blocker that asks the same about the same task as an earlier one. Pure."""
    seen: set[tuple[str, ...]] = set()
    kept: list[InboxItem] = []
    for item in items:
        key = (spelled(item.text), *item.unblocks)
        twin = item.kind == "blocker" and item.what != "" and bool(item.unblocks)
        if not (twin and key in seen):
            kept.append(item)
        if twin:
            seen.add(key)
    return kept


def has_expired(item: InboxItem) -> bool:
    """Tell whether a blocker has waited too long, though no worker has said so yet."""
    return (
        item.kind == "blocker" and item.what in {SYNC, ASYNC} and item.closed is None and is_old(item.since)
    )


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
