"""Who has finished a task: what comes into its file while the agent does nothing is not the agent's doing.

A file does not tell who wrote it. The agent writes with its tools, and its commands with what they leave
running; between two tools, while it thinks, asks or is paused, it was somebody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from agentboard_tasks.files import FileFault, Root, Stamp
from agentboard_tasks.formats.errors import FormatError

__all__ = ["Onlooker", "acting", "resting"]

Finished = Callable[[bytes], frozenset[str]]
"""From the content of a file to the keys of the tasks that it says are finished."""


class Onlooker:
    """Looks at one file of tasks in the pauses of one agent.

    Args:
        file: its path beneath `root`.
        finished: reads it.
        still: whether nothing of the agent's goes on beside its tools.
        tell: is given the key of each task that somebody else has finished.
    """

    def __init__(
        self,
        root: Root,
        file: str,
        finished: Finished,
        still: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> None:
        self._root = root
        self._file = file
        self._finished = finished
        self._still = still
        self._tell = tell
        self._stamp: Stamp | None = None
        self._seen: frozenset[str] | None = None
        self._resting = False

    async def begin(self) -> None:
        """Begin a time in which the agent does nothing."""
        self._resting = self._still()
        if self._resting:
            await asyncio.to_thread(self._look)

    async def end(self) -> None:
        """End it, and tell what somebody else has finished."""
        if not self._resting:
            return
        self._resting, before = False, self._seen
        await asyncio.to_thread(self._look)
        if before is not None and self._seen is not None:
            for key in sorted(self._seen - before):
                self._tell(key)

    def _look(self) -> None:
        """Read the file if it is another than before; nothing is known of one that cannot be read."""
        try:
            stamp = self._root.stamp(self._file)
            if stamp is None or stamp != self._stamp:
                self._seen = self._finished(self._root.read(self._file).data)
                self._stamp = stamp
        except (FileFault, FormatError):
            self._stamp = self._seen = None


def resting(onlooker: Onlooker | None) -> AbstractAsyncContextManager[None]:
    """Let somebody look on while the agent talks, but for what happens `acting`."""
    return _resting(onlooker) if onlooker else nullcontext()


@asynccontextmanager
async def _resting(onlooker: Onlooker) -> AsyncGenerator[None]:
    await onlooker.begin()
    try:
        yield
    finally:
        await onlooker.end()


def acting(onlooker: Onlooker | None) -> AbstractAsyncContextManager[None]:
    """Let nobody look on while the agent does something."""
    return _acting(onlooker) if onlooker else nullcontext()


@asynccontextmanager
async def _acting(onlooker: Onlooker) -> AsyncGenerator[None]:
    await onlooker.end()
    try:
        yield
    finally:
        await onlooker.begin()
