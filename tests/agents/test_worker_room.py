"""Runs at once: what is beyond the limit stays queued, says so, and starts when there is room."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agentboard_agents.run import RunState
from tests.agents.office import Office, gated


async def test_the_second_of_one_at_once_waits_for_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = tmp_path / "config" / "agentboard"
    await asyncio.to_thread(home.mkdir, parents=True)
    await asyncio.to_thread((home / "config.yaml").write_text, "limits:\n  runs: 1\n")
    office, gate = Office(tmp_path), asyncio.Event()
    async with office.worker(gated(office, gate)):
        office.dispatch("r1")
        await office.until(lambda: office.calls == ["waiting"], "the first is at work")
        office.dispatch("r2")
        await office.until(lambda: office.store.once("r2", "~room"), "the second says that it waits")
        await office.worker_looked()
        await office.state(RunState.QUEUED, "r2")
        gate.set()
        await office.state(RunState.REVIEW, "r2")
