"""How a command ends other than well: one line, and an exit code that scripts rely on."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit", "Failure"]


class Exit(IntEnum):
    """Exit codes (CONTRACT: the command line)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITS = 3
    GATES = 4
    LIMIT = 5
    INTERRUPTED = 130


class Failure(Exception):
    """A command that cannot go on: what, where, what to do, in one line."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code
