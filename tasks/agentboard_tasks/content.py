"""A bounded store of file contents by their SHA-256: every version that an edit saw or made."""

from __future__ import annotations

import hashlib

from agentboard_tasks.files import Damaged, Entry, Root

__all__ = ["ABSENT", "Contents", "digest"]

ABSENT = ""
"""Stands for the content of a file that was not there."""
DIRECTORY = "content"
CAP = 16 * 1024 * 1024
PRUNE_EVERY = 32


def digest(data: bytes) -> str:
    """Return the name of a content."""
    return hashlib.sha256(data).hexdigest()


class Contents:
    """Contents in a directory of the state directory, the oldest pruned first."""

    def __init__(
        self,
        state: Root,
        *,
        directory: str = DIRECTORY,
        most: int = 2_000,
        most_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._state = state
        self._directory = directory
        self._most = most
        self._most_bytes = most_bytes
        self._until_prune = 0

    def keep(self, data: bytes) -> str:
        """Store `data`, or make it young again, and return its digest."""
        name = digest(data)
        if self._state.stamp(f"{self._directory}/{name}") is None:
            self._state.write(f"{self._directory}/{name}", data, mode=0o600, durable=False)
        else:
            self._state.refresh(f"{self._directory}/{name}")
        if self._until_prune == 0:
            self._prune(name)
            self._until_prune = PRUNE_EVERY
        self._until_prune -= 1
        return name

    def load(self, name: str) -> bytes:
        """Return the content with this digest; raises Missing if it is pruned, Damaged if it is torn."""
        data = self._state.read(f"{self._directory}/{name}", CAP).data
        if digest(data) != name:
            raise Damaged(name, "the kept version is damaged")
        return data

    def _prune(self, spared: str) -> None:
        """Remove the oldest until both limits are kept."""
        entries = sorted(self._state.entries(self._directory), key=_age, reverse=True)
        size = 0
        for count, entry in enumerate(entries):
            size += entry.stamp.size
            if (count >= self._most or size > self._most_bytes) and entry.name != spared:
                self._state.remove(f"{self._directory}/{entry.name}")


def _age(entry: Entry) -> int:
    return entry.stamp.mtime_ns
