"""Which lines of which files match a regular expression, within bounds of time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence

from msgspec import Struct

from agentboard_agents.tools import matcher
from agentboard_agents.tools.spec import ToolRefused

__all__ = ["Matching", "Order"]

PROGRAM = (sys.executable, "-I", "-S", matcher.__file__)
SECONDS = 20.0
"""Time for one search."""


class Order(Struct, frozen=True):
    """A pattern and how to read it."""

    pattern: str
    ignore_case: bool = False
    multiline: bool = False

    @property
    def flags(self) -> int:
        """The flags of `re`."""
        across = re.DOTALL | re.MULTILINE if self.multiline else 0
        return int(across | (re.IGNORECASE if self.ignore_case else 0))


class Matching:
    """A search under way; `slow` counts the files on which the pattern took too long."""

    def __init__(self, order: Order) -> None:
        self.slow = 0
        self._order = order
        self._child: asyncio.subprocess.Process | None = None
        self._deadline = time.monotonic() + SECONDS

    @property
    def late(self) -> bool:
        """Whether the search has used up its time."""
        return time.monotonic() > self._deadline

    async def lines(self, texts: Sequence[bytes]) -> list[list[int]]:
        """Return the numbers of the matching lines of each text.

        Raises:
            ToolRefused: for a pattern that is no regular expression.
        """
        found: list[list[int]] = []
        while len(found) < len(texts):
            if self.late:
                return found + [[]] * (len(texts) - len(found))
            found += await self._until_stuck(texts[len(found) :])
        return found

    async def _until_stuck(self, texts: Sequence[bytes]) -> list[list[int]]:
        """Match texts up to the first one that takes too long, which counts as one without a match."""
        child = await self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([len(text) for text in texts]).encode() + b"\n" + b"".join(texts))
        found: list[list[int]] = []
        for _ in texts:
            answer = await child.stdout.readline()
            if not answer:
                self.slow += 1
                await self.close()
                return [*found, []]
            found.append(json.loads(answer))
        return found

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is not None:
            return self._child
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *PROGRAM,
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            limit=1 << 20,
        )
        self._child = child
        assert child.stdin is not None
        assert child.stdout is not None
        order = {
            "pattern": self._order.pattern,
            "flags": self._order.flags,
            "multiline": self._order.multiline,
        }
        child.stdin.write(json.dumps(order).encode() + b"\n")
        answer = await child.stdout.readline()
        fault = json.loads(answer).get("error") if answer else "it takes too long to read"
        if fault:
            raise ToolRefused(f"the pattern is no regular expression of Python: {fault}")
        return child

    async def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        if child.stdin is not None:
            child.stdin.close()
