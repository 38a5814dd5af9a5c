"""P2: the live board of a large project, against the least that Textual can show."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.large_project import build, environment
from bench.report import Line, p50
from bench.terminal import Terminal

ROUNDS = 7


def measure() -> Iterator[Line]:
    """Yield header and grid, and the side panels, against a minimal app."""
    root = build()
    env = environment(root.parent)
    board = [str(Path(sys.executable).with_name("agentboard")), str(root)]
    minimal = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]
    least: list[float] = []
    grid: list[float] = []
    panels: list[float] = []
    for _ in range(ROUNDS):
        least.append(_shown(minimal, [b"minimal-is-here"], env))
        grid.append(_shown(board, [b"bench-project", b"agent-07"], env))
        panels.append(_shown(board, [b"TASKS", b"step 1"], env))
    yield Line("P2 header and grid, 50 agents", p50(grid), p50(least), "ms p50", 1.35, "minimal Textual app")
    yield Line("P2 side panels, 10k tasks", p50(panels), p50(least), "ms p50", 1.8, "minimal Textual app")


def _shown(argv: list[str], marks: list[bytes], env: dict[str, str]) -> float:
    terminal = Terminal(argv, env=env)
    try:
        return terminal.wait_for(marks) * 1000
    finally:
        terminal.close()
