"""Commands that go on in the background: started, listened to, ended; all of them end with their run."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack

from msgspec import Struct

from agentboard_agents.sandbox.box import Box, Sandbox
from agentboard_agents.sandbox.lasting import CHUNK, Child, lasting
from agentboard_agents.sandbox.limits import DiskWatch

__all__ = ["Heard", "Shell", "Shells", "TooMany"]

MOST = 8
KEPT = 2 * 1024 * 1024
"""Bytes of output that wait to be read; of more the oldest are dropped."""


class TooMany(Exception):
    """Another command would be one too many."""


class Heard(Struct, frozen=True):
    """What a shell said since it was last asked, how many bytes were dropped, and its state."""

    text: str
    dropped: int
    state: str


class Waiting:
    """Output that waits to be read."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take more; what is too much pushes the oldest out."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size > KEPT:
            old = self._chunks.popleft()
            self._size -= len(old)
            self._dropped += len(old)

    def taken(self) -> tuple[str, int]:
        """Return all of it and how much was lost before it; after that nothing waits."""
        data, dropped = b"".join(self._chunks), self._dropped
        self._chunks.clear()
        self._size = self._dropped = 0
        return data.decode("utf-8", "replace"), dropped


class Shell:
    """One command in the background."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.command = command
        self.state = "running"
        self.over = asyncio.Event()
        self._waiting = Waiting()
        self._stack = AsyncExitStack()
        self._following: asyncio.Task[None] | None = None

    async def start(self, sandbox: Sandbox, box: Box, argv: Sequence[str], cwd: str) -> None:
        """Start it.

        Raises:
            SandboxRefused: when it cannot be started.
        """
        child = await self._stack.enter_async_context(lasting(sandbox, box, argv, cwd=cwd))
        self._following = asyncio.create_task(self._follow(child, DiskWatch(box.worktree)))

    async def _follow(self, child: Child, watch: DiskWatch) -> None:
        drain = asyncio.create_task(self._drain(child.output))
        try:
            self.state = await _end_of(child, watch)
        finally:
            await self._stack.aclose()
            drain.cancel()
            self.over.set()

    async def _drain(self, output: asyncio.StreamReader) -> None:
        while chunk := await output.read(CHUNK):
            self._waiting.add(chunk)

    def heard(self) -> Heard:
        """Return what it said since the last time."""
        return Heard(*self._waiting.taken(), self.state)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.state == "running"

    async def end(self) -> None:
        """End it and everything that it started."""
        if self._following is not None and not self._following.done():
            self._following.cancel()
            await asyncio.wait({self._following})
        if self.running:
            self.state = "ended: killed"


async def _end_of(child: Child, watch: DiskWatch) -> str:
    """Wait for the end of a command and return it in words; the disk is looked at meanwhile."""
    while child.exit_code is None:
        try:
            await asyncio.wait_for(child.ended(), 1.0)
        except TimeoutError:
            if reason := await asyncio.to_thread(watch):
                return f"stopped: {reason}"
    await asyncio.sleep(0.01)  # what it said last is still on its way through the pipe
    return f"ended: exit {child.exit_code}"


class Shells:
    """The background commands of one run."""

    def __init__(self) -> None:
        self._shells: dict[str, Shell] = {}
        self._count = 0
        self._closed = False

    async def start(self, sandbox: Sandbox, box: Box, command: str, cwd: str) -> Shell:
        """Start a command with bash.

        Raises:
            TooMany: when as many as may be are running already, or the run has ended.
            SandboxRefused: when it cannot be started.
        """
        running = self.running
        if self._closed or len(running) >= MOST:
            raise TooMany(f"{len(running)} background commands run already: {', '.join(running)}")
        self._count += 1
        shell = Shell(f"bash_{self._count}", command)
        await shell.start(sandbox, box, ["bash", "-c", command], cwd)
        self._shells[shell.name] = shell
        return shell

    def find(self, name: str) -> Shell | None:
        """Return a shell by its name."""
        return self._shells.get(name)

    @property
    def running(self) -> list[str]:
        """The names of those that go on."""
        return [name for name, shell in self._shells.items() if shell.running]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order in which they began."""
        return tuple(self._shells)

    async def close(self) -> None:
        """End all of them; none can be started after."""
        self._closed = True
        await asyncio.gather(*(shell.end() for shell in self._shells.values()))
