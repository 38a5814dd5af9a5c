"""What the sandbox adds to a command: the Bash tool's own way against plain bash, in turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from agentboard_agents.sandbox import box_for, choose
from agentboard_tui.demo.building import build_sample
from bench.large_project import scratch_home
from bench.report import Line, p50

ROUNDS = 40
DEMANDED = 25.0  # ms
ARGV = ["bash", "-c", "true"]


def measure() -> Iterator[Line]:
    """Yield what the sandbox adds to plain bash."""
    boxed, plain = asyncio.run(_samples())
    added = p50(boxed) - p50(plain)
    yield Line("Bash in the sandbox, over plain bash", added, DEMANDED, "ms p50", 1, "25 ms")


async def _samples() -> tuple[list[float], list[float]]:
    root = scratch_home() / "shop"
    build_sample(str(root))
    sandbox, box = choose(), box_for(str(root), str(root), str(root / ".git"))
    boxed: list[float] = []
    plain: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await sandbox.run(box, ARGV)
        boxed.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        await _plainly(str(root))
        plain.append((time.perf_counter() - started) * 1000)
    return boxed, plain


async def _plainly(root: str) -> None:
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*ARGV, cwd=root, stdin=nothing, stdout=pipe, stderr=pipe)
    await child.communicate()
