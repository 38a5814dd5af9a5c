"""Writing a task's state into its file, for people and agents to see."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from agentboard_agents.session_equipment import Equipment
from agentboard_agents.turns_port import RunControl, Workplace
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.journal import Journal
from agentboard_tasks.model import State, Task
from agentboard_tasks.workspace import set_task

__all__ = ["mark", "mark_at_once", "said_done", "today", "written"]

DONE = f": {State.DONE.value}"
MOST_REASON = 300


async def mark(place: Workplace, equipment: Equipment, task: Task, state: State, reason: str = "") -> None:
    """Write the state in a durable step; a file that does not take it is a problem, not a failure."""

    async def write() -> Any:
        return await asyncio.to_thread(written, equipment, task, state, reason)

    problem = await place.step(f"mark {task.key} {state.value}", write)
    if problem:
        place.tell("problem_found", severity="warning", message=problem)
    else:
        place.tell("task_changed", task=task.id, state=state.value, file=task.source.file, reason=reason)


def mark_at_once(
    control: RunControl, equipment: Equipment, task: Task, state: State, reason: str = ""
) -> None:
    """Write the state outside of the steps, where there can be none: on cancel, while people are asked."""
    problem = written(equipment, task, state, reason)
    if problem:
        control.emit("problem_found", severity="warning", message=problem)
    else:
        control.emit("task_changed", task=task.id, state=state.value, file=task.source.file, reason=reason)


def written(equipment: Equipment, task: Task, state: State, reason: str) -> str:
    """Write the state of a task into its file; return what went wrong."""
    if task.read_only:
        return f"{task.id} is kept by another tool and was not marked {state.value}"
    why = " ".join(reason.split())[:MOST_REASON] or None
    try:
        set_task(equipment.editor, task, state, today=today(), reason=why)
    except (PatchRefused, EditConflict, FileFault, FormatError) as fault:
        return f"{task.id} could not be marked {state.value}: {fault}"
    return ""


def said_done(equipment: Equipment, file: str, since: float) -> frozenset[str]:
    """Return the ids of a file's tasks that people with `agentboard set`, and runs, have marked done.

    Args:
        equipment: of the run that asks; an agent itself cannot write what is read here.
        file: the path of the list or PRD.
        since: seconds since the epoch.
    """
    edits = Journal(Root(equipment.project.make_state())).edits()
    done = (edit for edit in edits if edit.file == file and edit.kind == "edit" and edit.time >= since)
    return frozenset(edit.why.removesuffix(DONE) for edit in done if edit.why.endswith(DONE))


def today() -> str:
    """Return the date as task files spell it."""
    return datetime.now(UTC).astimezone().date().isoformat()
