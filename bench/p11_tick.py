"""P11: one box ticked in a task list of 10,000 lines, read again, against a bare scan of its lines."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agentboard_tasks.files import Root
from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.reparse import Reading, again, read
from agentboard_tasks.layout import Layout
from agentboard_tasks.model import State
from agentboard_tasks.workspace import load, reload
from bench.long_list import long_list
from bench.report import Line, p50

ROUNDS = 60
FILE = ".claude/tasks/backend-tasks.md"
BOX = re.compile(rb"[ \t]*[-*+] \[([ xX])\] ")
OPEN, TICKED = b"- [ ] T3001 ", b"- [x] T3001 "


def measure() -> Iterator[Line]:
    """Yield a tick, a move and an added line read again, and the reload of a workspace after a tick."""
    data = long_list()
    before = read(data, FILE)
    moved = checklist.set_state(data, FILE, "T3001", State.IN_PROGRESS, today="2026-01-02")
    added = checklist.add(data, "one more", file=FILE)
    ticked = data.replace(OPEN, TICKED)
    yield _line("P11 one box ticked, read again", before, ticked, 0.4)
    yield _line("P11 one task moved to another section", before, moved, 40)
    yield _line("P11 one task added", before, added, 40)
    yield _first(data)
    yield _reloaded(data, ticked)


def _line(name: str, before: Reading, new: bytes, demand: float) -> Line:
    assert again(before, new) is not None
    again_times, scans = _in_turn(lambda: again(before, new), lambda: _scan(new))
    return Line(name, p50(again_times), p50(scans), "ms p50", demand, "bare line scan")


def _first(data: bytes) -> Line:
    firsts, scans = _in_turn(lambda: read(data, FILE), lambda: _scan(data), rounds=9)
    return Line(
        "P11 10,000 lines read for the first time", p50(firsts), p50(scans), "ms p50", 40, "bare line scan"
    )


def _reloaded(data: bytes, ticked: bytes) -> Line:
    with tempfile.TemporaryDirectory(prefix="agentboard-bench-") as home:
        place = Path(home) / FILE
        place.parent.mkdir(parents=True)
        place.write_bytes(data)
        return _reload_line(Root(home), Layout(), place, data, ticked)


def _reload_line(root: Root, layout: Layout, place: Path, data: bytes, ticked: bytes) -> Line:
    now = load(root, layout)
    reloads: list[float] = []
    scans: list[float] = []
    for number in range(ROUNDS):
        place.write_bytes(data if number % 2 else ticked)
        started = time.perf_counter()
        now = reload(now, root, layout, [FILE])
        reloads.append((time.perf_counter() - started) * 1000)
        scans.append(_timed(lambda: _read_and_scan(place)))
    return Line(
        "P11 workspace reloaded after a tick", p50(reloads), p50(scans), "ms p50", 1, "read + bare line scan"
    )


def _read_and_scan(place: Path) -> None:
    _scan(place.read_bytes())


def _scan(data: bytes) -> int:
    return sum(1 for line in data.splitlines() if BOX.match(line))


def _in_turn(
    act: Callable[[], object], reference: Callable[[], object], rounds: int = ROUNDS
) -> tuple[list[float], list[float]]:
    acts: list[float] = []
    references: list[float] = []
    for _ in range(rounds):
        acts.append(_timed(act))
        references.append(_timed(reference))
    return acts, references


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
