"""A Ralph loop's `fix_plan.md`: items by priority, with or without boxes; optional ones hold nothing up."""

from __future__ import annotations

import re

from msgspec import structs

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.keys import keys_of, task_id
from agentboard_tasks.formats.labels import read_labels
from agentboard_tasks.formats.lines import text_of
from agentboard_tasks.formats.outline import Outline, read_outline
from agentboard_tasks.model import Source, State, Task, TaskList

__all__ = ["OPTIONAL", "parse"]

OPTIONAL = "optional"
"""The tag of a task that does not hold the loop up."""

_LATER = re.compile(r"\b(?:optional|future|later|nice to have|ideas|someday)\b", re.IGNORECASE)
_RANKS = (("critical", 0), ("high", 1), ("medium", 2), ("low", 3))
_BULLET = re.compile(r"(?:[-*+]|\d{1,4}[.)])[ \t]+(.+)\Z")


def parse(data: bytes, file: str) -> TaskList:
    """The items of a plan; the heading tells the priority where the item does not. Never raises."""
    listed = checklist.parse(data, file)
    tasks = listed.tasks or tuple(_plain_items(read_outline(data), file))
    return structs.replace(listed, tasks=tuple(_ranked(task) for task in tasks))


def _ranked(task: Task) -> Task:
    section = task.section or ""
    tags = (*task.tags, OPTIONAL) if _LATER.search(section) else task.tags
    rank = next((number for word, number in _RANKS if word in section.casefold()), None)
    priority = task.priority if task.priority is not None else rank
    return structs.replace(task, format="fix_plan", tags=tags, priority=priority)


def _plain_items(outline: Outline, file: str) -> list[Task]:
    """Bullets at the margin as tasks that cannot be ticked."""
    found: list[tuple[int, str, str, State]] = []
    heads = {heading.line: heading for heading in outline.headings}
    section, state, fenced = "", State.TODO, False
    for number, line in enumerate(outline.lines):
        text = text_of(line)
        fenced ^= text.startswith(("```", "~~~"))
        if number in heads:
            section, state = heads[number].text, heads[number].state or State.TODO
        elif not fenced and (match := _BULLET.match(text)):
            found.append((number + 1, match[1].strip(), section, state))
    texts = [text for _, text, _, _ in found]
    keys = keys_of(texts, [read_labels(text) for text in texts])
    return [_plain(file, key, *item) for key, item in zip(keys, found, strict=True)]


def _plain(file: str, key: str, line: int, text: str, section: str, state: State) -> Task:
    labels = read_labels(text)
    return Task(
        id=task_id(file, key),
        key=key,
        title=labels.title,
        state=state,
        source=Source(file, line),
        format="fix_plan",
        section=section or None,
        marker="",
        priority=labels.priority,
        depends_on=labels.depends_on,
        completed=labels.completed,
        tags=labels.tags,
        read_only=True,
    )
