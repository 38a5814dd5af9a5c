"""What is wrong with work as it is written down: a refused branch, a finished task with open parts."""

from __future__ import annotations

from collections.abc import Iterator

from agentboard_agents.repository.fault import BadName
from agentboard_agents.repository.names import checked_branch
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats import prd as prds
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Prd, Problem, Severity, State, Task, TaskList

__all__ = ["open_parts", "refused_branch"]

OPEN = frozenset({State.TODO, State.IN_PROGRESS, State.BLOCKED})
NAME_BRANCH = "name a branch such as feature/payments"
CLOSE_PARTS = "finish or skip what is open, or set the task itself back"


def refused_branch(root: Root, name: str, prd: Prd) -> Iterator[Problem]:
    """Find the branch of a PRD that git would refuse when a run starts.

    Args:
        root: what the PRD is read through.
        name: the file of the PRD there.
        prd: what was read from it.
    """
    try:
        checked_branch(prd.branch or "work")
    except BadName as bad:
        try:
            line, column = prds.place_of_branch(root.read(name).data, prd.file)
        except (FileFault, FormatError):
            line, column = 1, 1
        yield Problem(Severity.ERROR, prd.file, line, f"{bad}: no run can start", column, NAME_BRANCH)


def open_parts(found: TaskList) -> Iterator[Problem]:
    """Find tasks that are done although parts of them are open: two facts that cannot both be true."""
    tasks = {task.key: task for task in found.tasks if not task.read_only}
    parts: dict[str, list[Task]] = {}
    for task in tasks.values():
        if task.parent in tasks and task.state in OPEN and tasks[task.parent].state is State.DONE:
            parts.setdefault(task.parent, []).append(task)
    for key, still_open in parts.items():
        line = tasks[key].source.line
        yield Problem(Severity.WARNING, found.file, line, _told(still_open), hint=CLOSE_PARTS)


def _told(still_open: list[Task]) -> str:
    first = still_open[0]
    more = f" and {len(still_open) - 1} more of its subtasks are" if still_open[1:] else " is"
    return f"the task is done, {first.title!r:.80} (line {first.source.line}){more} not"
