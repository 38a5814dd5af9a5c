"""What was read of each content, kept in the state directory: what did not change is not read again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from agentboard_agents.small_database import connect, writing
from agentboard_agents.store_fault import StoreFault

__all__ = ["Cache", "Row"]

FILE = "symbols.db"
TABLES = (
    "CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, symbols BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, stamp TEXT NOT NULL, blob TEXT NOT NULL)"
)
MOST_KEPT = 100_000
AT_ONCE = 500
Row: TypeAlias = tuple[str, str, int, str, str, str]
"""A symbol without its file: contents are the same wherever they are."""


class Cache:
    """The kept symbols of one project; where the state directory cannot be used, it keeps nothing.

    Nothing depends on it: delete the file, and the next look takes longer and shows the same.
    """

    def __init__(self, state: str) -> None:
        self._path = os.path.join(state, FILE)
        self._database: sqlite3.Connection | None = None
        with contextlib.suppress(StoreFault):
            self._database = connect(self._path, TABLES)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def known(self, keys: Iterable[str]) -> dict[str, list[Row]]:
        """Return what is kept under `keys`."""
        asked, found = list(keys), dict[str, list[Row]]()
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, symbols FROM contents WHERE key IN ({marks})"  # noqa: S608  marks alone
            for key, value in self._rows(query, *some):
                found[key] = msgspec.json.decode(value, type=list[Row])
        return found

    def stamps(self) -> dict[str, tuple[str, str]]:
        """Return the stamp of each file of the checkout when it was last read, with the id of its content."""
        rows = self._rows("SELECT path, stamp, blob FROM files")
        return {os.fsdecode(path): (stamp, blob) for path, stamp, blob in rows}

    def keep(self, found: Mapping[str, Sequence[Row]]) -> None:
        """Keep the symbols of contents by their keys; of too many the oldest go."""
        rows = [(key, msgspec.json.encode(symbols)) for key, symbols in found.items()]
        self._write("INSERT OR REPLACE INTO contents VALUES (?, ?)", rows)
        self._write(
            "DELETE FROM contents WHERE rowid <= (SELECT max(rowid) FROM contents) - ?", [(MOST_KEPT,)]
        )

    def keep_stamps(self, stamps: Mapping[str, tuple[str, str]]) -> None:
        """Keep the stamps of the files of the checkout, by path."""
        rows = [(os.fsencode(path), stamp, blob) for path, (stamp, blob) in stamps.items()]
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def _rows(self, query: str, *values: str) -> list[Any]:
        with contextlib.suppress(sqlite3.Error):
            return self._database.execute(query, values).fetchall() if self._database is not None else []
        return []

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if self._database is None or not rows:
            return
        with contextlib.suppress(StoreFault), writing(self._database, self._path) as database:
            database.executemany(statement, rows)
