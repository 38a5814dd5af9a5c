"""The quality gates of a run: one durable check, its verdict, and what the agent is told about it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents import gates
from agentboard_agents.gates import Gate, GateResult, blocking
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_git import Branch
from agentboard_agents.session_ledger import clipped
from agentboard_agents.session_marks_left import marks_left
from agentboard_agents.session_trust import configured_gates
from agentboard_agents.turns_port import RunControl, Workplace

__all__ = ["Verdict", "check_branch", "event_data"]

MOST_OUTPUT = 8_000
"""Characters of a gate's output that the agent is told."""

MOST_KEPT = 40_000
"""Characters of it that are kept for people."""


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
    def beyond(self) -> bool:
        """Whether only such gates stand in the way as no change of the work can make pass here."""
        return all(result.beyond for result in blocking(self.results))

    @property
    def result(self) -> str:
        """What the gates said, in one line."""
        return "passed" if self.passed else f"failed: {self.reason}"

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
        count = f"{len(result.new_failures)} new failure{'s' if len(result.new_failures) > 1 else ''}"
        return f"{result.name}: {count}: {named}" + (f", +{more}" if more > 0 else "")
    return f"{result.name}: {result.reason or result.state}"


class Reports:
    """Tells the run's events how the gates get on."""

    def __init__(self, control: RunControl) -> None:
        self._control = control

    def begins(self, names: Sequence[str]) -> None:
        """Say which gates are run now."""
        self._control.emit("gates_started", gates=list(names))

    def ends(self, result: GateResult) -> None:
        """Say what one of them came to."""
        self._control.emit("gate_finished", **event_data(result))


async def check_branch(
    place: Workplace, equipment: Equipment, branch: Branch, touched: Callable[[], Iterable[str]]
) -> Verdict:
    """Run the gates in a durable step and report each; `touched` gives the paths that the work changed."""

    async def check() -> Any:
        results = await gates.check(
            equipment.repository,
            branch.worktree,
            branch.base,
            equipment.box(),
            equipment.sandbox,
            (*detected(equipment, branch.worktree), *configured_gates(equipment)),
            os.path.join(equipment.project.state, "gates"),
            working_directory=equipment.definition.working_directory,
            progress=Reports(place.control),
            touched=touched,
        )
        return msgspec.to_builtins((*results, *await without_marks(place, equipment, branch)))

    found = await place.step("gates", check)
    return Verdict(msgspec.convert(found, tuple[GateResult, ...]))


async def without_marks(place: Workplace, equipment: Equipment, branch: Branch) -> tuple[GateResult, ...]:
    """Return the verdict on marks of a conflict, in a round that resolves one."""
    if not place.round.merge:
        return ()
    told = (equipment.repository, branch.worktree, place.round.merge, branch.branch)
    result = await asyncio.to_thread(marks_left, *told)
    place.control.emit("gate_finished", **event_data(result))
    return (result,)


def detected(equipment: Equipment, worktree: str) -> tuple[Gate, ...]:
    """Return the gates that the files of a work tree ask for."""
    directory = equipment.definition.working_directory
    return gates.detect(worktree, directory, project=equipment.project.root)


def event_data(result: GateResult) -> dict[str, Any]:
    """Return a gate's result as the data of an event."""
    data: dict[str, Any] = msgspec.to_builtins(result)
    return {**data, "output": clipped(result.output, MOST_KEPT)}
