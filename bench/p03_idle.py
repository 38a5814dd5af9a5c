"""P3: memory and idle CPU of the board with 50 agents, against the least that Textual can show."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.large_project import build, environment, files_alone
from bench.report import Line
from bench.terminal import Terminal

SECONDS = 20.0


def measure() -> Iterator[Line]:
    """Yield resident memory against a minimal app's, and the share of a core that waiting takes."""
    minimal = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]
    for what, root in (("50 agents", files_alone(100)), ("50 agents, 10k tasks, 1M events", build())):
        env = environment(root.parent)
        least, _ = _watched(minimal, [b"minimal-is-here"], env, 2.0)
        board = [str(Path(sys.executable).with_name("agentboard")), str(root)]
        memory, share = _watched(board, [b"TASKS", b"step 1"], env, SECONDS)
        yield Line(f"P3 memory, {what}", memory, least, "MB", 1.4, "minimal Textual app")
        yield Line(f"P3 idle CPU, {what}", share, 0.3, "% of a core", 1, "0.3 % of a core")


def _watched(
    argv: Sequence[str], marks: Sequence[bytes], env: Mapping[str, str], seconds: float
) -> tuple[float, float]:
    """Return the resident megabytes of a program and the percentage of a core that it takes when idle."""
    terminal = Terminal(list(argv), env=dict(env))
    try:
        terminal.wait_for(marks)
        terminal.drain(3.0)
        share = terminal.share(seconds)
        return terminal.resident(), share
    finally:
        terminal.close()
