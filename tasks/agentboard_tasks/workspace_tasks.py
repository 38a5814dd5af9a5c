"""The tasks of all files together: unique ids, and finding one by what a person types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from agentboard_tasks.model import Prd, Task, TaskList

__all__ = ["candidates", "collect_tasks", "find_task", "in_order"]


def in_order(sources: Iterable[TaskList | Prd]) -> list[TaskList | Prd]:
    """Return sources by the paths of their files."""
    return sorted(sources, key=lambda source: source.file)


def collect_tasks(sources: Sequence[TaskList | Prd]) -> tuple[Task, ...]:
    """Return the tasks in file order.

    Files of one stem would share ids (`specs/a/tasks.md`, `specs/b/tasks.md`): the first file keeps the short
    ones, each other file's ids begin with its whole path.
    """
    owners: dict[str, str] = {}
    tasks: list[Task] = []
    for source in sources:
        found = source.tasks if isinstance(source, TaskList) else source.stories
        stem = found[0].id.partition(":")[0] if found else ""
        if found and owners.setdefault(stem, source.file) != source.file:
            path = source.file.rpartition(".")[0].replace(":", "_").lstrip("-")
            found = tuple(structs.replace(task, id=f"{path}:{task.key}") for task in found)
        tasks.extend(found)
    return tuple(tasks)


def candidates(tasks: Sequence[Task], name: str) -> list[Task]:
    """Return the tasks with this key, else those with this title in any case."""
    title = " ".join(name.split()).casefold()
    keyed = [task for task in tasks if task.key == name]
    return keyed or [task for task in tasks if " ".join(task.title.split()).casefold() == title]


def find_task(tasks: Sequence[Task], name: str) -> Task | None:
    """Return the only task with this key, else the only one with this title in any case."""
    found = candidates(tasks, name)
    return found[0] if len(found) == 1 else None
