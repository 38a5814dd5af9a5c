"""Lines added to a task list, taken from it, or moved within it, and the tasks that follow from that."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct, structs

from agentboard_tasks.formats.checklist import Skeleton, disagreement
from agentboard_tasks.formats.keys import HASH_LIKE, hash_key
from agentboard_tasks.formats.labels import read_labels
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.markers import is_legend_title, state_of
from agentboard_tasks.formats.outline import Heading, Item, read_outline
from agentboard_tasks.formats.states import judged, told_by_box
from agentboard_tasks.model import Problem, Source, State, Task, TaskList

__all__ = ["Hunk", "hunks_of", "section_at", "shared", "shifted"]

_LARGEST = 20_000


class Hunk(Struct, frozen=True):
    """Whole lines of the old file, from byte `start`, and what stands in their place."""

    start: int
    old: bytes
    new: bytes


def shared(old: bytes, new: bytes, *, ends: bool = False) -> int:
    """How many bytes at the start, or at the end, are the same; by bisection."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        same = (
            old[-middle : -low or None] == new[-middle : -low or None]
            if ends
            else (old[low:middle] == new[low:middle])
        )
        low, high = (middle, high) if same else (low, middle - 1)
    return low


def hunks_of(old: bytes, new: bytes) -> list[list[Hunk]]:
    """How a file may have changed: at one place if that is small, or at two; in whole lines."""
    start = old.rfind(b"\n", 0, shared(old, new)) + 1
    one, two = old[start:], new[start:]
    tail = _lines_shared_at_end(one, two)
    one, two = one[: len(one) - tail], two[: len(two) - tail]
    small = len(one) + len(two) <= _LARGEST
    return [*([[Hunk(start, one, two)]] if small else []), _moved(start, one, two)]


def _lines_shared_at_end(one: bytes, two: bytes) -> int:
    """How many bytes of whole lines at the end are the same."""
    tail = shared(one, two, ends=True)
    longer = max(one, two, key=len)
    if tail == min(len(one), len(two)) and longer[: len(longer) - tail][-1:] in (b"", b"\n"):
        return tail
    cut = one.find(b"\n", len(one) - tail) + 1
    return len(one) - cut if cut else 0


def _moved(start: int, one: bytes, two: bytes) -> list[Hunk]:
    """A long stretch as the same lines in the middle, with some put on top and some taken below, or so."""
    up = _line_in(two, one)
    if up >= 0 and one.startswith(two[up:]):
        kept = len(two) - up
        return [Hunk(start, b"", two[:up]), Hunk(start + kept, one[kept:], b"")]
    down = _line_in(one, two)
    if down >= 0 and two.startswith(one[down:]):
        kept = len(one) - down
        return [Hunk(start, one[:down], b""), Hunk(start + len(one), b"", two[kept:])]
    return []


def _line_in(text: bytes, other: bytes) -> int:
    """Where the first line of `other` is in `text`; -1 where it is not."""
    line = other[: other.find(b"\n") + 1]
    place = text.find(b"\n" + line) if line else -1
    return place + 1 if 0 <= place < _LARGEST else -1


def section_at(skeleton: Skeleton, line: int) -> State | None:
    """The state of the section that a line (from 0) is in."""
    heading = _heading_above(skeleton, line)
    while heading is not None and heading.state is None:
        heading = skeleton.headings[heading.parent] if heading.parent >= 0 else None
    return heading.state if heading is not None else None


def _heading_above(skeleton: Skeleton, line: int) -> Heading | None:
    at = bisect_right(skeleton.headings, line, key=lambda heading: heading.line)
    return skeleton.headings[at - 1] if at else None


class _Change(Struct):
    """A hunk in terms of tasks: those at `first` to `last` give way to `items` (lines from 0 within it)."""

    line: int  # of the hunk, from 0
    old_lines: int
    new_lines: int
    first: int
    last: int
    items: list[Item]


def shifted(
    listed: TaskList, skeleton: Skeleton, old: bytes, hunks: Sequence[Hunk]
) -> tuple[TaskList, Skeleton] | None:
    """The list after hunks that hold nothing but plain items at the margin and blank lines; else None."""
    unsure = (
        skeleton.fenced
        or skeleton.legend
        or skeleton.announced
        or b"\r" in old
        or (old.startswith(b"---") and not skeleton.start)
    )
    if unsure or not hunks:
        return None
    changes: list[_Change] = []
    for hunk in hunks:
        change = _change(listed, skeleton, old, hunk)
        if change is None:
            return None
        changes.append(change)
    fresh = _fresh_tasks(listed, skeleton, changes)
    return _assembled(listed, skeleton, changes, fresh) if fresh is not None else None


def _change(listed: TaskList, skeleton: Skeleton, old: bytes, hunk: Hunk) -> _Change | None:
    line = old.count(b"\n", 0, hunk.start)
    taken, put = hunk.old.count(b"\n"), hunk.new.count(b"\n")
    if line < max(skeleton.start, 1) or not all(_whole(part) for part in (hunk.old, hunk.new)):
        return None
    items = _plain_items(hunk.new)
    gone = _plain_items(hunk.old)
    first, last = (bisect_left(listed.tasks, at, key=_line_of) for at in (line + 1, line + taken + 1))
    known = gone is not None and len(gone) == last - first
    after = hunk.start + len(hunk.old)
    heading = _heading_above(skeleton, line - 1)
    if heading is not None and is_legend_title(heading.text):
        return None
    if items is None or not known or not _safe_around(listed, skeleton, old, hunk.start, after, line, taken):
        return None
    return _Change(line, taken, put, first, last, items)


def _whole(part: bytes) -> bool:
    marked = any(mark in part for mark in (b"```", b"~~~", b"<!--", b"\r"))
    return (not part or part.endswith(b"\n")) and not marked


def _plain_items(part: bytes) -> list[Item] | None:
    """The items of lines that are plain boxes at the margin, or blank; None if there are others."""
    lines = [line for line in part.split(b"\n") if line.strip()]
    if not lines:
        return []
    outline = read_outline(b"\n" + part)
    plain = all(
        item.indent == 0 and item.marker in " xX" and item.end == item.line + 1 for item in outline.items
    )
    margin = all(line[:1] in b"-*+0123456789" for line in lines)
    return outline.items if plain and margin and len(outline.items) == len(lines) else None


def _safe_around(
    listed: TaskList, skeleton: Skeleton, old: bytes, start: int, after: int, line: int, taken: int
) -> bool:
    """Whether the lines around a hunk mean the same without it, and give it no meaning of their own."""
    above = old[old.rfind(b"\n", 0, start - 1) + 1 : start]
    before_known = not above.strip() or _known(listed, skeleton, line - 1)
    rest = old[after : after + _LARGEST].split(b"\n")
    step = next((number for number, text in enumerate(rest) if text.strip()), None)
    if step is None:
        return before_known and len(old) - after < _LARGEST
    return (
        before_known and rest[step][:1] in b"-*+#0123456789" and _known(listed, skeleton, line + taken + step)
    )


def _known(listed: TaskList, skeleton: Skeleton, line: int) -> bool:
    """Whether a line (from 0) is that of a task or of a heading."""
    at = bisect_left(listed.tasks, line + 1, key=_line_of)
    if at < len(listed.tasks) and listed.tasks[at].source.line == line + 1:
        return True
    heading = _heading_above(skeleton, line)
    return heading is not None and heading.line == line and heading.end == line + 1


def _line_of(task: Task) -> int:
    return task.source.line


def _fresh_tasks(listed: TaskList, skeleton: Skeleton, changes: Sequence[_Change]) -> list[list[Task]] | None:
    """The tasks that each change puts; None where a key could be somebody else's."""
    gone = [task.key for change in changes for task in listed.tasks[change.first : change.last]]
    left = {task.key.partition(".")[0] if HASH_LIKE.match(task.key) else task.key for task in listed.tasks}
    if len(left) != len(listed.tasks) or skeleton.doubled:
        return None
    left.difference_update(gone)
    fresh: list[list[Task]] = []
    shift = 0
    for change in changes:
        made = [_task(listed, skeleton, change, item, shift) for item in change.items]
        keys = [task.key for task in made]
        if left.intersection(keys) or len(set(keys)) != len(keys):
            return None
        left.update(keys)
        fresh.append(made)
        shift += change.new_lines - change.old_lines
    return fresh


def _task(listed: TaskList, skeleton: Skeleton, change: _Change, item: Item, shift: int) -> Task:
    labels = read_labels(item.text)
    heading = _heading_above(skeleton, change.line - 1)
    section = section_at(skeleton, change.line - 1) if listed.sections else None
    while section is not None and heading is not None and heading.state is None:
        heading = skeleton.headings[heading.parent]
    box = state_of(item.marker, skeleton.legend)
    by_box = told_by_box(skeleton.legend, skeleton.headings)
    state, contradiction = judged(box, section, False, None, by_box)
    key = labels.id if labels.id is not None and not HASH_LIKE.match(labels.id) else hash_key(item.text)
    return Task(
        id=f"{file_stem(listed.file)}:{key}",
        key=key,
        title=labels.title,
        state=state,
        source=Source(listed.file, change.line + item.line + shift),
        format="checklist",
        agent=listed.agent,
        priority=labels.priority,
        section=heading.text if heading is not None else None,
        marker=item.marker,
        depends_on=tuple(dict.fromkeys(labels.depends_on)),
        tags=labels.tags,
        completed=labels.completed,
        contradiction=contradiction,
    )


def _assembled(
    listed: TaskList, skeleton: Skeleton, changes: Sequence[_Change], fresh: Sequence[Sequence[Task]]
) -> tuple[TaskList, Skeleton]:
    """The list with the fresh tasks in their places, and everything below on its new line."""
    tasks = list(listed.tasks[: changes[0].first])
    shift = 0
    last = _Change(0, 0, 0, len(listed.tasks), len(listed.tasks), [])
    for (change, following), made in zip(pairwise((*changes, last)), fresh, strict=True):
        shift += change.new_lines - change.old_lines
        tasks += made
        rest = listed.tasks[change.last : following.first]
        tasks += [_lower(task, shift) for task in rest] if shift else rest
    move = _mover(changes)
    headings = tuple(
        structs.replace(
            one, line=move(one.line), end=move(one.line) + 1 if one.end == one.line + 1 else move(one.end)
        )
        for one in skeleton.headings
    )
    problems = _problems(listed, changes, fresh, move)
    return structs.replace(listed, tasks=tuple(tasks), problems=problems), structs.replace(
        skeleton, headings=headings
    )


def _lower(task: Task, shift: int) -> Task:
    return structs.replace(task, source=Source(task.source.file, task.source.line + shift))


def _mover(changes: Sequence[_Change]) -> Callable[[int], int]:
    """How a line (from 0) that is in no hunk moves."""

    def move(line: int) -> int:
        return line + sum(
            change.new_lines - change.old_lines
            for change in changes
            if change.line + change.old_lines <= line
        )

    return move


def _problems(
    listed: TaskList,
    changes: Sequence[_Change],
    fresh: Sequence[Sequence[Task]],
    move: Callable[[int], int],
) -> tuple[Problem, ...]:
    held = [
        structs.replace(problem, line=move(problem.line - 1) + 1)
        for problem in listed.problems
        if not any(change.line <= problem.line - 1 < change.line + change.old_lines for change in changes)
    ]
    for change, made in zip(changes, fresh, strict=True):
        for task, item in zip(made, change.items, strict=True):
            if task.contradiction is not None:
                place = task.source.line, item.box[0] + 1
                held.append(disagreement(listed.file, *place, item.marker, task.contradiction))
    return tuple(sorted(held, key=lambda problem: problem.line))
