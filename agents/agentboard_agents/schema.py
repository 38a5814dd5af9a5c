"""The tables of the store, and opening a file as one: private, migrated, or refused with a reason."""

from __future__ import annotations

import os
import sqlite3
import time

from agentboard_agents.store_fault import StoreFault

__all__ = ["APPLICATION_ID", "VERSION", "connect", "refusal"]

APPLICATION_ID = 0x61676264  # "agbd"
BUSY_MS = 10_000

MIGRATIONS = (
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL, run TEXT NOT NULL, agent TEXT NOT NULL, kind TEXT NOT NULL,
        key TEXT, data BLOB NOT NULL
    );
    CREATE INDEX events_of_run ON events (run, seq);
    CREATE INDEX events_of_agent ON events (agent, seq);
    CREATE UNIQUE INDEX events_once ON events (run, key) WHERE key IS NOT NULL;
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, queued INTEGER NOT NULL, agent TEXT NOT NULL, stem TEXT NOT NULL,
        open INTEGER NOT NULL, value BLOB NOT NULL
    );
    CREATE INDEX runs_newest ON runs (queued DESC);
    CREATE INDEX runs_open ON runs (open, queued);
    CREATE TABLE items (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, run TEXT NOT NULL, kind TEXT NOT NULL,
        open INTEGER NOT NULL, value BLOB NOT NULL
    );
    CREATE INDEX items_open ON items (open, seq);
    CREATE INDEX items_of_run ON items (run, open);
    CREATE TABLE messages (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, agent TEXT NOT NULL,
        state TEXT NOT NULL, value BLOB NOT NULL
    );
    CREATE INDEX messages_waiting ON messages (state, seq);
    CREATE TABLE commands (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        client_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, run TEXT, data BLOB NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending', reply TEXT NOT NULL DEFAULT '', time TEXT NOT NULL
    );
    CREATE INDEX commands_pending ON commands (id) WHERE state = 'pending';
    """,
)
VERSION = len(MIGRATIONS)


def connect(path: str) -> sqlite3.Connection:
    """Open (or make) the store file at `path`, owner only, in WAL mode, at the current version.

    Raises:
        StoreFault: when it cannot be opened. A file that is no store of ours was moved aside, never deleted.
    """
    _make_private(path)
    try:
        connection = _open(path)
    except sqlite3.DatabaseError as fault:
        raise refusal(path, fault) from fault
    try:
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: str) -> None:
    """Create an empty file that only its owner can read; SQLite gives its log the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        return
    except OSError as fault:
        reason = fault.strerror or "cannot be created"
        raise StoreFault(path, reason, "is the state directory writable?") from fault


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    version = _pragma(connection, "user_version")
    if version == VERSION and _pragma(connection, "application_id") == APPLICATION_ID:
        return
    if version > VERSION:
        reason = f"has format {version}, this agentboard knows {VERSION}"
        raise StoreFault(path, reason, "use the newer agentboard")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _upgrade(connection, path)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _upgrade(connection: sqlite3.Connection, path: str) -> None:
    """Run the missing migrations; another process may have run them while this one waited for the lock."""
    version = _pragma(connection, "user_version")
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StoreFault(path, "is a database of another program", f"moved to {move_aside(path)}")
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def refusal(path: str, fault: sqlite3.DatabaseError) -> StoreFault:
    """Return why a file cannot be opened as a database; a damaged one is moved aside."""
    if fault.sqlite_errorcode in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return StoreFault(path, "is damaged", f"moved to {move_aside(path)}; a new one is made")
    return StoreFault(path, str(fault))


def move_aside(path: str) -> str:
    """Rename a store and its log to a name that says why; return the new name."""
    place = f"{path}.damaged-{time.time_ns()}"
    os.replace(path, place)
    for tail in ("-wal", "-shm"):
        if os.path.lexists(path + tail):
            os.replace(path + tail, place + tail)
    return place
