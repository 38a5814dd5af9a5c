"""P7: how many agents that stream at 80 tokens a second one core of a worker carries."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from agentboard_agents.events import NewEvent
from agentboard_agents.ids import run_id
from agentboard_agents.project import Project
from agentboard_agents.runtimes.anthropic import AnthropicRuntime, Patience, open_client
from agentboard_agents.runtimes.port import TurnRequest
from agentboard_agents.store import Store
from agentboard_agents.turns_text import TextPulse
from bench.large_project import scratch_home
from bench.model_stream import PACE
from bench.report import Line

AGENTS = 60
SECONDS = 6.0
DEMANDED = 100.0
REQUEST = (
    b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    b"content-length: 2\r\n\r\n{}"
)
Agent = Callable[[int], Awaitable[int]]


def measure() -> Iterator[Line]:
    """Yield live agents for each core, and the same beside a bare reader of the same streams."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.model_stream", str(SECONDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        agents, bare = asyncio.run(_both(port))
    yield Line("P7 live agents at 80 tokens/s", agents, DEMANDED, "a core", 1, "100 a core", at_least=True)
    yield Line("P7 beside bare readers", agents, bare, "a core", 0.1, "asyncio", at_least=True)


async def _both(port: int) -> tuple[float, float]:
    bare = await _carried(partial(_read, port))
    store = Store.open(Project(str(scratch_home()), str(scratch_home() / "state")))
    patience = Patience()
    runtime = AnthropicRuntime(
        open_client("bench", f"http://127.0.0.1:{port}", patience, trust_env=False), patience=patience
    )
    try:
        return await _carried(partial(_work, runtime, store)), bare
    finally:
        await runtime.close()
        store.close()


async def _carried(agent: Agent) -> float:
    """Let all agents stream at once; return how many one core would carry, by the time they took of it."""
    cpu, clock = time.process_time(), time.perf_counter()
    pieces = await asyncio.gather(*map(agent, range(AGENTS)))
    spent, taken = time.process_time() - cpu, time.perf_counter() - clock
    if min(pieces) < SECONDS * PACE or taken > 2 * SECONDS:
        raise TimeoutError(f"{AGENTS} streams of {SECONDS:g} s took {taken:.1f} s here")
    return AGENTS * SECONDS / spent


async def _work(runtime: AnthropicRuntime, store: Store, number: int) -> int:
    """Be one agent in a turn: SDK, assembly, coalescing, and the store."""
    run, count = run_id(), 0

    def keep(text: str) -> None:
        store.append([NewEvent(run, f"agent-{number}", "text", {"text": text, "turn": 1})])

    request = TurnRequest("", [{"role": "user", "content": "Talk"}], [], "m", 1_000, run)
    async with TextPulse(keep) as pulse:

        def heard(text: str) -> None:
            nonlocal count
            count += 1
            pulse.add(text)

        await runtime.turn(request, heard)
    return count


async def _read(port: int, _number: int) -> int:
    """Read the same stream with nothing on top."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    count = 0
    async for line in reader:
        count += line.startswith(b"data:") and b"text_delta" in line
    writer.close()
    return count
