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
MINIMAL = str(Path(__file__).with_name("minimal_watch.py"))


def measure() -> Iterator[Line]:
    """Yield the p95 of the board against those of `tail -F`, watchfiles, and the least that Textual does."""
    root = small()
    file = root / ".claude" / "tasks" / "agent-00-tasks.md"
    env = environment(root.parent)
    board = _screen(file, [str(Path(sys.executable).with_name("agentboard")), str(root)], b"step 2", env)
    least = _screen(file, [sys.executable, MINIMAL, "textual", str(file)], b"minimal-is-here", env)
    default = _screen(file, [sys.executable, MINIMAL, "watchfiles", str(file)], b"minimal-is-here", env)
    tail = _tail(file)
    yield Line("P5 file change to screen", p95(board), p95(tail), "ms p95", 5, "tail -F")
    yield Line(
        "P5, the same", p95(board), p95(default), "ms p95", 0.1, "watchfiles as it comes, in a terminal"
    )
    yield Line("P5, the same", p95(board), p95(least), "ms p95", 2, "minimal Textual, inotify on its loop")


def _screen(file: Path, argv: list[str], mark: bytes, env: dict[str, str]) -> list[float]:
    """Return the milliseconds from each change of a file until a program in a terminal has shown it."""
    shown: list[float] = []
    original = file.read_bytes()
    terminal = Terminal(argv, env=env)
    try:
        terminal.wait_for([mark])
        terminal.drain(1.0)
        for number in range(ROUNDS):
            seen = f"seen{number:03}"
            changed = original.replace(b"## To Do\n", f"## To Do\n- [ ] {seen} a line\n".encode())
            started = time.perf_counter()
            _overwrite(file, changed)
            terminal.wait_for([seen.encode()])
            shown.append((time.perf_counter() - started) * 1000)
            terminal.drain(0.2)
    finally:
        terminal.close()
        file.write_bytes(original)
    return shown


def _tail(file: Path) -> list[float]:
    """Return the milliseconds from each line appended to a file until `tail -F` has printed it."""
    printed: list[float] = []
    tail = subprocess.Popen(
        ["tail", "-n0", "-F", str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        while not _printed(tail, 0.1):
            _append(file, "first")
        for number in range(ROUNDS):
            _drain(tail)
            started = time.perf_counter()
            _append(file, f"seen{number:03}")
            _wait_for_tail(tail)
            printed.append((time.perf_counter() - started) * 1000)
    finally:
        tail.kill()
        tail.wait()
    return printed


def _append(file: Path, mark: str) -> None:
    with file.open("ab") as stream:
        stream.write(f"\nnote {mark}\n".encode())


def _overwrite(file: Path, data: bytes) -> None:
    with file.open("r+b") as stream:
        stream.write(data)
        stream.truncate()


def _wait_for_tail(tail: subprocess.Popen[bytes]) -> None:
    if not _printed(tail, 5):
        raise TimeoutError("tail -F showed nothing")


def _printed(tail: subprocess.Popen[bytes], seconds: float) -> bool:
    assert tail.stdout is not None
    descriptor = tail.stdout.fileno()
    return bool(select.select([descriptor], [], [], seconds)[0] and os.read(descriptor, 65536))


def _drain(tail: subprocess.Popen[bytes]) -> None:
    while _printed(tail, 0.2):
        pass
