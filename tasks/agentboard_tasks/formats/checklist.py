"""Task lists in markdown: GFM boxes, boxes with a legend, and lists whose sections are the states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from agentboard_tasks.formats.checklist_edit import add, set_state
from agentboard_tasks.formats.details import Details, read_details
from agentboard_tasks.formats.errors import warning
from agentboard_tasks.formats.keys import keys_of, task_id
from agentboard_tasks.formats.labels import Labels, read_labels
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.outline import Item, Outline, read_outline
from agentboard_tasks.formats.states import has_sections, standing_of
from agentboard_tasks.model import Contradiction, Problem, Source, Task, TaskList

__all__ = ["add", "agent_of", "parse", "set_state"]

_AGENT = re.compile(r"(.+?)[-_]tasks\Z", re.IGNORECASE)
_UNCLOSED_HINT = "boxes after it are read from the next section heading on"


class _Reading(Struct):
    """One file while its tasks are built."""

    file: str
    agent: str | None
    outline: Outline
    labels: list[Labels]
    keys: list[str]
    sections: bool


def parse(data: bytes, file: str, agent: str | None = None) -> TaskList:
    """The tasks of a markdown file; never raises.

    Args:
        data: the file.
        file: its path from the project root.
        agent: file stem of the owning agent; by default the name of the file tells (`<agent>-tasks.md`).
    """
    outline = read_outline(data)
    labels = [read_labels(item.text) for item in outline.items]
    keys = keys_of([item.text for item in outline.items], labels)
    reading = _Reading(file, agent or agent_of(file), outline, labels, keys, has_sections(outline, file))
    problems: list[Problem] = [
        warning(file, line + 1, message, hint=_UNCLOSED_HINT) for line, message in outline.faults
    ]
    tasks = tuple(_task(reading, index, item, problems) for index, item in enumerate(outline.items))
    return TaskList(file, _title(outline, file), reading.agent, tasks, reading.sections, tuple(problems))


def agent_of(file: str) -> str | None:
    """The file stem of the agent that a task list belongs to by its name."""
    match = _AGENT.match(file_stem(file))
    return match[1] if match else None


def _title(outline: Outline, file: str) -> str:
    return next((heading.text for heading in outline.headings if heading.level == 1), "") or file_stem(file)


def _task(reading: _Reading, index: int, item: Item, problems: list[Problem]) -> Task:
    outline, labels = reading.outline, reading.labels[index]
    details = read_details(outline, index) if item.end > item.line + 1 else _NO_DETAILS
    standing = standing_of(outline, item, reading.sections, details.blocked)
    if standing.contradiction:
        problems.append(_contradiction(reading.file, item, standing.contradiction))
    section = standing.section or (outline.headings[item.heading] if item.heading >= 0 else None)
    return Task(
        id=task_id(reading.file, reading.keys[index]),
        key=reading.keys[index],
        title=labels.title,
        state=standing.state,
        source=Source(reading.file, item.line + 1),
        format="checklist",
        agent=reading.agent,
        priority=labels.priority if labels.priority is not None else details.priority,
        section=section.text if section else None,
        marker=item.marker,
        body=details.body,
        criteria=details.criteria,
        depends_on=_union(labels.depends_on, details.depends_on),
        tags=labels.tags,
        parent=reading.keys[item.parent] if item.parent >= 0 else None,
        completed=labels.completed,
        reason=details.blocked,
        contradiction=standing.contradiction,
    )


_NO_DETAILS = Details()


def _contradiction(file: str, item: Item, found: Contradiction) -> Problem:
    message = f"the section says {found.section.value}, the box [{item.marker}] says {found.box.value}"
    return warning(
        file, item.line + 1, message, column=item.box[0] + 1, hint="the section counts; make the box agree"
    )


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
