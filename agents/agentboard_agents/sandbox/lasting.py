"""A process in a sandbox that outlives one call (a background shell, a server of tools), but never us."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, runtime_checkable

from agentboard_agents.sandbox.box import Box, Sandbox, SandboxRefused
from agentboard_agents.sandbox.children import kill_tree, started_whole
from agentboard_agents.sandbox.process import Process

__all__ = ["Child", "Launches", "lasting"]

CHUNK = 64 * 1024


@runtime_checkable
class Launches(Protocol):
    """A sandbox whose commands may stay."""

    def launch(self, box: Box, argv: Sequence[str], cwd: str | None, stack: AsyncExitStack) -> Process:
        """Return what to start for `argv` in `box`; `stack` lets go of what it needs when it has ended.

        Raises:
            SandboxRefused: when the box cannot be built.
        """
        ...


class Child:
    """A running process with its pipes; `errors` is `None` where they are part of the output."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        output: asyncio.StreamReader,
        errors: asyncio.StreamReader | None,
    ) -> None:
        self.output = output
        self.errors = errors
        self._process = process

    @property
    def input(self) -> asyncio.StreamWriter | None:
        """Where it reads from, if it reads."""
        return self._process.stdin

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, 128 + signal for one that a signal ended; `None` while it runs."""
        code = self._process.returncode
        return 128 - code if code is not None and code < 0 else code

    async def ended(self) -> None:
        """Wait for its end."""
        await self._process.wait()


@asynccontextmanager
async def lasting(
    sandbox: Sandbox, box: Box, argv: Sequence[str], *, cwd: str | None = None, talks: bool = False
) -> AsyncGenerator[Child]:
    """Start `argv` in `box`; leaving the context kills it with everything that it started.

    Args:
        talks: give it an input of its own, and keep its errors apart from its output.

    Raises:
        SandboxRefused: when the sandbox keeps no processes, or it cannot be started.
    """
    if not isinstance(sandbox, Launches):
        raise SandboxRefused(f"nothing can be kept running here: {sandbox.reason}")
    async with AsyncExitStack() as stack:
        launch = sandbox.launch(box, argv, cwd, stack)
        try:
            child = await _started(launch, stack, talks=talks)
        except OSError as error:
            raise SandboxRefused(f"the sandbox could not be started: {error.strerror}") from error
        yield child


async def _started(launch: Process, stack: AsyncExitStack, *, talks: bool) -> Child:
    """Start it with pipes of ours, because asyncio takes a process for alive while its own pipe is open."""
    output, writing = await _pipe(stack)
    errors, complaining = await _pipe(stack) if talks else (None, asyncio.subprocess.STDOUT)
    try:
        process = await started_whole(
            asyncio.create_subprocess_exec(
                *launch.argv,
                env=dict(launch.environment),
                cwd=launch.cwd,
                pass_fds=launch.pass_fds,
                stdin=asyncio.subprocess.PIPE if talks else asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=complaining,
                start_new_session=True,
            )
        )
    finally:
        os.close(writing)
        if talks:
            os.close(complaining)
    stack.push_async_callback(_end, process)
    return Child(process, output, errors)


async def _pipe(stack: AsyncExitStack) -> tuple[asyncio.StreamReader, int]:
    """Return the reading end of a new pipe as a stream, closed with `stack`, and its writing end."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    reader = asyncio.StreamReader(limit=CHUNK)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
    )
    stack.callback(transport.close)
    return reader, writing


async def _end(process: asyncio.subprocess.Process) -> None:
    await asyncio.shield(_killed(process))


async def _killed(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        await kill_tree(process.pid)
    await process.wait()
