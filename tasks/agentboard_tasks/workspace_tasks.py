"""The tasks of all files together: unique ids, and finding one by what a person types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from agentboard_tasks.model import Prd, Task, TaskList
from agentboard_tasks.unicodes import as_unicode

__all__ = ["candidates", "find_task", "in_order", "tasks_of_each"]


def in_order(sources: Iterable[TaskList | Prd]) -> list[TaskList | Prd]:
    """Return sources by the paths of their files, those outside the project last."""
    return sorted(sources, key=lambda source: (source.file.startswith("/"), source.file))


def tasks_of_each(sources: Sequence[TaskList | Prd]) -> tuple[tuple[Task, ...], ...]:
    """Return the tasks of each source, in the order of the sources.

    Files of one stem would share ids (`specs/a/tasks.md`, `specs/b/tasks.md`): the first file keeps the short
    ones, each other file's ids begin with its whole path. Files of other tools come last in this.
    """
    held = {source.file: _tasks_of(source) for source in sources}
    names: dict[str, str] = {}
    for file in sorted(held, key=lambda file: any(task.read_only for task in held[file][:1])):
        if held[file]:
            short = held[file][0].id.partition(":")[0]
            long = _long_names(file)
            names[next((name for name in (short, *long) if name not in names), long[-1])] = file
    begin = {file: name for name, file in names.items()}
    return tuple(_named(tasks, begin.get(file, "")) for file, tasks in held.items())


def _tasks_of(source: TaskList | Prd) -> tuple[Task, ...]:
    return source.tasks if isinstance(source, TaskList) else source.stories


def _named(tasks: tuple[Task, ...], name: str) -> tuple[Task, ...]:
    """Return tasks whose ids begin with a name."""
    if not tasks or tasks[0].id.partition(":")[0] == name:
        return tasks
    return tuple(structs.replace(task, id=f"{name}:{task.key}") for task in tasks)


def _long_names(file: str) -> tuple[str, str]:
    """Return what ids of a file begin with when its stem is taken: its path, else that with the suffix."""
    whole = file.replace(":", "_").lstrip("-")
    stem = whole.rpartition(".")[0] if "." in whole.rpartition("/")[2] else whole
    return stem, whole


def candidates(tasks: Sequence[Task], name: str) -> list[Task]:
    """Return the tasks with this key, else with this title in any case, else with this id as printed."""
    title = " ".join(name.split()).casefold()
    keyed = [task for task in tasks if task.key == name]
    titled = [task for task in tasks if " ".join(task.title.split()).casefold() == title] if not keyed else []
    return keyed or titled or [task for task in tasks if "\ufffd" in name and as_unicode(task.id) == name]


def find_task(tasks: Sequence[Task], name: str) -> Task | None:
    """Return the only task with this key, else the only one with this title in any case."""
    found = candidates(tasks, name)
    return found[0] if len(found) == 1 else None
