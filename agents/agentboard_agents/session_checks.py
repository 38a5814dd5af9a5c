"""The quality gates of a run: one durable check, its verdict, and what the agent is told about it."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents import gates
from agentboard_agents.gates import GateResult, blocking
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_git import Branch
from agentboard_agents.session_ledger import clipped
from agentboard_agents.session_trust import configured_gates, untrusted_gates
from agentboard_agents.turns_port import Workplace

__all__ = ["Verdict", "check_branch"]

MOST_OUTPUT = 8_000
ABSENT = GateResult("tests", "absent", reason="the project has no tests and no configured checks")


class Verdict(Struct, frozen=True):
    """What the gates said."""

    results: tuple[GateResult, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing new fails; a project without gates passes."""
        return not blocking(self.results)

    @property
    def absent(self) -> bool:
        """Whether the project has nothing that could be checked."""
        return all(result.state == "absent" for result in self.results)

    @property
    def reason(self) -> str:
        """Which gates stand in the way, in one line."""
        return "; ".join(reason_of(result) for result in blocking(self.results))

    @property
    def feedback(self) -> str:
        """What the agent is told about the gates that stand in the way."""
        parts = [
            f"{reason_of(result)}\n\n{clipped(result.output, MOST_OUTPUT)}"
            for result in blocking(self.results)
        ]
        head = "The checks do not pass with your changes. Find out why, and correct it."
        return "\n\n".join([head, *parts])


def reason_of(result: GateResult) -> str:
    """Return why a gate stands in the way."""
    if result.state == "failed" and result.new_failures:
        named = ", ".join(result.new_failures[:5])
        more = len(result.new_failures) - 5
        return f"{result.name}: {len(result.new_failures)} new failures: {named}" + (
            f", +{more}" if more > 0 else ""
        )
    return f"{result.name}: {result.reason or result.state}"


async def check_branch(place: Workplace, equipment: Equipment, branch: Branch) -> Verdict:
    """Run the gates in a durable step and report each."""

    async def check() -> Any:
        place.control.emit("gates_started")
        waiting = untrusted_gates(equipment)
        if waiting:
            message = f"not run, they wait for `agentboard trust`: {', '.join(waiting)}"
            place.control.emit("problem_found", severity="warning", message=message)
        results = await gates.check(
            equipment.repository,
            branch.worktree,
            branch.base,
            equipment.box(),
            equipment.sandbox,
            (
                *gates.detect(
                    branch.worktree, equipment.definition.working_directory, project=equipment.project.root
                ),
                *configured_gates(equipment),
            ),
            os.path.join(equipment.project.state, "gates"),
            working_directory=equipment.definition.working_directory,
        )
        for result in results or (ABSENT,):
            place.control.emit("gate_finished", **event_data(result))
        return msgspec.to_builtins(results or (ABSENT,))

    found = await place.step("gates", check)
    return Verdict(msgspec.convert(found, tuple[GateResult, ...]))


def event_data(result: GateResult) -> dict[str, Any]:
    """Return a gate's result as the data of an event."""
    data: dict[str, Any] = msgspec.to_builtins(result)
    return {**data, "output": clipped(result.output, MOST_OUTPUT)}
