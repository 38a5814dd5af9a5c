"""What waits for people and what people said: inbox items and messages, as values folded from events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from agentboard_agents.events import Event

__all__ = [
    "ITEM_CLOSERS",
    "RUN_CLOSERS",
    "InboxItem",
    "Message",
    "Receipt",
    "closed",
    "is_need",
    "is_receipt",
    "item_of",
    "message_of",
    "readdressed",
    "receipt_of",
]

Receipt = Literal["queued", "delivered", "read", "acted"]

ITEM_KINDS = {
    "permission_asked": "permission",
    "question_asked": "question",
    "escalated": "escalation",
    "blocker_created": "blocker",
    "review_ready": "review",
    "accept_undone": "review",
    "conflict_found": "conflict",
    "item_raised": "problem",
    "assumption_found": "problem",
    "budget_reached": "budget",
}
"""Event kind to the kind of the inbox item that it raises, unless its `item_kind` says another."""

ONLY_NAMED = frozenset({"assumption_found"})
"""Kinds that raise an item only where they name it."""

ITEM_CLOSERS = frozenset({"answered", "item_closed"})
"""Kinds that close the item which they name."""

RUN_CLOSERS: dict[str, tuple[str | None, ...]] = {
    "run_accepted": (None,),
    "run_refused": (None,),
    "run_failed": (None,),
    "run_cancelled": (None,),
    "run_rejected": ("review", "blocker", "escalation"),
}
"""Kinds that close the open items of their run: all, or those of some kinds."""

RECEIPTS: dict[str, Receipt] = {
    "message_delivered": "delivered",
    "message_read": "read",
    "message_acted": "acted",
}


class InboxItem(Struct, frozen=True):
    """Something that needs a person: what, who asks, what may be answered, what it would unblock.

    `about` names what the answer is for, where agentboard acts on it: assumption, blocker, verdict, concern.
    """

    id: str
    kind: str
    agent: str
    run: str
    text: str
    options: tuple[str, ...] = ()
    since: str = ""
    unblocks: tuple[str, ...] = ()
    to: str = "human"
    what: str = ""  # for a permission: exactly what would be done
    answer: str | None = None
    closed: str | None = None  # when
    about: str = ""
    escalated: bool = False  # it was put to somebody else than before
    reason: str = ""  # why it was

    @property
    def calls(self) -> bool:
        """Whether the one named in `to` is called, and not only told."""
        return self.escalated or self.kind == "escalation"


class Message(Struct, frozen=True):
    """Words for an agent, with a receipt. `run` names the one run that it is meant for, if any."""

    id: str
    agent: str
    run: str | None
    text: str
    sender: str
    state: Receipt
    since: str
    delivered_to: str | None = None


def item_of(event: Event) -> InboxItem | None:
    """Return the inbox item that an event raises, if it raises one."""
    kind = ITEM_KINDS.get(event.kind)
    data = event.data
    if kind is None or (event.kind in ONLY_NAMED and not _text(data, "item")):
        return None
    return InboxItem(
        id=_text(data, "item") or f"{event.run}-{event.kind.replace('_', '-')}",
        kind=_text(data, "item_kind") or kind,
        agent=event.agent,
        run=event.run,
        text=WORDS.get(event.kind, said)(data),
        options=_texts(data, "options"),
        since=event.time,
        unblocks=_texts(data, "unblocks"),
        to=_text(data, "to") or "human",
        what=_text(data, "what"),
        about=_text(data, "about"),
    )


def said(data: Mapping[str, Any]) -> str:
    """Return what an event says that raises an item."""
    return _text(data, "text") or _text(data, "reason")


def assumed(data: Mapping[str, Any]) -> str:
    """Return an assumption with its place."""
    return f"Assumption made: {_text(data, 'text')} ({_text(data, 'file')}:{data.get('line', 0)})"


WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"assumption_found": assumed}
"""Kinds whose item has other words than the event itself."""


def closed(item: InboxItem, event: Event) -> InboxItem:
    """Return the item as `event` closes it; what was answered first stays."""
    answer = _text(event.data, "text") or _text(event.data, "answer") or None
    return msgspec.structs.replace(item, answer=item.answer or answer, closed=item.closed or event.time)


def readdressed(item: InboxItem, event: Event) -> InboxItem:
    """Return the item as `event` puts it to somebody else."""
    to, reason = _text(event.data, "to") or item.to, _text(event.data, "reason")
    return msgspec.structs.replace(item, to=to, reason=reason, escalated=True)


def is_need(item: InboxItem) -> bool:
    """Say whether a run waits for something that its worker lacks, such as a key."""
    return item.kind == "problem" and item.id.startswith(f"{item.run}-need")


def message_of(event: Event) -> Message | None:
    """Return the message that an event queues, if it queues one."""
    if event.kind != "message_queued":
        return None
    data = event.data
    return Message(
        id=_text(data, "message"),
        agent=event.agent,
        run=event.run or None,
        text=_text(data, "text"),
        sender=_text(data, "sender") or "human",
        state="queued",
        since=event.time,
    )


def receipt_of(message: Message, event: Event) -> Message:
    """Return the message as `event` reports on it; a receipt never goes back."""
    state = RECEIPTS[event.kind]
    order = ("queued", "delivered", "read", "acted")
    if order.index(state) <= order.index(message.state):
        return message
    return msgspec.structs.replace(message, state=state, since=event.time, delivered_to=event.run or None)


def is_receipt(event: Event) -> bool:
    """Say whether an event reports on a message."""
    return event.kind in RECEIPTS


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    parts = cast("list[object]", data[name]) if isinstance(data.get(name), list | tuple) else []
    return tuple(part for part in parts if isinstance(part, str))
