"""A Ralph loop's `fix_plan.md`: items by priority, with or without boxes; optional ones hold nothing up."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from msgspec import structs

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.keys import keys_of, task_id
from agentboard_tasks.formats.labels import read_labels
from agentboard_tasks.formats.outline import Item, Outline, read_outline
from agentboard_tasks.model import Source, State, Task, TaskList

__all__ = ["OPTIONAL", "parse"]

OPTIONAL = "optional"
"""The tag of a task that does not hold the loop up."""

_LATER = re.compile(r"\b(?:optional|future|later|nice to have|ideas|someday)\b", re.IGNORECASE)
_RANK = re.compile(r"\b(?:(critical|urgent)|(high)|(medium)|(low))\b(?![ -]level)", re.IGNORECASE)
_PROSE = re.compile(
    r"(?:.*\W)?(?:notes?|learnings?|context|background|references?|resources|guidelines|rules|overview|summary"
    r"|instructions|assumptions|decisions)\W*",
    re.IGNORECASE,
)
"""Headings whose bullets tell something; they are nothing to do."""
_LONGEST = 200
_BULLET = re.compile(rb"(?:[-*+]|\d{1,4}[.)])[ \t]+(?=\S)")


def parse(data: bytes, file: str) -> TaskList:
    """The items of a plan, with boxes and without; the heading tells the priority where the item does not.

    Bullets count in a plan without boxes, and under a heading that is a priority or a state and has no box.
    Never raises.
    """
    listed = checklist.parse(data, file)
    boxes = {task.key for task in listed.tasks}
    plain = [task for task in _plain_items(data, file) if task.key not in boxes]
    tasks = sorted((*listed.tasks, *plain), key=lambda task: task.source.line)
    return structs.replace(listed, tasks=tuple(_ranked(task) for task in tasks))


def _ranked(task: Task) -> Task:
    section = task.section or ""
    tags = (*task.tags, OPTIONAL) if _LATER.search(section) else task.tags
    priority = task.priority if task.priority is not None else _rank(section)
    return structs.replace(task, format="fix_plan", tags=tags, priority=priority)


def _rank(section: str) -> int | None:
    """The priority that a heading names, 0 being the most urgent."""
    found = _RANK.search(section)
    return found.lastindex - 1 if found and found.lastindex else None


def _plain_items(data: bytes, file: str) -> list[Task]:
    """Bullets at the margin as tasks that cannot be ticked."""
    outline = read_outline(data)
    boxed = {item.line for item in outline.items}
    with_boxes = {item.heading for item in outline.items}
    bullets = {number for number, line in enumerate(outline.lines) if _BULLET.match(line)} - boxed
    if not bullets:
        return []
    told = read_outline(
        b"".join(_boxed(line, number in bullets) for number, line in enumerate(outline.lines))
    )
    items = [item for item in told.items if item.line in bullets and _is_to_do(told, item, with_boxes)]
    keys = keys_of([item.text for item in items], [read_labels(item.text) for item in items])
    return [_plain(file, key, item, told) for key, item in zip(keys, items, strict=True)]


def _boxed(line: bytes, bullet: bool) -> bytes:
    """A line as it would be with an empty box."""
    found = _BULLET.match(line) if bullet else None
    return line[: found.end()] + b"[ ] " + line[found.end() :] if found else line


def _is_to_do(outline: Outline, item: Item, with_boxes: AbstractSet[int]) -> bool:
    """Whether a bullet is something to do."""
    at, titles = item.heading, list[str]()
    while at >= 0:
        heading = outline.headings[at]
        if heading.level > 1:  # the title of the plan tells nothing of its parts
            titles.append(heading.text[:_LONGEST])
        at = heading.parent
    if any(_PROSE.fullmatch(title) for title in titles):
        return False
    if not with_boxes:
        return True
    named = outline.section_of(item) is not None or any(
        _RANK.search(title) or _LATER.search(title) for title in titles
    )
    return named and item.heading not in with_boxes


def _plain(file: str, key: str, item: Item, outline: Outline) -> Task:
    labels = read_labels(item.text)
    heading = outline.headings[item.heading] if item.heading >= 0 else None
    section = outline.section_of(item)
    return Task(
        id=task_id(file, key),
        key=key,
        title=labels.title,
        state=(section.state if section else None) or State.TODO,
        source=Source(file, item.line + 1),
        format="fix_plan",
        section=heading.text if heading else None,
        marker="",
        priority=labels.priority,
        depends_on=labels.depends_on,
        completed=labels.completed,
        tags=labels.tags,
        read_only=True,
    )
