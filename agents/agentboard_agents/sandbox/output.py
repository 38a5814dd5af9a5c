"""Output that is kept within a cap: its head and its tail."""

from __future__ import annotations

from collections import deque

__all__ = ["Kept"]


class Kept:
    """Collects bytes; beyond `cap` it keeps the first and the last half of them."""

    def __init__(self, cap: int) -> None:
        self.total = 0
        self._half = max(1, cap // 2)
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0

    @property
    def truncated(self) -> bool:
        """Whether bytes were left out."""
        return self.total > len(self._head) + self._tail_size

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._push(chunk[room:])

    def _push(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._tail.append(chunk[-self._half :])
        self._tail_size += len(self._tail[-1])
        while self._tail_size - len(self._tail[0]) >= self._half:
            self._tail_size -= len(self._tail.popleft())

    def text(self) -> str:
        """Return what was kept as text, with a line that says how much is missing."""
        tail = b"".join(self._tail)[-self._half :]
        missing = self.total - len(self._head) - len(tail)
        if not missing:
            return bytes(self._head + tail).decode("utf-8", "replace")
        head = bytes(self._head).decode("utf-8", "replace")
        return f"{head}\n… [{missing:,} bytes left out] …\n{tail.decode('utf-8', 'replace')}"
