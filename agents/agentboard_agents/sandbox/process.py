"""One child process: drained without blocking, ended at its deadline, gone with everything it started."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from agentboard_agents.sandbox.box import Finished
from agentboard_agents.sandbox.children import kill_tree, started_whole
from agentboard_agents.sandbox.output import Kept

__all__ = ["Process", "run"]

CHUNK = 65_536
GRACE = 2.0
"""Seconds that the output may stay open after the command has ended."""


class Process(Struct, frozen=True):
    """What to start, and where: `environment` is the whole of it, nothing is inherited."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: str = "/"
    pass_fds: tuple[int, ...] = ()


async def run(
    process: Process,
    *,
    timeout: float,  # noqa: ASYNC109  it ends the process, not just the wait
    cap: int,
    watch: Callable[[], str] = lambda: "",
) -> Finished:
    """Run `process` to its end, its deadline, or until `watch` (asked once a second) gives a reason to stop.

    When the awaiting task is cancelled, the process and everything that it started are killed first.

    Raises:
        OSError: when it cannot be started.
    """
    began = time.monotonic()
    reading, writing = os.pipe2(os.O_CLOEXEC)
    output = await Output.open(reading, Kept(cap))
    try:
        child = await started_whole(_started(process, writing))
    except BaseException:
        await output.close()
        raise
    finally:
        os.close(writing)
    try:
        stopped = await _follow(child, began + timeout, watch)
    finally:
        await asyncio.shield(_end(child, output))
    return _finished(child.returncode or 0, output.kept, stopped, time.monotonic() - began)


async def _started(process: Process, output: int) -> asyncio.subprocess.Process:
    """Start it with a pipe of ours, because asyncio takes a process for alive while its own pipe is open."""
    return await asyncio.create_subprocess_exec(
        *process.argv,
        env=dict(process.environment),
        cwd=process.cwd,
        pass_fds=process.pass_fds,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


class Output:
    """The reading end of a process's output."""

    def __init__(self, transport: asyncio.ReadTransport, drain: asyncio.Task[None], kept: Kept) -> None:
        self.kept = kept
        self._transport = transport
        self._drain = drain

    @classmethod
    async def open(cls, descriptor: int, kept: Kept) -> Output:
        """Begin to read a pipe; it is closed with the transport."""
        reader = asyncio.StreamReader()
        pipe = os.fdopen(descriptor, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        return cls(transport, asyncio.create_task(_drain(reader, kept)), kept)

    async def close(self) -> None:
        """Give the pipe a bounded time to end, then leave it."""
        _, late = await asyncio.wait({self._drain}, timeout=GRACE)
        if late:
            self._drain.cancel()
            await asyncio.wait({self._drain})
        self._transport.close()


async def _drain(reader: asyncio.StreamReader, kept: Kept) -> None:
    while chunk := await reader.read(CHUNK):
        kept.add(chunk)


async def _follow(child: asyncio.subprocess.Process, deadline: float, watch: Callable[[], str]) -> str:
    """Wait for the end of `child`; return why it must be stopped before."""
    while child.returncode is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return "timeout"
        try:
            await asyncio.wait_for(asyncio.shield(child.wait()), min(left, 1.0))
        except TimeoutError:
            if reason := await asyncio.to_thread(watch):
                return reason
    return ""


async def _end(child: asyncio.subprocess.Process, output: Output) -> None:
    """Kill what is left."""
    if child.returncode is None:
        await kill_tree(child.pid)
        await child.wait()
    await output.close()


def _finished(code: int, kept: Kept, stopped: str, seconds: float) -> Finished:
    return Finished(
        exit_code=code if code >= 0 else 128 - code,
        output=kept.text(),
        truncated=kept.truncated,
        timed_out=stopped == "timeout",
        seconds=seconds,
        stopped=stopped,
    )
