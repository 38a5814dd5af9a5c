"""The governor: after a refusal nobody bursts, every worker of the key keeps to it, and it recovers."""

from __future__ import annotations

import asyncio
import os
import stat
from itertools import pairwise
from pathlib import Path

import pytest

from agentboard_agents import admission, governor
from agentboard_agents.admission import Admission, Barred
from agentboard_agents.budget_ledger import BudgetLedger
from agentboard_agents.governor import BURST, TOP, Pace, taken
from agentboard_agents.governor_shared import Governor, key_name
from agentboard_agents.project import Project
from agentboard_agents.runtimes.port import TurnFailed, TurnRequest
from agentboard_agents.session_gate import new_governor
from tests.support.workplace import ScriptedRuntime

NOW = 1_000_000.0


def starts(pace: Pace, count: int, now: float = NOW) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        pace, ticket = taken(pace, now)
        found.append(ticket.at - now)
    return found


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if time <= other < time + seconds) for time in times)


def test_a_quiet_key_lets_a_few_begin_at_once_and_the_others_one_by_one() -> None:
    times = starts(Pace(), 60)
    assert sum(time == 0 for time in times) <= BURST + 1
    assert max(times) < 60 / TOP + 1


def test_after_a_refusal_nobody_begins_before_the_hold_ends_and_then_one_by_one() -> None:
    pace = governor.refused(Pace(), NOW, 0, 10.0, "429")
    times = starts(pace, 50)
    assert min(times) >= 10
    assert most_within(times, 1.0) <= pace.rate + 2
    assert len({round(time, 6) for time in times}) == 50


def test_fifty_refusals_of_one_burst_slow_the_pace_once() -> None:
    pace = Pace()
    for _ in range(50):
        pace = governor.refused(pace, NOW, 0, None, "529")
    assert pace.rate == TOP / 2
    assert pace.epoch == 1


def test_refusals_in_a_row_slow_it_down_to_a_floor_and_success_brings_it_back() -> None:
    pace = Pace()
    for _ in range(20):
        pace = governor.refused(pace, NOW, pace.epoch, None, "529")
    assert pace.rate == governor.SLOWEST
    for _ in range(60):
        pace = governor.served(pace)
    assert pace.rate == TOP
    assert pace.strikes == 0


def test_headers_that_leave_nothing_hold_until_the_reset() -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "1970-01-12T13:47:10Z",
    }
    assert governor.heard(Pace(), NOW, headers).held == NOW + 30
    assert governor.heard(Pace(), NOW, {**headers, "anthropic-ratelimit-requests-remaining": "7"}) == Pace()
    garbage = {"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "soon"}
    assert governor.heard(Pace(), NOW, garbage) == Pace()


def test_a_clock_that_was_set_back_holds_nobody_for_long() -> None:
    pace = Pace(held=NOW + 10_000_000, slot=NOW + 10_000_000)
    assert starts(pace, 1)[0] <= governor.LONGEST + 1


def test_two_workers_share_the_pace_and_the_file_is_private(tmp_path: Path) -> None:
    name = key_name("sk-secret", "")
    one, other = (Governor(name, str(tmp_path), clock=lambda: NOW) for _ in range(2))
    one.refused(one.take(), 30.0, "429")
    assert other.take().at >= NOW + 30
    assert "sk-secret" not in name
    assert stat.S_IMODE(os.stat(one.path).st_mode) == 0o600
    assert b"sk-secret" not in Path(one.path).read_bytes()
    assert Governor(key_name("another", ""), str(tmp_path), clock=lambda: NOW).take().at == NOW


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


async def crowd(directory: Path, agents: int) -> list[float]:
    """Agents that are answered 529 five times each; return when each of their calls began."""
    clock, times = Clock(), list[float]()
    project = Project(str(directory), str(directory / "state"))
    shared = Governor("who", str(directory), clock)
    ledger = BudgetLedger(project)
    asked = TurnRequest("", [], [], "m", 10, "r")
    waiting = [(NOW, number, 1, Admission(ledger, shared, lambda: (), {})) for number in range(agents)]
    while waiting:
        waiting.sort(key=lambda one: one[0])
        at, number, attempt, gate = waiting.pop(0)
        clock.now = max(clock.now, at)
        barred: Barred | None = await gate.admit(asked, ScriptedRuntime(), f"{number}.{attempt}")
        if barred is not None:
            waiting.append((clock.now + barred.seconds, number, attempt, gate))
            continue
        times.append(clock.now)
        await gate.failed(f"{number}.{attempt}", TurnFailed("overloaded", "529", retryable=True))
        if attempt < 5:
            waiting.append((clock.now, number, attempt + 1, gate))
    return times


async def test_fifty_agents_on_529_do_not_burst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "NEAR", 0.0)
    times = await asyncio.wait_for(crowd(tmp_path, 50), 60)
    assert len(times) == 250, "each agent tries five times"
    assert most_within(times, 1.0) <= BURST + TOP
    later = [time for time in times if time > times[0] + 1]
    assert most_within(later, 1.0) <= TOP / 2
    gaps = [after - before for before, after in pairwise(later)]
    assert len({round(gap, 3) for gap in gaps}) > len(gaps) / 2, "jitter keeps them apart"


def test_a_damaged_file_is_moved_aside_and_made_anew(tmp_path: Path) -> None:
    (tmp_path / "governor.db").write_bytes(b"this is no database, and long enough to be told so" * 100)
    assert new_governor("who", str(tmp_path)).take().at > 0
    assert len(list(tmp_path.glob("governor.db.damaged-*"))) == 1
