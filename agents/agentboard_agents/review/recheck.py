"""The gates on the result of a merge: work that passed by itself may break what its branch has got since."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable

import msgspec

from agentboard_agents import gates
from agentboard_agents.gates import GateResult, blocking
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import Repository
from agentboard_agents.session_checks import detected, reason_of
from agentboard_agents.session_equipment import Equipment, equip
from agentboard_agents.session_trust import configured_gates

__all__ = ["added", "recheck"]


async def recheck(project: Project, run: Run, repository: Repository, commit: str, base: str) -> str:
    """Return what the checks of `commit` find that neither `base` nor the run itself had, empty when nothing.

    Raises:
        RunFault: when the agent's definition is gone, and with it what is to be checked.
    """
    place = os.path.join(project.state, "accepting", run.id)
    await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)  # our own copy, of a worker that died
    try:
        await asyncio.to_thread(repository.export, commit, place)
        equipment = await asyncio.to_thread(equip, project, run)
        results = await _results(msgspec.structs.replace(equipment, worktree=place), base, commit)
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
    return "; ".join(reason_of(result) for result in added(results, run))


def added(results: Iterable[GateResult], run: Run) -> list[GateResult]:
    """Return the blocking results that show more than the run's own gates, which the reviewer has seen."""
    bad = [gate for gate in run.gates if gate.state in {"failed", "error"}]
    seen = {gate.name: frozenset(gate.new_failures) for gate in bad}
    return [
        result
        for result in blocking(results)
        if result.name not in seen or not frozenset(result.new_failures) <= seen[result.name]
    ]


async def _results(equipment: Equipment, base: str, commit: str) -> tuple[GateResult, ...]:
    return await gates.check(
        equipment.repository,
        equipment.worktree,
        base,
        equipment.box(),
        equipment.sandbox,
        (*detected(equipment, equipment.worktree), *configured_gates(equipment)),
        os.path.join(equipment.project.state, "gates"),
        working_directory=equipment.definition.working_directory,
        touched=lambda: equipment.repository.changed_files(base, commit),
    )
