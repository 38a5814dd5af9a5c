"""The context of a change set's task: related files and symbols, the parent issue, dependencies, the step."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.brief_text import joined, task_text
from agentboard_agents.protocols.preparation import Ground, task_of
from agentboard_agents.repository import GitFault
from agentboard_agents.session import Session
from agentboard_agents.symbols import Related, index_commit, related, told
from agentboard_tasks.model import State, Task

__all__ = ["around", "context_of_task"]

MOST_PARENT = 4_000
OPEN = frozenset({State.TODO, State.IN_PROGRESS, State.BLOCKED, State.OTHER})


class Context(Struct, frozen=True):
    """What an agent is told around its task, and the files that it names."""

    text: str
    files: tuple[str, ...] = ()


async def context_of_task(session: Session) -> str:
    """Return the context of the run's task, found on the commit that it starts from."""

    def look() -> Any:
        ground = session.equipment.ground
        found = found_in_code(session, task_of(ground))
        return msgspec.to_builtins(Context(joined([around(ground), told(found)]), found.files))

    context = msgspec.convert(await session.step("context", look), Context)
    if context.files:
        session.tell("context_related", files=list(context.files))
    return context.text


def found_in_code(session: Session, text: str) -> Related:
    """Return what of the code a task's text is about."""
    try:
        return related(index_commit(session.equipment.repository, session.work.branch.base), text)
    except GitFault:
        return Related()  # the code is not known; the agent looks for itself


def around(ground: Ground) -> str:
    """Return what files say around a task: its parent, what it depends on, where it stands. Pure."""
    task = ground.task
    if task is None:
        return ""
    beside = [one for one in ground.workspace.tasks if one.source.file == task.source.file]
    return joined([parent_issue(ground, task, beside), dependencies(task, beside), step(task, beside)])


def parent_issue(ground: Ground, task: Task, beside: list[Task]) -> str:
    """Return the issue that a task is a part of: the item above it, or the feature of its PRD."""
    above = next((one for one in beside if task.parent is not None and one.key == task.parent), None)
    if above is not None:
        return f"Parent issue:\n\n{task_text(above)[:MOST_PARENT]}"
    prd = next((one for one in ground.workspace.prds if one.file == task.source.file), None)
    return f"Parent issue: {prd.feature}\n\n{prd.overview[:MOST_PARENT]}" if prd is not None else ""


def dependencies(task: Task, beside: list[Task]) -> str:
    """Return what a task depends on, and how that stands."""
    known = {one.key: one for one in beside}
    lines = [
        f"- {key} {known[key].title}: {known[key].state.value}"
        if key in known
        else f"- {key}: not in this file"
        for key in task.depends_on
    ]
    after = [f"- {one.key} {one.title}" for one in beside if task.key in one.depends_on]
    return joined(
        [
            "\n".join(["Dependencies:", *lines]) if lines else "",
            "\n".join(["These wait for this task:", *after]) if after else "",
        ]
    )


def step(task: Task, beside: list[Task]) -> str:
    """Return where a task stands in the work of its file."""
    mine = [one for one in beside if one.parent == task.parent]
    number = next((place for place, one in enumerate(mine, 1) if one.key == task.key), 0)
    still = sum(one.state in OPEN for one in mine)
    return f"Workflow step: {number} of {len(mine)} in {task.source.file}, {still} open" if number else ""
