"""The event store: append, tail, projections, commands. The one channel between screens and worker."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from agentboard_agents.commands import Command
from agentboard_agents.events import CHATTER, Event, NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem, Message
from agentboard_agents.recording import record
from agentboard_agents.redaction import learn, redacted
from agentboard_agents.schema import connect
from agentboard_agents.store_fault import StoreFault, StoreMissing
from agentboard_tasks.files import FileFault

__all__ = ["Store", "StoreFault", "StoreMissing", "now"]

LATEST = 2**63 - 1
FILE = "store.db"
COMMAND = "SELECT id, client_id, kind, run, data, state, reply, time FROM commands"
EVENT = "SELECT seq, time, run, agent, kind, data FROM events"
RUNS = "SELECT value FROM runs WHERE open >= ? ORDER BY queued DESC"
ITEMS = "SELECT value FROM items WHERE open >= ? ORDER BY seq"
Value = TypeVar("Value")


def now() -> str:
    """Return the wall clock as RFC 3339 in UTC; it is only shown, order comes from `seq`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """One project's history and control state, in SQLite.

    Any number of processes and threads may use it at once. Events that only narrate (`CHATTER`) are not
    waited for on disk; everything else survives a power failure once `append` or `submit` has returned.
    """

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._decode_data: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode
        self._decode_run: Callable[[bytes], Run] = msgspec.json.Decoder(Run).decode
        self._decode_item: Callable[[bytes], InboxItem] = msgspec.json.Decoder(InboxItem).decode
        self._decode_message: Callable[[bytes], Message] = msgspec.json.Decoder(Message).decode

    @classmethod
    def open(cls, project: Project, *, create: bool = True) -> Store:
        """Open the project's store; with `create`, make it when there is none.

        Raises:
            StoreMissing: when there is none and `create` is false.
            StoreFault: when it cannot be used.
        """
        learn()
        path = os.path.join(project.state, FILE)
        if not create and not os.path.exists(path):
            raise StoreMissing(path)
        try:
            project.make_state()
        except FileFault as fault:
            raise StoreFault(fault.path, fault.reason, fault.hint) from fault
        return cls(connect(path), path)

    def close(self) -> None:
        """Close the file; the store is of no use after."""
        with self._lock:
            self._connection.close()

    # writing

    def append(self, events: Sequence[NewEvent]) -> list[Event]:
        """Record events in order, with what follows from them, all or none.

        An event whose `key` its run already has is not recorded again: the recorded one is returned.

        Raises:
            IllegalTransition: when an event cannot happen in its run's state; nothing was recorded.
        """
        durable = any(event.kind not in CHATTER for event in events)
        with self._writing(durable=durable) as connection:
            time = now()
            return [record(connection, event, time) for event in events]

    def submit(self, command: Command, events: Sequence[NewEvent] = ()) -> Command:
        """Write a command for the worker, with `events` that go with it, all or none.

        A repeat (same `client_id`) writes nothing and returns the command as it stands.
        """
        with self._writing(durable=True) as connection:
            known = self._command("client_id = ?", command.client_id)
            if known is not None:
                return known
            time = now()
            for event in events:
                record(connection, event, time)
            data = msgspec.json.encode(redacted(command.data))
            row = (command.client_id, command.kind, command.run, data, time)
            cursor = connection.execute(
                "INSERT INTO commands (client_id, kind, run, data, time) VALUES (?, ?, ?, ?, ?)", row
            )
            return msgspec.structs.replace(command, id=str(cursor.lastrowid), time=time, state="pending")

    def settle(self, command_id: str, ok: bool, reply: str = "", events: Sequence[NewEvent] = ()) -> bool:
        """Answer a command, once, and record the `events` that it causes, all or none.

        The first answer stays: return whether this was it.
        """
        with self._writing(durable=True) as connection:
            cursor = connection.execute(
                "UPDATE commands SET state = ?, reply = ? WHERE id = ? AND state = 'pending'",
                ("done" if ok else "refused", reply, int(command_id)),
            )
            if cursor.rowcount == 0:
                return False
            time = now()
            for event in events:
                record(connection, event, time)
            return True

    # reading

    def events(
        self,
        after: int = 0,
        *,
        run: str | None = None,
        agent: str | None = None,
        kinds: Collection[str] = (),
        limit: int = 1000,
    ) -> list[Event]:
        """Return up to `limit` events after number `after`, oldest first, of `kinds` if any are named."""
        where, values = _where(run=run, agent=agent)
        where += f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        values += kinds
        rows = self._rows(f"{EVENT} WHERE seq > ?{where} ORDER BY seq LIMIT ?", after, *values, limit)
        return [self._event(row) for row in rows]

    def tail(self, run: str, count: int, *, until: int = LATEST) -> list[Event]:
        """Return the last `count` events of a run up to number `until`, oldest first."""
        rows = self._rows(f"{EVENT} WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT ?", run, until, count)
        return [self._event(row) for row in reversed(rows)]

    def by_hand(self) -> list[Event]:
        """Return what people have told the store about tasks, oldest first."""
        rows = self._rows(f"{EVENT} WHERE run = '' AND kind = 'task_changed' ORDER BY seq")
        return [self._event(row) for row in rows]

    def runs(self, *, open_only: bool = False) -> list[Run]:
        """Return the runs, newest first."""
        return self._values(self._decode_run, RUNS, open_only)

    def run(self, run_id: str) -> Run | None:
        """Return a run as it is now."""
        return self._first(self._decode_run, "SELECT value FROM runs WHERE id = ?", run_id)

    def inbox(self, *, open_only: bool = True) -> list[InboxItem]:
        """Return what waits for people, oldest first."""
        return self._values(self._decode_item, ITEMS, open_only)

    def item(self, item_id: str) -> InboxItem | None:
        """Return an inbox item, open or closed."""
        return self._first(self._decode_item, "SELECT value FROM items WHERE id = ?", item_id)

    def messages(self) -> list[Message]:
        """Return all messages with their receipts, oldest first."""
        return self._values(self._decode_message, "SELECT value FROM messages ORDER BY seq")

    def message(self, message_id: str) -> Message | None:
        """Return a message with its receipt."""
        return self._first(self._decode_message, "SELECT value FROM messages WHERE id = ?", message_id)

    def queued_messages(self) -> list[Message]:
        """Return the messages that no run was given yet, oldest first."""
        query = "SELECT value FROM messages WHERE state = 'queued' ORDER BY seq"
        return self._values(self._decode_message, query)

    def pending(self) -> list[Command]:
        """Return the commands that nobody has answered, oldest first."""
        return [self._to_command(row) for row in self._rows(f"{COMMAND} WHERE state = 'pending' ORDER BY id")]

    def command(self, command_id: str) -> Command | None:
        """Return a command as it stands."""
        return self._command("id = ?", int(command_id)) if command_id.isdecimal() else None

    def once(self, run: str, key: str) -> Event | None:
        """Return the event that a run recorded under `key`."""
        rows = self._rows(f"{EVENT} WHERE run = ? AND key = ?", run, key)
        return self._event(rows[0]) if rows else None

    def before(self, time: str) -> int:
        """Return the number of the last event before `time` (RFC 3339, UTC), 0 when there is none."""
        low, high = 0, self.last_seq()
        while low < high:
            middle = (low + high + 1) // 2
            at = self._rows("SELECT time FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", middle)
            low, high = (middle, high) if at and at[0][0] < time else (low, middle - 1)
        return low

    def data_version(self) -> int:
        """Return a number that changes when another connection has written; costs microseconds."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 when there is none."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM events")[0][0])

    # rows

    def _command(self, where: str, value: str | int) -> Command | None:
        rows = self._rows(f"{COMMAND} WHERE {where}", value)
        return self._to_command(rows[0]) if rows else None

    def _to_command(self, row: tuple[Any, ...]) -> Command:
        number, client_id, kind, run, data, state, reply, time = row
        return Command(str(number), client_id, kind, run, self._decode_data(data), state, reply, time)

    def _event(self, row: tuple[Any, ...]) -> Event:
        seq, time, run, agent, kind, data = row
        return Event(seq, time, run, agent, kind, self._decode_data(data))

    def _values(self, decode: Callable[[bytes], Value], query: str, *values: object) -> list[Value]:
        with self._faults():
            return [decode(row[0]) for row in self._rows(query, *values)]

    def _first(self, decode: Callable[[bytes], Value], query: str, *values: object) -> Value | None:
        found = self._values(decode, query, *values)
        return found[0] if found else None

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._faults(), self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _writing(self, *, durable: bool) -> Generator[sqlite3.Connection]:
        with self._faults(), self._lock:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreFault(self.path, str(fault)) from fault
        except msgspec.MsgspecError as fault:
            raise StoreFault(self.path, f"holds a value that cannot be read: {fault}") from fault


def _where(**wanted: str | None) -> tuple[str, list[str]]:
    given = {name: value for name, value in wanted.items() if value is not None}
    return "".join(f" AND {name} = ?" for name in given), list(given.values())
