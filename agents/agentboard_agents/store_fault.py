"""What can go wrong with the store: one exception family, each with one clear line."""

from __future__ import annotations

__all__ = ["StoreFault", "StoreMissing"]


class StoreFault(Exception):
    """The store cannot be read or written: which file, why, what to do."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{path}: {reason}" + (f" ({hint})" if hint else ""))
        self.path = path
        self.reason = reason
        self.hint = hint


class StoreMissing(StoreFault):
    """There is no store yet: nothing was ever dispatched in this repository."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "no history yet", "dispatch a task to start one")
