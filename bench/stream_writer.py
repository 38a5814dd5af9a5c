"""A worker's side of 50 agents that stream: text coalesced and kept as a worker does it, without a model."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from functools import partial

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.store import Store
from agentboard_agents.turns_text import TextPulse
from bench.model_stream import PACE

__all__ = ["main"]


async def main(root: str, runs: int) -> None:
    """Stream into these many runs of a project until the input ends."""
    store = Store.open(Project.open(root))

    def keep(number: int, text: str) -> None:
        data = {"text": text, "turn": 1}
        store.append([NewEvent(f"r{number:012}", f"agent-{number:02}", "text", data)])

    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with AsyncExitStack() as stack:
        pulses = [await stack.enter_async_context(TextPulse(partial(keep, n))) for n in range(runs)]
        count = 0
        while not ended.done():
            count += 1
            for pulse in pulses:
                pulse.add(f"word {count} and\n" if count % 10 == 0 else f"word {count} ")
            await asyncio.sleep(1 / PACE)
    store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
