"""Writing one event with everything that follows from it, inside the caller's transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from agentboard_agents import projection, projection_people
from agentboard_agents.events import Event, NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem, Message
from agentboard_agents.redaction import redacted

__all__ = ["record"]

ITEM_NAMED = "SELECT id, value FROM items WHERE id = ?"
ITEMS_OF_RUN = "SELECT id, value FROM items WHERE run = ? AND open = 1 AND kind = coalesce(?, kind)"


def record(connection: sqlite3.Connection, new: NewEvent, time: str) -> Event:
    """Append `new` without secrets; update its run, inbox items and messages.

    A known key returns the event that has it.

    Raises:
        IllegalTransition: when it cannot happen in the run's state.
    """
    known = _known(connection, new)
    if known is not None:
        return known
    new = msgspec.structs.replace(new, data=redacted(new.data))
    cursor = connection.execute(
        "INSERT INTO events (time, run, agent, kind, key, data) VALUES (?, ?, ?, ?, ?, ?)",
        (time, new.run, new.agent, new.kind, new.key, msgspec.json.encode(new.data)),
    )
    event = Event(cursor.lastrowid or 0, time, new.run, new.agent, new.kind, new.data)
    if event.run and projection.moves(event.kind):
        _fold_run(connection, event)
    _fold_items(connection, event)
    _fold_messages(connection, event)
    return event


def _known(connection: sqlite3.Connection, new: NewEvent) -> Event | None:
    if new.key is None:
        return None
    row = connection.execute(
        "SELECT seq, time, agent, kind, data FROM events WHERE run = ? AND key = ?", (new.run, new.key)
    ).fetchone()
    return Event(row[0], row[1], new.run, row[2], row[3], msgspec.json.decode(row[4])) if row else None


def _fold_run(connection: sqlite3.Connection, event: Event) -> None:
    row = connection.execute("SELECT value FROM runs WHERE id = ?", (event.run,)).fetchone()
    before = msgspec.json.decode(row[0], type=Run) if row else None
    after = projection.apply(before, event)
    if before is None:
        connection.execute(
            "INSERT INTO runs (id, queued, agent, stem, open, value) VALUES (?, ?, ?, ?, 1, ?)",
            (after.id, event.seq, after.agent, after.stem, msgspec.json.encode(after)),
        )
    elif after is not before:
        connection.execute(
            "UPDATE runs SET open = ?, value = ? WHERE id = ?",
            (not after.final, msgspec.json.encode(after), after.id),
        )


def _fold_items(connection: sqlite3.Connection, event: Event) -> None:
    raised = projection_people.item_of(event)
    if raised is not None:
        connection.execute(
            "INSERT OR REPLACE INTO items (id, seq, run, kind, open, value) VALUES (?, ?, ?, ?, 1, ?)",
            (raised.id, event.seq, raised.run, raised.kind, msgspec.json.encode(raised)),
        )
    elif event.kind in projection_people.ITEM_CLOSERS:
        _close(connection, event, ITEM_NAMED, event.data.get("item"))
    elif event.kind == "item_escalated":
        _readdress(connection, event)
    elif event.kind in projection_people.RUN_CLOSERS:
        for kind in projection_people.RUN_CLOSERS[event.kind]:
            _close(connection, event, ITEMS_OF_RUN, event.run, kind)


def _close(connection: sqlite3.Connection, event: Event, which: str, *values: object) -> None:
    for name, value in connection.execute(which, values).fetchall():
        item = projection_people.closed(msgspec.json.decode(value, type=InboxItem), event)
        row = (msgspec.json.encode(item), name)
        connection.execute("UPDATE items SET open = 0, value = ? WHERE id = ?", row)


def _readdress(connection: sqlite3.Connection, event: Event) -> None:
    for name, value in connection.execute(ITEM_NAMED, (event.data.get("item"),)).fetchall():
        item = projection_people.readdressed(msgspec.json.decode(value, type=InboxItem), event)
        connection.execute("UPDATE items SET value = ? WHERE id = ?", (msgspec.json.encode(item), name))


def _fold_messages(connection: sqlite3.Connection, event: Event) -> None:
    queued = projection_people.message_of(event)
    if queued is not None:
        connection.execute(
            "INSERT OR IGNORE INTO messages (id, seq, agent, state, value) VALUES (?, ?, ?, ?, ?)",
            (queued.id, event.seq, queued.agent, queued.state, msgspec.json.encode(queued)),
        )
    elif projection_people.is_receipt(event):
        _receipt(connection, event)


def _receipt(connection: sqlite3.Connection, event: Event) -> None:
    name = event.data.get("message")
    row = connection.execute("SELECT value FROM messages WHERE id = ?", (name,)).fetchone()
    if row is None:
        return
    message = projection_people.receipt_of(msgspec.json.decode(row[0], type=Message), event)
    connection.execute(
        "UPDATE messages SET state = ?, value = ? WHERE id = ?",
        (message.state, msgspec.json.encode(message), name),
    )
