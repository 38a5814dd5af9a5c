"""P13: how soon a command starts a run, and how many durable steps the engine takes in a second."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from agentboard_agents.client import Client
from agentboard_agents.dispatch import Order, plan
from agentboard_agents.engine.port import Json, Steps
from agentboard_agents.project import Project
from agentboard_agents.survey import survey
from agentboard_tui.demo.building import build_sample
from bench.large_project import scratch_home
from bench.report import Line, p50

STARTS = 15
STEPS = 400
DEMANDED_START = 60.0  # ms
DEMANDED_STEPS = 300.0  # steps a second


def measure() -> Iterator[Line]:
    """Yield the start of a run against its bound, and durable steps against bare SQLite commits."""
    home = scratch_home()
    os.environ.update(
        XDG_STATE_HOME=str(home / "state"), AGENTBOARD_RUNTIME="rehearsal", AGENTBOARD_WORKER_IDLE="5"
    )
    build_sample(str(home / "shop"))
    yield Line(
        "P13 command to run started", p50(_starts(str(home / "shop"))), DEMANDED_START, "ms p50", 1, "60 ms"
    )
    steps, commits = asyncio.run(_steps(Project(str(home / "shop"), str(home / "engine")))), _commits(home)
    yield Line("P13 durable steps", steps, DEMANDED_STEPS, "steps/s", 1, "300 steps/s", at_least=True)
    yield Line(
        "P13 durable steps beside bare commits", steps, commits, "steps/s", 0.05, "SQLite", at_least=True
    )


def _starts(root: str) -> list[float]:
    client = Client(Project.open(root))
    samples: list[float] = []
    for number in range(STARTS + 1):
        spec = plan(survey(client.project), Order("api-engineer", prompt=f"Look around, round {number}"))
        started = time.perf_counter()
        run = client.dispatch_spec(spec)
        _until(partial(_started, client, run))
        samples.append((time.perf_counter() - started) * 1000)
        _until(partial(_ended, client, run))
    return samples[1:]  # the first one started the worker


def _started(client: Client, run: str) -> bool:
    return any(event.kind == "run_started" for event in client.store.events(run=run))


def _ended(client: Client, run: str) -> bool:
    found = client.store.run(run)
    return found is not None and (found.final or found.state == "review")


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not get there in 60 s")
        time.sleep(0.002)


async def _steps(project: Project) -> float:
    from agentboard_agents.engine.dbos import DbosEngine  # the engine is heavy: only this figure needs it

    done = asyncio.Event()

    async def nothing() -> Json:
        return 1

    async def workflow(_run: str, steps: Steps) -> None:
        for number in range(STEPS):
            await steps.step(f"step {number}", nothing)
        done.set()

    engine = DbosEngine(project, workflow)
    await engine.open()
    started = time.perf_counter()
    await engine.start("rbench")
    await done.wait()
    taken = time.perf_counter() - started
    await engine.close()
    return STEPS / taken


def _commits(home: Path) -> float:
    with sqlite3.connect(home / "bare.db", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE steps (number INTEGER, output TEXT)")
        started = time.perf_counter()
        for number in range(STEPS):
            connection.execute("INSERT INTO steps VALUES (?, '1')", (number,))
        return STEPS / (time.perf_counter() - started)
