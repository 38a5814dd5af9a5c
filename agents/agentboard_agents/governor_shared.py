"""The governor that all workers of this user share: a pace for each key, in one private SQLite file."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from agentboard_agents import governor
from agentboard_agents.governor import Pace, Ticket
from agentboard_agents.project import state_home
from agentboard_agents.small_database import connect, writing

__all__ = ["Governor", "key_name"]

FILE = "governor.db"
TABLES = "CREATE TABLE IF NOT EXISTS paces (who TEXT PRIMARY KEY, pace BLOB NOT NULL)"


class Governor:
    """Gives permissions to begin model calls; every process with the same `who` takes from the same ones."""

    def __init__(
        self, who: str, directory: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = os.path.join(directory or state_home(), FILE)
        self._connection = connect(self.path, TABLES)
        self._who = who
        self._clock = clock
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def now(self) -> float:
        """Return the time that tickets are in."""
        return self._clock()

    def take(self) -> Ticket:
        """Take the next permission."""
        tickets: list[Ticket] = []

        def change(pace: Pace) -> Pace:
            pace, ticket = governor.taken(pace, self._clock())
            tickets.append(ticket)
            return pace

        self._change(change)
        return tickets[0]

    def valid(self, ticket: Ticket) -> bool:
        """Tell whether nothing has happened since a permission was given."""
        return self.pace().epoch == ticket.epoch

    def refused(self, ticket: Ticket, wait: float | None, reason: str) -> None:
        """Hear that the server refused the call of a ticket."""
        self._change(lambda pace: governor.refused(pace, self._clock(), ticket.epoch, wait, reason))

    def served(self) -> None:
        """Hear that a call went well."""
        if governor.served(self.pace()) != self.pace():
            self._change(governor.served)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Hear what a reply says about the limits."""
        now = self._clock()
        if governor.heard(Pace(), now, headers) != Pace():
            self._change(lambda pace: governor.heard(pace, now, headers))

    def pace(self) -> Pace:
        """Return the pace as it is."""
        with self._lock:
            return self._read()

    def _change(self, change: Callable[[Pace], Pace]) -> None:
        with self._lock, writing(self._connection, self.path) as connection:
            row = (self._who, msgspec.json.encode(change(self._read())))
            connection.execute("INSERT OR REPLACE INTO paces (who, pace) VALUES (?, ?)", row)

    def _read(self) -> Pace:
        row = self._connection.execute("SELECT pace FROM paces WHERE who = ?", (self._who,)).fetchone()
        return msgspec.json.decode(row[0], type=Pace) if row else Pace()


def key_name(key: str, address: str) -> str:
    """Return a name for a key at an address that gives nothing away."""
    return hashlib.sha256(f"agentboard\0{address}\0{key}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
