"""The durable engine on DBOS: steps done once over restarts, in a private file, without a listener."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

from agentboard_agents.engine.dbos import DbosEngine
from agentboard_agents.engine.port import Json, Steps
from tests.agents.engine_parts import project_in

LIMIT = 10.0


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110 - DBOS ends its workflows without telling
            await asyncio.sleep(0.005)


async def test_finished_steps_are_remembered_over_a_crash_and_the_cut_one_is_done_again(
    tmp_path: Path,
) -> None:
    project = project_in(tmp_path)
    calls: list[str] = []
    results: list[Json] = []
    gate = asyncio.Event()

    async def first() -> Json:
        calls.append("first")
        return {"text": "naïve ␛", "list": [1, None, 2.5]}

    async def second() -> Json:
        calls.append("second")
        await gate.wait()
        return "done"

    async def workflow(run_id: str, steps: Steps) -> None:
        results.append(await steps.step("first", first))
        results.append(await steps.step("second", second))

    engine = DbosEngine(project, workflow)
    await engine.open()
    await engine.start("r1")
    await engine.start("r1")
    await until(lambda: "second" in calls)
    assert engine.live("r1")
    await engine.close()
    assert not engine.live("r1")
    gate.set()
    again = DbosEngine(project, workflow)
    await again.open()
    await again.start("r1")
    await until(lambda: "done" in results)
    await until(lambda: not again.live("r1"))
    await again.close()
    assert calls == ["first", "second", "second"]
    assert results[0] == results[1] == {"text": "naïve ␛", "list": [1, None, 2.5]}


async def test_the_file_is_private_json_in_wal_mode_and_nothing_listens(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    done = asyncio.Event()

    async def act() -> Json:
        return {"secret": "value"}

    async def workflow(run_id: str, steps: Steps) -> None:
        await steps.step("act", act)
        done.set()

    engine = DbosEngine(project, workflow)
    await engine.open()
    await engine.start("r1")
    async with asyncio.timeout(LIMIT):
        await done.wait()
    await until(lambda: not engine.live("r1"))
    assert listening() == []
    await engine.close()
    path = os.path.join(project.state, "engine.db")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("SELECT output FROM operation_outputs").fetchall() == [('{"secret":"value"}',)]
    connection.close()


def listening() -> list[str]:
    """TCP sockets of this process that listen."""
    mine = {
        os.readlink(f"/proc/self/fd/{name}")
        for name in os.listdir("/proc/self/fd")
        if os.path.lexists(f"/proc/self/fd/{name}")
    }
    found: list[str] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        found += [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine]
    return found
