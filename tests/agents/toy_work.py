"""A toy of an agent's work, for tests of the worker: model calls and tool calls that leave a trace on disk.

Run as a program it is a worker process: `toy_work.py ROOT STATE TRACE [IDLE]`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial

from agentboard_agents import worker
from agentboard_agents.desk import Desk
from agentboard_agents.engine.port import Json, Steps
from agentboard_agents.project import Project

TURNS = 12


def trace(path: str, line: str) -> None:
    """Add a line to the trace, on disk before this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


class ToyWork:
    """Twelve turns, a model call and a tool call each, a safe point before either."""

    def __init__(self, path: str, pace: float = 0.01) -> None:
        self._path = path
        self._pace = pace

    async def __call__(self, desk: Desk, run_id: str, steps: Steps) -> None:
        control = desk.control(run_id)
        control.emit_once("start", "run_started", branch="ab/toy/t1")
        for turn in range(TURNS):
            for message in await control.safe_point(2 * turn):
                await steps.step(f"message {turn}", partial(self._note, f"message {message.text}"))
            await steps.step(f"model {turn}", partial(self._model, desk, run_id, turn))
            await control.safe_point(2 * turn + 1)
            await steps.step(f"tool {turn}", partial(self._tool, desk, run_id, turn))
        control.emit_once("review", "review_ready")
        control.emit_once("finish", "run_finished", outcome="review")

    async def _note(self, line: str) -> Json:
        trace(self._path, line)
        return None

    async def _model(self, desk: Desk, run_id: str, turn: int) -> Json:
        trace(self._path, f"model {turn} while {desk.control(run_id).run.state}")
        await asyncio.sleep(self._pace)
        return {"turn": turn}

    async def _tool(self, desk: Desk, run_id: str, turn: int) -> Json:
        """Act at most once: what a crash left unknown is not done again."""
        called = desk.store.once(run_id, f"called:{turn}")
        if called is None:
            desk.control(run_id).emit_once(f"called:{turn}", "tool_called", call=str(turn), tool="Toy")
            trace(self._path, f"tool {turn} while {desk.control(run_id).run.state}")
            await asyncio.sleep(self._pace)
        desk.control(run_id).emit_once(f"finished:{turn}", "tool_finished", call=str(turn), ok=called is None)
        return None


if __name__ == "__main__":
    sys.exit(
        worker.main(
            Project(sys.argv[1], sys.argv[2]),
            work_on=ToyWork(sys.argv[3]),
            idle=float(sys.argv[4]) if len(sys.argv) > 4 else None,
        )
    )
