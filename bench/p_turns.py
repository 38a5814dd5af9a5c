"""What a turn costs besides the model: the worker's own part between one reply and the next request."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from agentboard_agents.client import Client
from agentboard_agents.dispatch import Order, plan
from agentboard_agents.project import Project
from agentboard_agents.runtimes.loopback import Asked, Loopback, Reply
from agentboard_agents.runtimes.port import Block
from agentboard_agents.runtimes.sse import event_bytes, reply_events
from agentboard_agents.survey import survey
from agentboard_tui.demo.building import build_sample
from bench.large_project import scratch_home
from bench.report import Line, p50

TURNS = 60
DEMANDED = 25.0  # ms
READ: Block = {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "shop/cart.py"}}
SAID: Block = {"type": "text", "text": "Done."}


class Model:
    """A model that answers at once: a tool call for so many turns, then a last word; it keeps the times."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.done = threading.Event()
        self._replied = 0.0
        self._turns = 0
        self.server = Loopback(self._answer, token="")

    def _answer(self, asked: Asked) -> Reply:
        if not asked.path.endswith("messages"):
            return Reply([b"{}"], 404, content_type="application/json")
        if self._replied:
            self.gaps.append((time.perf_counter() - self._replied) * 1000)
        self._turns += 1
        return Reply(self._events(last=self._turns > TURNS))

    def _events(self, *, last: bool) -> Iterator[bytes]:
        block, reason = (SAID, "end_turn") if last else ({**READ, "id": f"t{self._turns}"}, "tool_use")
        *events, stop = reply_events([block], stop_reason=reason, model="m")
        yield b"".join(map(event_bytes, events))
        self._replied = time.perf_counter()
        if last:
            self.done.set()
        yield event_bytes(stop)


def measure() -> Iterator[Line]:
    """Yield the overhead of a turn with one tool call, from the end of a reply to the next request."""
    home, model = scratch_home(), Model()
    os.environ.update(
        XDG_STATE_HOME=str(home / "state"),
        XDG_CONFIG_HOME=str(home / "config"),
        ANTHROPIC_BASE_URL=model.server.url,
        ANTHROPIC_API_KEY="bench",
        AGENTBOARD_RUNTIME="anthropic",
        AGENTBOARD_WORKER_IDLE="2",
    )
    try:
        run_once(home / "shop", model)
    finally:
        model.server.close()
    yield Line("turn with a tool call, less the model", p50(model.gaps), DEMANDED, "ms p50", 1, "25 ms")


def run_once(root: Path, model: Model) -> None:
    """Let one run make all its turns."""
    build_sample(str(root))
    client = Client(Project.open(str(root)))
    client.dispatch_spec(plan(survey(client.project), Order("api-engineer", prompt="Look around")))
    if not model.done.wait(120):
        raise TimeoutError("the run did not make its turns in 120 s")
