"""P1: the first picture of a board that was open before, against Python that writes as many bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.large_project import environment, small
from bench.report import Line, p50
from bench.terminal import Terminal

ROUNDS = 11
RAW = "import os; os.write(1, b'\\x1b[?1049h\\x1b[H' + b'x' * 4000 + b'raw-is-here')"


def measure() -> Iterator[Line]:
    """Yield the kept picture against raw ANSI Python."""
    root = small()
    env = environment(root.parent)
    board = [str(Path(sys.executable).with_name("agentboard")), str(root)]
    leave(board, env)
    raw: list[float] = []
    picture: list[float] = []
    for _ in range(ROUNDS):
        raw.append(shown([sys.executable, "-c", RAW], b"raw-is-here", env))
        picture.append(shown(board, b"step 2", env))
    yield Line("P1 first picture", p50(picture), p50(raw), "ms p50", 1.5, "raw ANSI Python")


def leave(board: list[str], env: dict[str, str]) -> None:
    """Open the board once and leave it, so that it keeps its picture."""
    terminal = Terminal(board, env=env)
    terminal.wait_for([b"step 2"])
    terminal.drain(0.5)
    terminal.send(b"q")
    terminal.ended()


def shown(argv: list[str], mark: bytes, env: dict[str, str]) -> float:
    """Return the milliseconds from the start of a program to a mark on its screen."""
    terminal = Terminal(argv, env=env)
    try:
        return terminal.wait_for([mark]) * 1000
    finally:
        terminal.close()
