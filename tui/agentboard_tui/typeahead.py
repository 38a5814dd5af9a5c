"""Keys that came before the board could do what they ask: kept in their order, and pressed when it can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.events import Key

__all__ = ["Typeahead"]

NEVER_KEPT = frozenset({"ctrl+c", "ctrl+q", "ctrl+z"})
"""Leaving does not wait for anything."""

MOST = 64


class Typeahead:
    """The keys that wait; `waits` says whether a key cannot be pressed yet."""

    def __init__(self, waits: Callable[[Key], bool]) -> None:
        self._waits = waits
        self._kept: list[Key] = []

    def keeps(self, key: Key) -> bool:
        """Keep a key that cannot be pressed yet, or that came after one; return whether it was kept."""
        if key.key in NEVER_KEPT or not (self._kept or self._waits(key)):
            return False
        if len(self._kept) < MOST:
            self._kept.append(key)
        return True

    async def press(self, press: Callable[[Key], Awaitable[None]]) -> None:
        """Press the keys that waited, as far as they can be pressed now."""
        while self._kept and not self._waits(self._kept[0]):
            await press(self._kept.pop(0))
