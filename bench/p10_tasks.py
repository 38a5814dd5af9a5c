"""P10, the side of the values: what 10,000 tasks add to a mount, and one task changed, to the board."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agentboard_agents.board import BoardBuilder, BoardState
from agentboard_agents.project import Project
from agentboard_agents.survey import Survey, survey
from agentboard_tasks.files import Root
from agentboard_tasks.workspace import reload
from bench.large_project import TASKS, environment, files_alone
from bench.report import Line, p50, p95
from bench.terminal import Terminal

ROUNDS = 60
MOUNTS = 7
FEW = 50
KEYS = b"abcdefghijklmnopqrstuvwxyz"
LIST = ".claude/tasks/agent-07-tasks.md"
OPEN, TICKED = b"- [ ] T0003 ", b"- [x] T0003 "


def measure() -> Iterator[Line]:
    """Yield the board's value made of many tasks, and made again after one was ticked in its file."""
    many, few = _surveyed(files_alone(TASKS)), _surveyed(files_alone(FEW))
    mounts, echoes = _minimal()
    added = [_timed(lambda: _board(many)) - _timed(lambda: _board(few)) for _ in range(ROUNDS)]
    yield Line(
        f"P10 values of a mount, {TASKS:,} tasks over {FEW}",
        p50(added),
        p50(mounts),
        "ms p50",
        0.1,
        "minimal mount",
    )
    yield Line(
        "P10 one task ticked, to the board's value", p95(_ticks(many)), p95(echoes), "ms p95", 1.3, "key echo"
    )


def _surveyed(root: Path) -> Survey:
    return survey(Project(str(root), str(root.parent / "state")))


def _board(found: Survey, builder: BoardBuilder | None = None) -> BoardState:
    return (builder or BoardBuilder()).build(found.team, found.workspace, (), (), {}, worker_alive=True)


def _ticks(found: Survey) -> list[float]:
    """Return the times from a file that was written to the board's value that has it."""
    root, builder = Root(found.project.root), BoardBuilder()
    now, place = found.workspace, Path(found.project.root) / LIST
    original = place.read_bytes()
    took: list[float] = []
    for number in range(ROUNDS):
        place.write_bytes(original if number % 2 else original.replace(OPEN, TICKED))
        started = time.perf_counter()
        now = reload(now, root, found.layout, [LIST])
        builder.build(found.team, now, (), (), {}, worker_alive=True)
        took.append((time.perf_counter() - started) * 1000)
    return took


def _minimal() -> tuple[list[float], list[float]]:
    """Return the times of a minimal app's mounts, and those of its answers to keys."""
    argv = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]
    env = environment(Path(os.environ.get("TMPDIR", "/tmp")))
    mounts: list[float] = []
    echoes: list[float] = []
    for _ in range(MOUNTS):
        terminal = Terminal(argv, env=env)
        try:
            mounts.append(terminal.wait_for([b"minimal-is-here"]) * 1000)
            terminal.drain(0.2)
            echoes += [_echo(terminal, key) for key in KEYS]
        finally:
            terminal.close()
    return mounts, echoes


def _echo(terminal: Terminal, key: int) -> float:
    took = terminal.echo(bytes([key]), b"key-%c" % key)
    terminal.drain(0.03)
    return took


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
