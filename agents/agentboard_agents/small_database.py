"""A small SQLite file of agentboard's own: private from the first byte, made when it is missing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from agentboard_agents.schema import refusal
from agentboard_agents.store_fault import StoreFault

__all__ = ["connect", "writing"]

BUSY_SECONDS = 10.0


def connect(path: str, script: str) -> sqlite3.Connection:
    """Open the file at `path`, owner only, with the tables of `script`.

    Raises:
        StoreFault: when it cannot be used. A damaged file was moved aside: the next try makes it anew.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as fault:
        raise StoreFault(path, str(fault), "is the state directory writable?") from fault
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in script.split(";"):
            connection.execute(statement)
    except sqlite3.DatabaseError as fault:
        connection.close()
        raise refusal(path, fault) from fault
    return connection


@contextmanager
def writing(connection: sqlite3.Connection, path: str) -> Generator[sqlite3.Connection]:
    """One transaction that sees what every process before it wrote, all or nothing.

    Raises:
        StoreFault: when the file cannot be written.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as fault:
        raise StoreFault(path, str(fault)) from fault
