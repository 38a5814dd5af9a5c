"""Beads' `issues.jsonl`, read only: one issue to a line."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from agentboard_tasks.formats.errors import FormatError, warning
from agentboard_tasks.formats.jsontext import Json, is_list, is_object, read_json
from agentboard_tasks.formats.keys import task_id
from agentboard_tasks.formats.lines import file_stem, split
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import first_text, priority_of, texts
from agentboard_tasks.model import Problem, Source, State, Task, TaskList

__all__ = ["parse"]

_BLOCKING = frozenset({"blocks", ""})
_PART_OF = frozenset({"parent-child"})
"""Kinds of dependency; an epic holds none of its own parts up."""
_GONE = frozenset({"tombstone", "deleted"})


def parse(data: bytes, file: str) -> TaskList:
    """The issues of a store; a line that is broken or half-written is a problem. Never raises."""
    tasks: list[Task] = []
    problems: list[Problem] = []
    for number, line in enumerate(split(data), 1):
        if not line.strip():
            continue
        try:
            _, value = read_json(line, file)
        except FormatError as fault:
            message = f"{fault.problem.message}: this issue is not shown"
            column = fault.problem.column
            problems.append(
                warning(file, number, message, column=column, hint="the line may be half-written")
            )
            continue
        if is_object(value) and first_text(value, "id") and first_text(value, "status") not in _GONE:
            tasks.append(_task(value, file, number))
    return TaskList(file, file_stem(file), None, tuple(tasks), sections=False, problems=tuple(problems))


def _task(issue: dict[str, Json], file: str, line: int) -> Task:
    key = first_text(issue, "id").lstrip("-") or str(line)
    status = first_text(issue, "status")
    return Task(
        id=task_id(file, key),
        key=key,
        title=(first_text(issue, "title", "description") or key).splitlines()[0],
        state=sentence_state(status) or (State.OTHER if status else State.TODO),
        source=Source(file, line),
        format="beads",
        agent=first_text(issue, "assignee") or None,
        priority=priority_of(issue.get("priority")),
        body=first_text(issue, "description"),
        criteria=tuple(
            text for text in first_text(issue, "acceptance_criteria").splitlines() if text.strip()
        ),
        depends_on=_linked(issue.get("dependencies"), _BLOCKING),
        tags=texts(issue.get("labels")),
        parent=next(iter(_linked(issue.get("dependencies"), _PART_OF)), None),
        completed=first_text(issue, "closed_at") or None,
        read_only=True,
    )


def _linked(value: Json, kinds: AbstractSet[str]) -> tuple[str, ...]:
    """The issues that one is linked to by a dependency of some kinds."""
    if not is_list(value):
        return ()
    return tuple(
        first_text(item, "depends_on_id")
        for item in value
        if is_object(item) and first_text(item, "depends_on_id") and first_text(item, "type") in kinds
    )
