"""The gate that holds an agent to its own part of the repository, whatever it changed the files with."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from agentboard_agents.gates import GateResult
from agentboard_agents.owned_paths import whose
from agentboard_agents.projection import Run
from agentboard_agents.review.parties import Scratch, party_of_run
from agentboard_agents.session_checks import event_data
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.turns_port import Workplace

__all__ = ["NAME", "changed", "own_files"]

NAME = "owned paths"
HOW = "Put them back as they were (git show HEAD:PATH > PATH; remove new ones), or ask whose code it is."


async def own_files(place: Workplace, equipment: Equipment, run: Run | None) -> tuple[GateResult, ...]:
    """Return whether a run has changed only what is its agent's; nothing when it is held to nothing."""
    if not equipment.avoided or run is None:
        return ()

    def look() -> Any:
        strange = [
            f"{path} is {area}"
            for path in changed(equipment, run)
            if (area := whose(path, equipment.avoided))
        ]
        reason = f"not yours to change: {', '.join(strange)}. {HOW}" if strange else ""
        result = GateResult(NAME, "failed" if strange else "passed", tuple(strange), reason, reason=reason)
        place.control.emit("gate_finished", **event_data(result))
        return [msgspec.to_builtins(result)]

    async def act() -> Any:
        return await asyncio.to_thread(look)

    return msgspec.convert(await place.step("owned paths", act), tuple[GateResult, ...])


def changed(equipment: Equipment, run: Run | None) -> list[str]:
    """Return what a run has changed so far, committed or not."""
    if run is None:
        return []
    git = Scratch(equipment.project)
    git.settings()  # made under the same lock, which is not taken twice
    with git.alone():
        party = party_of_run(git, run, equipment.shared_paths)
    return sorted(party.paths) if party else []
