"""P5: from a line appended to a task file to the screen, against `tail -F`."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.large_project import environment, small
from bench.report import Line, p95
from bench.terminal import Terminal

ROUNDS = 40


def measure() -> Iterator[Line]:
    """Yield the p95 of the board against that of `tail -F` on the same file."""
    root = small()
    file = root / ".claude" / "tasks" / "agent-00-tasks.md"
    board = Terminal(
        [str(Path(sys.executable).with_name("agentboard")), str(root)], env=environment(root.parent)
    )
    tail = subprocess.Popen(
        ["tail", "-n0", "-F", str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        board.wait_for([b"step 2"])
        board.drain(1.0)
        screen, reference = _rounds(file, board, tail)
    finally:
        board.close()
        tail.kill()
        tail.wait()
    yield Line("P5 file change to screen", p95(screen), p95(reference), "ms p95", 5, "tail -F")


def _rounds(file: Path, board: Terminal, tail: subprocess.Popen[bytes]) -> tuple[list[float], list[float]]:
    screen: list[float] = []
    reference: list[float] = []
    original = file.read_bytes()
    for number in range(ROUNDS):
        mark = f"seen{number:03}"
        started = time.perf_counter()
        _append(file, mark)
        _wait_for_tail(tail)
        reference.append((time.perf_counter() - started) * 1000)
        board.drain(0.2)
        changed = original.replace(b"## To Do\n", f"## To Do\n- [ ] {mark} a line\n".encode())
        started = time.perf_counter()
        _overwrite(file, changed)
        board.wait_for([mark.encode()])
        screen.append((time.perf_counter() - started) * 1000)
        board.drain(0.1)
        _drain(tail)
    return screen, reference


def _append(file: Path, mark: str) -> None:
    with file.open("ab") as stream:
        stream.write(f"\nnote {mark}\n".encode())


def _overwrite(file: Path, data: bytes) -> None:
    with file.open("r+b") as stream:
        stream.write(data)
        stream.truncate()


def _wait_for_tail(tail: subprocess.Popen[bytes]) -> None:
    descriptor = _descriptor(tail)
    if not select.select([descriptor], [], [], 5)[0]:
        raise TimeoutError("tail -F showed nothing")
    os.read(descriptor, 65536)


def _drain(tail: subprocess.Popen[bytes]) -> None:
    descriptor = _descriptor(tail)
    while select.select([descriptor], [], [], 0.02)[0]:
        os.read(descriptor, 65536)


def _descriptor(tail: subprocess.Popen[bytes]) -> int:
    assert tail.stdout is not None
    return tail.stdout.fileno()
