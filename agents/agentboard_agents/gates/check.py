"""The gates' verdict on a worktree, against its base commit: beside each other, each reported as it ends."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from agentboard_agents.gates.as_before import as_before
from agentboard_agents.gates.baseline import Baseline
from agentboard_agents.gates.gate import Gate, GateResult, Progress, Reading
from agentboard_agents.gates.packages import apart, concerned
from agentboard_agents.gates.running import TIMEOUT, moved
from agentboard_agents.gates.verdict import judge
from agentboard_agents.repository import Repository
from agentboard_agents.sandbox import Box, Sandbox

__all__ = ["check"]

ABSENT = GateResult("tests", "absent", reason="no test files and no test configuration were found")
AT_ONCE = max(2, min(4, os.cpu_count() or 2))
Value = TypeVar("Value")


class Silent:
    """Progress that nobody follows."""

    def begins(self, names: Sequence[str]) -> None:
        """Say nothing."""

    def ends(self, result: GateResult) -> None:
        """Say nothing."""


async def check(
    repository: Repository,
    worktree: str,
    base: str,
    box: Box,
    sandbox: Sandbox,
    gates: Sequence[Gate],
    cache_dir: str,
    *,
    working_directory: str | None = None,
    limit: float = TIMEOUT,
    progress: Progress | None = None,
    touched: Callable[[], Iterable[str]] = tuple,
) -> tuple[GateResult, ...]:
    """Run every gate on the worktree and, once per base tree, on the base; return one result per gate.

    What the base had, for the same `working_directory`, is run even if it is not in `gates`: work cannot
    pass by removing its tests, or by changing what a check runs. `touched` gives the paths that the work
    changed: of several packages those are checked that it touches. Where there is nothing to run there is a
    result, `tests`, in the state `absent`.
    """
    told = progress or Silent()
    box = moved(box, await asyncio.to_thread(os.path.realpath, worktree))
    baseline = Baseline(repository, base, box, sandbox, cache_dir, limit, AT_ONCE)
    try:
        had = await baseline.gates(working_directory)
        every = [*gates, *(apart(gate, gates) for gate in as_before(had, gates))]
        every = named_apart(await asyncio.to_thread(concerned, every, touched))
        told.begins([gate.name for gate in every] or [ABSENT.name])
        every = [beside_configured(gate, every) for gate in every]
        results = await together(_reported(gate, baseline, had, told) for gate in every)
        if all(gate.waiting for gate in every):
            told.ends(ABSENT)
            results = [*results, ABSENT]
        return tuple(results)
    finally:
        await asyncio.to_thread(baseline.close)


def beside_configured(gate: Gate, gates: Sequence[Gate]) -> Gate:
    """Return a gate whose tool is missing as one that does not count where people named what is to be run."""
    named = any(other.kind == "configured" and not other.waiting for other in gates)
    if not gate.missing or not named:
        return gate
    return msgspec.structs.replace(gate, advisory=True)


async def together(acts: Iterable[Awaitable[Value]]) -> list[Value]:
    """Return what all of them return, in order; when one fails, the others are ended before it is raised."""
    tasks = [asyncio.ensure_future(act) for act in acts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def named_apart(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates with a number behind a name that an earlier one has."""
    counted: Counter[str] = Counter()
    named: list[Gate] = []
    for gate in gates:
        counted[gate.name] += 1
        number = counted[gate.name]
        named.append(gate if number == 1 else msgspec.structs.replace(gate, name=f"{gate.name} {number}"))
    return named


async def _reported(gate: Gate, baseline: Baseline, had: Sequence[Gate], told: Progress) -> GateResult:
    result = _not_run(gate) or await _result(gate, baseline, had)
    told.ends(result)
    return result


def _not_run(gate: Gate) -> GateResult | None:
    """Return the verdict on a gate that cannot be run here: tests that nobody can run are no evidence."""
    if gate.waiting:
        return GateResult(gate.name, "absent", reason=gate.waiting, output=gate.waiting, advisory=True)
    if not gate.missing:
        return None
    advisory = gate.advisory or gate.kind != "tests"
    state, reason = "absent" if advisory else "error", f"{gate.missing} is not installed here"
    return GateResult(gate.name, state, reason=reason, output=reason, advisory=advisory, beyond=True)


async def _result(gate: Gate, baseline: Baseline, had: Sequence[Gate]) -> GateResult:
    on_base = baseline.reading(gate) if _has_base(gate, had) else nothing()
    before, work = await together((on_base, baseline.run(gate)))
    result = judge(gate, work, before)
    if result.state == "failed" and not before.fault:
        settled = await baseline.settled(gate, work, frozenset(result.new_failures))
        result = result if settled is work else judge(gate, settled, before)
    return warned(result)


def warned(result: GateResult) -> GateResult:
    """Return the verdict of a gate that only advises as passed, with what it warns about."""
    if not result.advisory or result.state != "failed":
        return result
    return msgspec.structs.replace(result, state="passed")


def _has_base(gate: Gate, had: Sequence[Gate]) -> bool:
    return gate.kind != "tests" or gate.family in {other.family for other in had}


async def nothing() -> Reading:
    """Return what tests show on a base that has none."""
    return Reading(ran=0)
