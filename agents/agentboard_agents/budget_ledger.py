"""The book of what was spent and what is reserved: nothing is called that does not fit, whatever crashes.

A reservation of a worker that died counts as spent: nobody knows whether its call was made.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Sequence

from agentboard_agents.budget import Amount, Scope, Short
from agentboard_agents.project import Project
from agentboard_agents.small_database import connect, writing

__all__ = ["BudgetLedger"]

FILE = "budget.db"
TABLES = """
CREATE TABLE IF NOT EXISTS totals (scope TEXT PRIMARY KEY, nano INTEGER NOT NULL, tokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reserved (
    call TEXT NOT NULL, scope TEXT NOT NULL, owner TEXT NOT NULL,
    nano INTEGER NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (call, scope)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reserved_in ON reserved (scope);
CREATE TABLE IF NOT EXISTS raises (
    item TEXT PRIMARY KEY, scope TEXT NOT NULL, nano INTEGER NOT NULL, tokens INTEGER NOT NULL
)
"""
HOLD = "INSERT INTO reserved (call, scope, owner, nano, tokens) VALUES (?, ?, ?, ?, ?)"
SPEND = """
INSERT INTO totals (scope, nano, tokens) VALUES (?, ?, ?)
ON CONFLICT (scope) DO UPDATE SET nano = nano + excluded.nano, tokens = tokens + excluded.tokens
"""
LOST = """
INSERT INTO totals (scope, nano, tokens)
SELECT scope, sum(nano), sum(tokens) FROM reserved WHERE {which} GROUP BY scope
ON CONFLICT (scope) DO UPDATE SET nano = nano + excluded.nano, tokens = tokens + excluded.tokens
"""
STANDS = """
SELECT
    coalesce((SELECT {unit} FROM totals WHERE scope = ?1), 0),
    coalesce((SELECT sum({unit}) FROM reserved WHERE scope = ?1), 0),
    coalesce((SELECT sum({unit}) FROM raises WHERE scope = ?1), 0)
"""
UNITS = ("nano", "tokens")


class BudgetLedger:
    """The accounts of one project, in SQLite; any number of runs of one worker may use it at once."""

    def __init__(self, project: Project) -> None:
        self.path = os.path.join(project.make_state(), FILE)
        self._connection = connect(self.path, TABLES)
        self._owner = secrets.token_hex(8)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def reserve(self, call: str, scopes: Sequence[Scope], amount: Amount) -> Short | None:
        """Set an amount aside in every scope; where it does not fit into one, in none, and say why.

        A reservation that a dead worker left under this or any other name is spent first.

        Raises:
            StoreFault: when it cannot be written; the call must not be made.
        """
        with self._lock, writing(self._connection, self.path) as connection:
            self._lose(connection, "owner <> ? OR call = ?", self._owner, call)
            shorts = [short for scope in scopes if (short := self._short(connection, scope, amount))]
            if shorts:
                return next((short for short in shorts if not short.busy), shorts[0])
            taken = (self._owner, amount.nano or 0, amount.tokens)
            rows = [(call, scope.name, *taken) for scope in scopes]
            connection.executemany(HOLD, rows)
            return None

    def settle(self, call: str, amount: Amount | None) -> None:
        """Charge what a reserved call did cost; `None` when nobody knows: then all that was reserved."""
        with self._lock, writing(self._connection, self.path) as connection:
            if amount is None:
                self._lose(connection, "call = ?", call)
                return
            scopes = connection.execute(
                "DELETE FROM reserved WHERE call = ? RETURNING scope", (call,)
            ).fetchall()
            connection.executemany(SPEND, [(scope, amount.nano or 0, amount.tokens) for (scope,) in scopes])

    def raise_cap(self, item: str, scope: str, unit: str, amount: int) -> None:
        """Raise a scope's cap; the same answer raises it once."""
        nano, tokens = (0, amount) if unit == "tokens" else (amount, 0)
        with self._lock, writing(self._connection, self.path) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO raises VALUES (?, ?, ?, ?)", (item, scope, nano, tokens)
            )

    def fits(self, scope: Scope, needed: int, unit: str) -> bool:
        """Tell whether an amount would fit into a scope now; nothing is set aside."""
        with self._lock:
            amount = Amount(None, needed) if unit == "tokens" else Amount(needed, 0)
            return self._short(self._connection, scope, amount) is None

    def spent(self, scope: str) -> Amount:
        """Return what a scope has spent, without what is reserved."""
        with self._lock:
            nano, tokens = (self._stands(self._connection, scope, unit)[0] for unit in UNITS)
        return Amount(nano, tokens)

    def _short(self, connection: sqlite3.Connection, scope: Scope, amount: Amount) -> Short | None:
        for unit, cap, needed in (
            ("nano", scope.cap.nano, amount.nano),
            ("tokens", scope.cap.tokens, amount.tokens),
        ):
            if cap is None or needed is None:
                continue
            spent, reserved, raised = self._stands(connection, scope.name, unit)
            if spent + reserved + needed > cap + raised:
                busy = spent + needed <= cap + raised
                return Short(scope.name, scope.words, unit, cap + raised, spent, needed, busy)
        return None

    def _stands(self, connection: sqlite3.Connection, scope: str, unit: str) -> tuple[int, int, int]:
        found: tuple[int, int, int] = connection.execute(STANDS.format(unit=unit), (scope,)).fetchone()
        return found

    def _lose(self, connection: sqlite3.Connection, which: str, *values: str) -> None:
        """Charge reservations in full."""
        connection.execute(LOST.format(which=which), values)
        connection.execute(f"DELETE FROM reserved WHERE {which}", values)  # noqa: S608 (our own constants)
