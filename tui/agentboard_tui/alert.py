"""Calling for a user who looks elsewhere: bell, title and notification of the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from agentboard_tasks.text import SafeText
from agentboard_tui.figures import plural

__all__ = ["Alert"]

GAP = 5.0
"""Seconds between two calls."""

SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"


class Alert:
    """Rings once for each new thing that needs somebody, and only while the terminal is not focused."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.away = False
        self._write = write
        self._known: frozenset[str] = frozenset()
        self._rang = -GAP
        self._titled = False

    def needs(self, items: Mapping[str, str], count: int) -> None:
        """Take what needs somebody now: inbox item to its words, and how many things in all."""
        new = [item for item in items if item not in self._known]
        self._known = frozenset(items)
        if not new or not self.away or time.monotonic() - self._rang < GAP:
            return
        self._rang = time.monotonic()
        words = f"agentboard: {plural(count, 'needs you', 'need you')}"
        if not self._titled:
            self._titled = True
            self._write(SAVE_TITLE)
        text = SafeText.of(f"{words}: {items[new[0]]}", 200)
        self._write(f"\x07\x1b]2;{words}\x07\x1b]9;{text}\x07")

    def seen(self) -> None:
        """The user looks here: the terminal gets its own title back."""
        self.away = False
        if self._titled:
            self._titled = False
            self._write(RESTORE_TITLE)
