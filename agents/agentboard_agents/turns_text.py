"""Streamed text, coalesced: however fast a model talks, at most ten `text` events a second come of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["PERIOD", "TextPulse"]

PERIOD = 0.1
"""Seconds between two events."""

LONGEST_WORD = 256
"""Characters without a space that are held back at most."""


class TextPulse:
    """Collects pieces of text and hands them on at a steady pace; the rest when it is left.

    Args:
        emit: receives the collected text. What it raises comes out of the `async with`.
    """

    def __init__(self, emit: Callable[[str], object], period: float = PERIOD) -> None:
        self._emit = emit
        self._period = period
        self._pieces: list[str] = []
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, text: str) -> None:
        """Take a piece; it never waits."""
        self._pieces.append(text)
        self._some.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = self._task
        assert task is not None  # set on entry
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (raised := task.exception()) is not None:
            raise raised
        self._flush(last=True)

    async def _beat(self) -> None:
        while True:
            await self._some.wait()
            self._flush()
            await asyncio.sleep(self._period)

    def _flush(self, *, last: bool = False) -> None:
        self._some.clear()
        text = "".join(self._pieces)
        cut = len(text) if last else whole_words(text)
        self._pieces = [text[cut:]] if text[cut:] else []
        if text[:cut]:
            self._emit(text[:cut])


def whole_words(text: str) -> int:
    """Return the length of `text` up to a word that is still arriving: a secret must not be split in two."""
    tail = text[-LONGEST_WORD:]
    word = len(tail) - max(tail.rfind(" "), tail.rfind("\n"), tail.rfind("\t")) - 1
    return len(text) if word >= LONGEST_WORD else len(text) - word
