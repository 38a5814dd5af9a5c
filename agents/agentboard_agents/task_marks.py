"""Tasks that are in progress although their files cannot say so: pure, over what the store has of them.

A list without a section or a marker for it, or a PRD without `inProgress`, says of a task that it is to do
or done. That somebody began it, by hand or by a run, counts as long as the file says that it is to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from msgspec import structs

from agentboard_agents.events import Event
from agentboard_agents.projection import Run
from agentboard_agents.run import FINAL, RunState
from agentboard_tasks.model import State, Task

__all__ = ["CHANGED", "begun_by_hand", "in_progress", "with_marks"]

CHANGED = "task_changed"
IDLE = FINAL | {RunState.QUEUED}


def begun_by_hand(events: Iterable[Event], before: AbstractSet[str] = frozenset()) -> frozenset[str]:
    """Return the ids of the tasks that people have begun, after further events."""
    ids = set(before)
    for event in events:
        if event.kind == CHANGED and not event.run:
            name = str(event.data.get("task"))
            ids.discard(name)
            if event.data.get("state") == State.IN_PROGRESS:
                ids.add(name)
    return frozenset(ids)


def in_progress(by_hand: AbstractSet[str], runs: Iterable[Run]) -> frozenset[str]:
    """Return the ids of the tasks that were begun, by people or by a run that is not over."""
    return frozenset(by_hand).union(run.task for run in runs if run.task and run.state not in IDLE)


def with_marks(tasks: tuple[Task, ...], ids: AbstractSet[str]) -> tuple[Task, ...]:
    """Return the tasks, those with these ids in progress where their files say that they are to do."""
    if not ids:
        return tasks
    return tuple(
        structs.replace(task, state=State.IN_PROGRESS)
        if task.state is State.TODO and task.id in ids
        else task
        for task in tasks
    )
