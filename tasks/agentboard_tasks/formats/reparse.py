"""A task list read again after one box was ticked: the one task is read, the others are kept."""

from __future__ import annotations

from bisect import bisect_left

from msgspec import structs

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.labels import read_labels, short_hash_text
from agentboard_tasks.formats.outline import Item, read_outline
from agentboard_tasks.formats.states import marker_state
from agentboard_tasks.formats.statewords import heading_state
from agentboard_tasks.model import State, Task, TaskList

__all__ = ["reparse"]

_PLAIN = frozenset({" ", "x", "X"})
_LONGEST = 10_000


def reparse(before: TaskList, old: bytes, new: bytes) -> TaskList:
    """What `checklist.parse` says of `new`, quickly where only one box differs from `old`.

    Args:
        before: what `checklist.parse` said of `old`.
    """
    if old == new:
        return before
    return _ticked(before, old, new) or checklist.parse(new, before.file, before.agent)


def _ticked(before: TaskList, old: bytes, new: bytes) -> TaskList | None:
    start = _shared(old, new)
    first = max(old.rfind(b"\n", 0, start), old.rfind(b"\r", 0, start)) + 1
    was, now = _line(old, first), _line(new, first)
    if old[first + len(was) :] != new[first + len(now) :] or first == 0:
        return None
    item, other = _item(was), _item(now)
    if item is None or other is None or not _alike(item, other):
        return None
    head = old[:first]
    number = head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n") + 1
    at = bisect_left(before.tasks, number, key=lambda task: task.source.line)
    if at == len(before.tasks) or before.tasks[at].source.line != number:
        return None
    task = _changed(before, before.tasks[at], other)
    return (
        structs.replace(before, tasks=(*before.tasks[:at], task, *before.tasks[at + 1 :])) if task else None
    )


def _shared(old: bytes, new: bytes) -> int:
    """How many bytes at the start are the same, by bisection."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _line(data: bytes, first: int) -> bytes:
    ends = [end for end in (data.find(b"\n", first), data.find(b"\r", first)) if end >= 0]
    return data[first : min(ends)] if ends else data[first:]


def _item(line: bytes) -> Item | None:
    if len(line) > _LONGEST or b"<!--" in line or b"-->" in line:
        return None
    items = read_outline(line).items
    return items[0] if len(items) == 1 and items[0].marker in _PLAIN else None


def _alike(one: Item, other: Item) -> bool:
    """Whether two readings of a line differ in nothing but the box and the date of completion."""
    same_place = one.indent == other.indent and one.box == other.box
    return same_place and short_hash_text(one.text) == short_hash_text(other.text)


def _changed(before: TaskList, task: Task, item: Item) -> Task | None:
    """The task with its new box, or None where its section has a say in it."""
    under_state = before.sections and task.section is not None and heading_state(task.section) is not None
    if under_state or task.contradiction is not None or task.marker not in _PLAIN:
        return None
    labels = read_labels(item.text)
    if labels.title != task.title:
        return None
    state: State = marker_state(item.marker, task.reason)
    return structs.replace(task, state=state, marker=item.marker, completed=labels.completed)
