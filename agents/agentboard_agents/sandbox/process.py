"""One child process: drained without blocking, ended at its deadline, gone with everything it started."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from agentboard_agents.sandbox.box import Finished
from agentboard_agents.sandbox.children import kill_tree
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
    child = await asyncio.create_subprocess_exec(
        *process.argv,
        env=dict(process.environment),
        cwd=process.cwd,
        pass_fds=process.pass_fds,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    kept = Kept(cap)
    drain = asyncio.create_task(_drain(child, kept))
    try:
        stopped = await _follow(child, began + timeout, watch)
    finally:
        await asyncio.shield(_end(child, drain))
    code = child.returncode or 0
    return Finished(
        exit_code=code if code >= 0 else 128 - code,
        output=kept.text(),
        truncated=kept.truncated,
        timed_out=stopped == "timeout",
        seconds=time.monotonic() - began,
        stopped=stopped,
    )


async def _drain(child: asyncio.subprocess.Process, kept: Kept) -> None:
    assert child.stdout is not None
    while chunk := await child.stdout.read(CHUNK):
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
            if reason := watch():
                return reason
    return ""


async def _end(child: asyncio.subprocess.Process, drain: asyncio.Task[None]) -> None:
    """Kill what is left, then give the pipe a bounded time to close."""
    if child.returncode is None:
        kill_tree(child.pid)
        await child.wait()
    _, late = await asyncio.wait({drain}, timeout=GRACE)
    if late:
        drain.cancel()
        await asyncio.wait({drain})
