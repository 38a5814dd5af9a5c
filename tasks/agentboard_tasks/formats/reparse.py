"""A task list read again after a change: a tick, a moved item or an added line costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct, structs

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.checklist import Skeleton, disagreement, is_disagreement
from agentboard_tasks.formats.labels import read_labels, short_hash_text
from agentboard_tasks.formats.lines import BOM
from agentboard_tasks.formats.markers import state_of
from agentboard_tasks.formats.outline import Item, read_outline
from agentboard_tasks.formats.reparse_lines import hunks_of, section_at, shared, shifted
from agentboard_tasks.formats.states import judged, told_by_box
from agentboard_tasks.model import Problem, Task, TaskList

__all__ = ["Reading", "again", "read"]

_LONGEST = 10_000


class Reading(Struct, frozen=True):
    """A list with the bytes that it was read from."""

    data: bytes
    value: TaskList
    skeleton: Skeleton


def read(data: bytes, file: str, agent: str | None = None) -> Reading:
    """Read a list for the first time."""
    return Reading(data, *checklist.read(data, file, agent))


def again(before: Reading, new: bytes) -> Reading | None:
    """What `read` says of `new`, where that follows quickly from what it said before; else None."""
    if before.data == new:
        return before
    value = _ticked(before, new)
    if value is not None:
        return Reading(new, value, before.skeleton)
    for hunks in hunks_of(before.data, new):
        found = shifted(before.value, before.skeleton, before.data, hunks)
        if found is not None:
            return Reading(new, *found)
    return None


def _ticked(before: Reading, new: bytes) -> TaskList | None:
    """The list where one line differs in nothing but its box and its date of completion."""
    old = before.data
    start = shared(old, new)
    first = max(old.rfind(b"\n", 0, start), old.rfind(b"\r", 0, start)) + 1
    was, now = _line(old, first), _line(new, first)
    if len(old) - len(was) != len(new) - len(now) or old[first + len(was) :] != new[first + len(now) :]:
        return None
    item, other = _item(was, first), _item(now, first)
    if item is None or other is None or not _alike(item, other):
        return None
    number = _line_number(old, first)
    at = bisect_left(before.value.tasks, number, key=lambda task: task.source.line)
    if at == len(before.value.tasks) or before.value.tasks[at].source.line != number:
        return None
    return _with(before, at, other)


def _line_number(data: bytes, end: int) -> int:
    lone = data.count(b"\r", 0, end)
    return data.count(b"\n", 0, end) + (lone - data.count(b"\r\n", 0, end) if lone else 0) + 1


def _line(data: bytes, first: int) -> bytes:
    ends = [end for end in (data.find(b"\n", first), data.find(b"\r", first)) if end >= 0]
    return data[first : min(ends)] if ends else data[first:]


def _item(line: bytes, first: int) -> Item | None:
    strange = b"<!--" in line or b"-->" in line or (first > 0 and line.startswith(BOM))
    if len(line) > _LONGEST or strange:
        return None
    items = read_outline(line).items
    return items[0] if len(items) == 1 else None


def _alike(one: Item, other: Item) -> bool:
    """Whether two readings of a line differ in nothing but the box and the date of completion."""
    same_place = one.indent == other.indent and one.box[0] == other.box[0]
    if not same_place or short_hash_text(one.text) != short_hash_text(other.text):
        return False
    first, second = read_labels(one.text), read_labels(other.text)
    return structs.replace(first, completed=second.completed) == second


def _with(before: Reading, at: int, item: Item) -> TaskList:
    """The list with another box, and date, of its task number `at`."""
    listed = before.value
    task = listed.tasks[at]
    section = section_at(before.skeleton, task.source.line - 1) if listed.sections else None
    box = state_of(item.marker, before.skeleton.legend)
    by_box = told_by_box(before.skeleton.legend, before.skeleton.headings)
    state, contradiction = judged(box, section, task.parent is not None, task.reason, by_box)
    changed = structs.replace(
        task,
        state=state,
        marker=item.marker,
        completed=read_labels(item.text).completed,
        contradiction=contradiction,
    )
    return structs.replace(
        listed,
        tasks=(*listed.tasks[:at], changed, *listed.tasks[at + 1 :]),
        problems=_problems(listed, changed, item),
    )


def _problems(listed: TaskList, task: Task, item: Item) -> tuple[Problem, ...]:
    """The problems with those of one task anew: first what is wrong with the list, then what disagrees."""
    line = task.source.line
    others = [problem for problem in listed.problems if problem.line != line or not is_disagreement(problem)]
    if task.contradiction is not None:
        others.append(disagreement(listed.file, line, item.box[0] + 1, item.marker, task.contradiction))
    return tuple(sorted(others, key=lambda one: one.line if is_disagreement(one) else 0))
