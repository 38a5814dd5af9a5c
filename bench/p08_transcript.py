"""P8 and P9: one more line of a long transcript, and the memory that its lines and agents at rest take."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.store import Store
from bench.large_project import EVENTS, environment, long_run, team
from bench.report import Line, p50
from bench.terminal import Terminal

RUN, AGENT = f"r{0:012}", "agent-00"
SHORT = 1_000
LINES = 60
FEW, MANY = 50, 250


def measure() -> Iterator[Line]:
    """Yield the time until a new line shows, and the memory that lines and agents at rest take."""
    short, long = Followed(long_run(SHORT)), Followed(long_run(EVENTS))
    took: dict[Followed, list[float]] = {short: [], long: []}
    try:
        for number in range(LINES):
            for followed, times in took.items():
                times.append(followed.says(number))
        bytes_each = (long.board.resident() - short.board.resident()) * 1024**2 / EVENTS
    finally:
        short.close()
        long.close()
    yield Line("P8 a line more of 1M", p50(took[long]), p50(took[short]), "ms p50", 1.1, "a line more of 1k")
    yield Line("P9 a line of a transcript", max(0.0, bytes_each), 16, "bytes", 1, "16 bytes")
    idle = (_at_rest(MANY) - _at_rest(FEW)) * 1024 / (MANY - FEW)
    yield Line("P9 an idle agent", idle, 100, "KB", 1, "100 KB")


class Followed:
    """A board that shows the transcript of a run, and the run."""

    def __init__(self, root: Path) -> None:
        self.board = _board(root)
        self.board.drain(2.0)
        self.board.send(b"j\r")
        self.board.wait_for([b"Transcript"])
        self.board.drain(1.0)
        os.environ["XDG_STATE_HOME"] = str(root.parent / "state")
        self._store = Store.open(Project.open(str(root)))

    def says(self, number: int) -> float:
        """Let the run say a line; return the milliseconds until it shows."""
        begin = time.perf_counter()
        self._store.append(
            [NewEvent(RUN, AGENT, "tool_called", {"tool": "Bash", "summary": f"mark-{number}!"})]
        )
        self.board.wait_for([f"mark-{number}!".encode()])
        took = (time.perf_counter() - begin) * 1000
        self.board.drain(0.05 + number % 7 / 100)
        return took

    def close(self) -> None:
        """End the board."""
        self.board.close()
        self._store.close()


def _board(root: Path) -> Terminal:
    board = Terminal(
        [str(Path(sys.executable).with_name("agentboard")), str(root)], env=environment(root.parent)
    )
    board.wait_for([b"TASKS", b"step 1"])
    return board


def _at_rest(agents: int) -> float:
    board = _board(team(agents))
    try:
        board.drain(3.0)
        return board.resident()
    finally:
        board.close()
