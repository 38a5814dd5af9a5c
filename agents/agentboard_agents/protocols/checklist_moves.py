"""What an agent's own plan and ticks mean for its task list: moves between the sections. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.keys import HASH_LIKE
from agentboard_tasks.model import State, Task, TaskList

__all__ = [
    "EMPTY",
    "Planned",
    "finished_in",
    "followed",
    "newly_done",
    "reopened",
    "settled",
    "spelled",
    "standings",
]

EMPTY = "# {title} Tasks\n\n## In Progress\n\n## To Do\n\n## Completed\n"
STATES = {"pending": State.TODO, "in_progress": State.IN_PROGRESS, "completed": State.DONE}
COMPLETED = re.compile(r"\s*\(completed:?[^()]{0,40}\)\s*$", re.IGNORECASE)
MOST_ADDED = 50


class Planned(Struct, frozen=True):
    """One line of an agent's plan: its words, and pending, in_progress or completed."""

    text: str
    status: str


def followed(
    data: bytes,
    file: str,
    plan: Sequence[Planned],
    own: str | None,
    today: str,
    others: AbstractSet[str] = frozenset(),
) -> bytes:
    """Return the list as a plan says it: its tasks move, what is not in it is added.

    Args:
        data: the list.
        file: its path.
        plan: what the agent wants to do.
        own: the key of the run's task, which is done only when agentboard says so.
        today: the date of completion.
        others: the keys of tasks that somebody else is at work on: a plan says nothing of them.
    """
    for line in plan[:MOST_ADDED]:
        state = STATES.get(line.status, State.TODO)
        task = found(checklist.parse(data, file), line.text)
        if task is None:
            data, task = added(data, file, line.text)
        if task is None or task.key in others:
            continue
        if task.key == own:
            state = State.IN_PROGRESS
        if task.state is not state and not (state is State.TODO and task.state is State.BLOCKED):
            data = checklist.set_state(data, file, task.key, state, today=today)
    return data


def found(listed: TaskList, text: str) -> Task | None:
    """Return the task that a line of a plan means: by its words, or by the id that the line begins with."""
    wanted = spelled(text)
    for task in listed.tasks:
        if wanted in {spelled(task.title), spelled(f"{task.key} {task.title}")}:
            return task
    named = (task for task in listed.tasks if not HASH_LIKE.match(task.key))
    return next((task for task in named if f"{wanted} ".startswith(f"{spelled(task.key)} ")), None)


def spelled(text: str) -> str:
    """Return words in the one spelling that they are compared in."""
    return " ".join(re.findall(r"\w+", COMPLETED.sub("", text).casefold()))


def added(data: bytes, file: str, text: str) -> tuple[bytes, Task | None]:
    """Return the list with one more task to do, and that task."""
    if not spelled(text):
        return data, None
    data = checklist.add(data, text, file=file)
    return data, found(checklist.parse(data, file), text)


def standings(data: bytes, file: str) -> dict[str, str]:
    """Return how each task stands, by its key: its state, and the marker in its box."""
    return {task.key: standing(task) for task in checklist.parse(data, file).tasks}


def standing(task: Task) -> str:
    """Return how a task stands, so that any change of it shows."""
    return f"{task.state.value} {task.marker}"


def settled(data: bytes, file: str, before: Mapping[str, str], own: str | None, today: str) -> bytes:
    """Return the list with the agent's own edits carried through; what stands as before is left alone.

    A task that it ticked where it stood moves; one that it moved to the completed ones gets its tick
    and date. The run's own is completed only when agentboard says so.
    """
    listed = checklist.parse(data, file)
    for task in listed.tasks if listed.sections else ():
        if task.parent is not None or standing(task) == before.get(task.key):
            continue
        crossed = task.contradiction
        ticked = crossed is not None and State.DONE in {crossed.section, crossed.box}
        if task.key == own and task.state is State.DONE:
            data = checklist.set_state(data, file, task.key, State.IN_PROGRESS, today=today)
        elif task.key != own and (ticked or (task.state is State.DONE and task.completed is None)):
            data = finished(data, file, task.key, today)
    return data


def finished(data: bytes, file: str, key: str, today: str) -> bytes:
    """Return the list with a task among the completed ones, with its tick and date."""
    begun = checklist.set_state(data, file, key, State.IN_PROGRESS, today=today)
    return checklist.set_state(begun, file, key, State.DONE, today=today)


def is_finished(task: Task) -> bool:
    """Tell whether a task is completed, or ticked where it stands."""
    return State.DONE in {task.state, task.contradiction.box if task.contradiction else None}


def finished_in(data: bytes, file: str) -> frozenset[str]:
    """Return the keys of the tasks that are completed or ticked."""
    return frozenset(task.key for task in checklist.parse(data, file).tasks if is_finished(task))


def newly_done(data: bytes, file: str, before: Mapping[str, str]) -> list[Task]:
    """Return the tasks that were open before, and are completed or ticked now."""
    return [
        task
        for task in checklist.parse(data, file).tasks
        if is_finished(task)
        and not before.get(task.key, State.DONE).startswith(State.DONE)
        and standing(task) != before.get(task.key)
    ]


def reopened(data: bytes, file: str, keys: Sequence[str], today: str) -> bytes:
    """Return the list with these tasks to do again."""
    for key in keys:
        data = checklist.set_state(data, file, key, State.TODO, today=today)
    return data
