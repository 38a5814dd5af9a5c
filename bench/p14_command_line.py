"""P14: the command line starts quickly, and `status` stays quick on a large project."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agentboard_agents.glance import glance
from agentboard_agents.glance_kept import recalled
from agentboard_agents.project import Project
from bench.large_project import build, environment
from bench.report import Line, p50

ROUNDS = 15


def measure() -> Iterator[Line]:
    """Yield `--version` against bare Python, and `status --json` against `--version`."""
    root = build()
    env = environment(root.parent)
    command = str(Path(sys.executable).with_name("agentboard"))
    python: list[float] = []
    version: list[float] = []
    status: list[float] = []
    first = _time([command, "status", "--json"], root, env)
    os.environ.update(env)
    _until_kept(root)
    for _ in range(ROUNDS):
        python.append(_time([sys.executable, "-c", "pass"], root, env))
        version.append(_time([command, "--version"], root, env))
        status.append(_time([command, "status", "--json"], root, env))
    yield Line("P14 agentboard --version", p50(version), p50(python), "ms p50", 3, "python -c pass")
    yield Line("P14 the first status, nothing kept", first, p50(version), "ms", 2, "agentboard --version")
    yield Line(
        "P14 status --json, large project", p50(status), p50(version), "ms p50", 2, "agentboard --version"
    )


def _until_kept(root: Path) -> None:
    """Look until what is found is old enough to be kept: a new project's files are not."""
    deadline = time.monotonic() + 30
    while recalled(str(root)) is None and time.monotonic() < deadline:
        glance(Project.open(str(root)))


def _time(argv: Sequence[str], directory: Path, env: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, cwd=directory, env=env, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000
