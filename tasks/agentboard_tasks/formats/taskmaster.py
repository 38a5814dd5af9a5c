"""Task Master's `tasks.json`, read only: tasks and subtasks, in one list or by tag."""

from __future__ import annotations

from collections.abc import Iterator

from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.jsontext import Json, Lines, elements, is_list, is_object, members, read_json
from agentboard_tasks.formats.keys import hash_key, task_id
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import first_text, priority_of, texts
from agentboard_tasks.model import Source, State, Task, TaskList

__all__ = ["is_store", "parse"]

_SIGNS = frozenset({"id", "title", "status"})
_HINT = "this file is task-master's: let it write the file anew"


def parse(data: bytes, file: str) -> TaskList:
    """The tasks of a store, subtasks after their parents; keys are `3` and `3.1`.

    Raises:
        FormatError: it is not JSON, or no such store.
    """
    text, value = read_json(data, file)
    lists = _lists(text, value) if is_object(value) else []
    if not lists:
        raise FormatError(
            error(file, 1, "no list of tasks (`tasks`, or `<tag>.tasks`): none is shown", hint=_HINT)
        )
    lines = Lines(text)
    found: list[Task] = []
    for tag, held, start in lists:
        prefix = f"{tag}/" if len(lists) > 1 else ""
        for item, (at, _) in zip(held, elements(text, start), strict=True):
            if is_object(item):
                found.extend(_tasks(item, file, lines.place(at).line, prefix, tag))
    return TaskList(file, file_stem(file), None, tuple(found), sections=False)


def is_store(data: bytes, file: str) -> bool:
    """Whether a file is such a store: JSON with tasks that each have an id, a title and a status."""
    try:
        text, value = read_json(data, file)
    except FormatError:
        return False
    items = [item for _, held, _ in (_lists(text, value) if is_object(value) else []) for item in held]
    return bool(items) and all(is_object(item) and _SIGNS.issubset(item) for item in items)


def _lists(text: str, value: dict[str, Json]) -> list[tuple[str, list[Json], int]]:
    """Tag, tasks, and the offset of each list."""
    found: list[tuple[str, list[Json], int]] = []
    last = {member.key: member for member in members(text, text.index("{"))}
    for name, member in last.items():
        held = value[name]
        if name == "tasks" and is_list(held):
            found.append(("", held, member.start))
        elif is_object(held) and is_list(held.get("tasks")):
            inner = {one.key: one for one in members(text, member.start)}
            found.append((name, held["tasks"], inner["tasks"].start))
    return found


def _tasks(item: dict[str, Json], file: str, line: int, prefix: str, tag: str) -> Iterator[Task]:
    parent = _task(item, file, line, prefix, tag, None)
    yield parent
    subtasks = item.get("subtasks")
    for sub in subtasks if is_list(subtasks) else []:
        if is_object(sub):
            yield _task(sub, file, line, prefix, tag, parent.key)


def _task(item: dict[str, Json], file: str, line: int, prefix: str, tag: str, parent: str | None) -> Task:
    title = first_text(item, "title", "description", "details")
    own = _number(item.get("id")) or hash_key(title)
    key = f"{prefix}{own}"
    if parent is not None:
        key = key if key.startswith(f"{parent}.") else f"{parent}.{own}"
    status = first_text(item, "status")
    return Task(
        id=task_id(file, key),
        key=key,
        title=title.splitlines()[0] if title else key,
        state=sentence_state(status) or (State.OTHER if status else State.TODO),
        source=Source(file, line),
        format="task-master",
        priority=priority_of(item.get("priority")),
        section=tag or None,
        body="\n\n".join(
            part for part in (first_text(item, "description"), first_text(item, "details")) if part
        ),
        criteria=texts(item.get("testStrategy")),
        depends_on=_needs(item.get("dependencies"), prefix),
        parent=parent,
        read_only=True,
    )


def _needs(value: Json, prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for one in (value if is_list(value) else []) if (number := _number(one)))


def _number(value: Json) -> str:
    """An id as text; `3.0` is `3`, since some stores have floats."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    found = texts(value)
    return found[0].lstrip("-") if found else ""
