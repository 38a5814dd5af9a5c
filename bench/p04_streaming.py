"""P4 and P6: 50 agents stream at 80 deltas a second; how soon a key shows, and what the board takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.large_project import AGENTS, build, environment
from bench.report import Line, p95
from bench.terminal import Terminal

SECONDS = 6.0
KEYS = 40
TICKS = os.sysconf("SC_CLK_TCK")
ALLOWED = 20.0
"""Percent of a core."""


def measure() -> Iterator[Line]:
    """Yield the p95 of a key against a minimal app's at rest, and what share of a core streaming takes."""
    root = build()
    env = environment(root.parent)
    least = _echoes(env)
    words = [sys.executable, "-m", "bench.stream_writer", str(root), str(AGENTS)]
    argv = [str(Path(sys.executable).with_name("agentboard")), str(root)]
    board = Terminal(argv, columns=200, rows=60, env=env)  # so large that every agent's text shows
    with subprocess.Popen(words, stdin=subprocess.PIPE, env={**os.environ, **env}) as writer:
        try:
            board.wait_for([b"TASKS", b"step 1"])
            board.wait_for([b"word "])
            board.drain(2.0)
            share = _share(board)
            shown = [_selected(board, number) for number in range(KEYS)]
        finally:
            assert writer.stdin is not None
            writer.stdin.close()
            board.close()
    yield Line("P4 key to screen, 50 agents stream", p95(shown), p95(least), "ms p95", 2, "minimal key echo")
    yield Line("P6 the board, 50 agents stream", share, ALLOWED, "% of a core", 1, "20 % of a core")


def _share(board: Terminal) -> float:
    before = _ticks(board.pid)
    board.drain(SECONDS)
    return (_ticks(board.pid) - before) / TICKS / SECONDS * 100


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _selected(board: Terminal, number: int) -> float:
    """Select the next agent; the heading of the tasks names it."""
    started = time.perf_counter()
    board.send(b"\x1b[B")
    board.wait_for([b" agent-"])
    took = (time.perf_counter() - started) * 1000
    board.drain(0.05 + number % 7 / 100)
    return took


def _echoes(env: Mapping[str, str]) -> list[float]:
    """Return the milliseconds that a minimal app takes for each key."""
    argv = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]
    terminal = Terminal(argv, env=dict(env))
    took: list[float] = []
    try:
        terminal.wait_for([b"minimal-is-here"])
        terminal.drain(0.5)
        for number in range(KEYS):
            key = b"%c" % (ord("a") + number % 26)
            started = time.perf_counter()
            terminal.send(key)
            terminal.wait_for([b"key-" + key])
            took.append((time.perf_counter() - started) * 1000)
            terminal.drain(0.05)
    finally:
        terminal.close()
    return took
