"""P4 and P6: 50 agents stream at 80 deltas a second; how soon a key shows, and what the board takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.large_project import AGENTS, build, environment
from bench.report import Line, p95
from bench.terminal import Terminal

SECONDS = 6.0
KEYS = 40
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
            share = board.share(SECONDS)
            shown = [_selected(board, number) for number in range(KEYS)]
        finally:
            assert writer.stdin is not None
            writer.stdin.close()
            board.close()
    yield Line("P4 key to screen, 50 agents stream", p95(shown), p95(least), "ms p95", 2, "minimal key echo")
    yield Line("P6 the board, 50 agents stream", share, ALLOWED, "% of a core", 1, "20 % of a core")


def _selected(board: Terminal, number: int) -> float:
    """Select the next agent; the heading of the tasks names it."""
    took = board.echo(b"\x1b[B", b" agent-")
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
            took.append(terminal.echo(key, b"key-" + key))
            terminal.drain(0.05)
    finally:
        terminal.close()
    return took
