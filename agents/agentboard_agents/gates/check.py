"""The gates' verdict on a worktree, against its base commit."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

import msgspec

from agentboard_agents.gates.baseline import Baseline
from agentboard_agents.gates.gate import Gate, GateResult, Reading
from agentboard_agents.gates.running import TIMEOUT, moved, run_gate
from agentboard_agents.gates.verdict import judge
from agentboard_agents.repository import Repository
from agentboard_agents.sandbox import Box, Sandbox

__all__ = ["check"]

ABSENT = GateResult("tests", "absent", reason="no test files and no test configuration were found")


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
) -> tuple[GateResult, ...]:
    """Run every gate on the worktree and, once per base tree, on the base; return one result per gate.

    Test gates that the base had, for the same `working_directory`, are run even if they are not in `gates`:
    work cannot pass by removing its tests. With no gate at all there is one result, `tests`, in the state
    `absent`.
    """
    box = moved(box, await asyncio.to_thread(os.path.realpath, worktree))
    baseline = Baseline(repository, base, box, sandbox, cache_dir, limit)
    try:
        had = await baseline.test_gates(working_directory)
        families = {gate.family for gate in gates}
        every = [*gates, *(apart(gate, gates) for gate in had if gate.family not in families)]
        results = [await _result(gate, baseline, had) for gate in every]
        return tuple(results) or (ABSENT,)
    finally:
        await asyncio.to_thread(baseline.close)


def apart(gate: Gate, others: Sequence[Gate]) -> Gate:
    """Return the gate without the directories beneath its own in which others run the same kind of tests."""
    above = f"{gate.directory}/" if gate.directory else ""
    beneath = [
        other.directory.removeprefix(above)
        for other in others
        if other.directory != gate.directory
        and other.directory.startswith(above)
        and other.family[0] == gate.family[0]
    ]
    if gate.reader != "pytest" or not beneath:
        return gate
    return msgspec.structs.replace(gate, argv=(*gate.argv, *(f"--ignore={name}" for name in beneath)))


async def _result(gate: Gate, baseline: Baseline, had: Sequence[Gate]) -> GateResult:
    if gate.missing:
        reason = f"{gate.missing} is configured but not installed here"
        return GateResult(gate.name, "absent", reason=reason, output=reason, advisory=True)
    before = Reading(ran=0)
    if gate.kind != "tests" or gate.family in {other.family for other in had}:
        before = await baseline.reading(gate)
    work = await run_gate(baseline.sandbox, baseline.box, gate, baseline.repository.root, baseline.limit)
    return judge(gate, work, before)
