"""3,000 agent files loaded as a team, against reading them and a CSafeLoader pass over their heads."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from agentboard_agents.team import load_team
from agentboard_tasks.files import Root
from bench.definition_files import COUNT, build
from bench.report import Line, p50

ROUNDS = 7
LOADER: Any = yaml.CSafeLoader


def measure() -> Iterator[Line]:
    """Yield the time of loading the team, measured in turn with its reference."""
    with tempfile.TemporaryDirectory(prefix="agentboard-bench-") as home:
        place = Path(home) / ".claude" / "agents"
        place.mkdir(parents=True)
        build(place)
        root = Root(home)
        loads: list[float] = []
        bare: list[float] = []
        for _ in range(ROUNDS):
            bare.append(_timed(lambda: _reference(place)))
            loads.append(_timed(lambda: _load(root)))
    yield Line(f"{COUNT:,} agent definitions", p50(loads), p50(bare), "ms p50", 2, "read + CSafeLoader pass")


def _load(root: Root) -> None:
    assert len(load_team(root).agents) == COUNT


def _reference(place: Path) -> None:
    for path in sorted(place.iterdir()):
        head = path.read_bytes().split(b"---\n", 2)[1]
        try:
            yaml.load(head, Loader=LOADER)
        except yaml.YAMLError:
            continue


def _timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
