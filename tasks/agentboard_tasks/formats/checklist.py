"""Task lists in markdown: GFM boxes, boxes with a legend, and lists whose sections are the states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentboard_tasks.formats.checklist_edit import add, set_state
from agentboard_tasks.formats.details import Details, read_details
from agentboard_tasks.formats.errors import encoding_problems, warning
from agentboard_tasks.formats.keys import keys_of
from agentboard_tasks.formats.labels import Labels, read_labels
from agentboard_tasks.formats.lines import agent_of, file_stem
from agentboard_tasks.formats.outline import Heading, Item, Outline, read_outline
from agentboard_tasks.formats.states import Standing, has_sections, standing_of, told_by_box
from agentboard_tasks.model import Contradiction, Problem, Source, State, Task, TaskList

__all__ = ["Skeleton", "add", "disagreement", "is_disagreement", "parse", "read", "set_state"]

_SECTION_SAYS = "the section says "
_UNCLOSED_HINT = "boxes after it are read from the next section heading on"


class _Reading(Struct):
    """One file while its tasks are built."""

    file: str
    agent: str | None
    outline: Outline
    labels: list[Labels]
    keys: list[str]
    sections: bool
    stem: str
    by_box: frozenset[State]
    standings: dict[tuple[int, str, bool, str | None], Standing]


class Skeleton(Struct, frozen=True):
    """What reading a changed list again needs to know of the list as it was.

    `start` is the first line after front matter, from 0. `fenced` lists have code fences or HTML comments.
    `doubled` are the ids that more than one item has; in `announced` ones a line of text begins a legend.
    """

    headings: tuple[Heading, ...]
    legend: dict[str, State]
    start: int
    fenced: bool
    doubled: frozenset[str]
    announced: bool = False


def parse(data: bytes, file: str, agent: str | None = None) -> TaskList:
    """The tasks of a markdown file; never raises.

    Args:
        data: the file.
        file: its path from the project root.
        agent: file stem of the owning agent; by default the name of the file tells (`<agent>-tasks.md`).
    """
    return read(data, file, agent)[0]


def read(data: bytes, file: str, agent: str | None = None) -> tuple[TaskList, Skeleton]:
    """The tasks of a markdown file, and the skeleton they hang on; never raises."""
    outline = read_outline(data)
    labels = [read_labels(item.text) for item in outline.items]
    keys = keys_of([item.text for item in outline.items], labels)
    agent = agent or agent_of(file)
    sectioned = has_sections(outline, file)
    by_box = told_by_box(outline.legend, outline.headings)
    reading = _Reading(file, agent, outline, labels, keys, sectioned, file_stem(file), by_box, {})
    problems: list[Problem] = [
        warning(file, line + 1, message, hint=_UNCLOSED_HINT) for line, message in outline.faults
    ]
    problems += encoding_problems(data, file)
    problems += _doubled(outline, labels, file)
    tasks = tuple(_task(reading, index, item, problems) for index, item in enumerate(outline.items))
    listed = TaskList(file, _title(outline, file), agent, tasks, sectioned, tuple(problems))
    return listed, _skeleton(data, outline, labels)


def _doubled(outline: Outline, labels: Sequence[Labels], file: str) -> Iterator[Problem]:
    """Names, but no mere numbers, that more than one item has: the second and later ones."""
    seen: dict[str, int] = {}
    for item, label in zip(outline.items, labels, strict=True):
        if label.id is None or not label.id[:1].isalpha():
            continue
        first = seen.setdefault(label.id, item.line + 1)
        if first != item.line + 1:
            message = f"the id {label.id} is that of line {first} too: neither can be called by it"
            yield warning(file, item.line + 1, message, column=item.box[1] + 3, hint="give it its own id")


def _skeleton(data: bytes, outline: Outline, labels: Sequence[Labels]) -> Skeleton:
    uses = Counter(label.id for label in labels if label.id is not None)
    doubled = frozenset(name for name, count in uses.items() if count > 1)
    fenced = any(mark in data for mark in (b"```", b"~~~", b"<!--"))
    return Skeleton(
        tuple(outline.headings), outline.legend, outline.start, fenced, doubled, outline.announced
    )


def _title(outline: Outline, file: str) -> str:
    return next((heading.text for heading in outline.headings if heading.level == 1), "") or file_stem(file)


def _task(reading: _Reading, index: int, item: Item, problems: list[Problem]) -> Task:
    outline, labels = reading.outline, reading.labels[index]
    details = read_details(outline, index) if item.end > item.line + 1 else _NO_DETAILS
    standing = _standing(reading, item, details.blocked)
    if standing.contradiction:
        problems.append(
            disagreement(reading.file, item.line + 1, item.box[0] + 1, item.marker, standing.contradiction)
        )
    section = standing.section or (outline.headings[item.heading] if item.heading >= 0 else None)
    return Task(
        id=f"{reading.stem}:{reading.keys[index]}",
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


def _standing(reading: _Reading, item: Item, blocked: str | None) -> Standing:
    """The state of an item: the same for all that say the same in one section."""
    key = item.heading, item.marker, item.parent >= 0, blocked
    known = reading.standings.get(key)
    if known is None:
        known = standing_of(reading.outline, item, reading.sections, blocked, reading.by_box)
        reading.standings[key] = known
    return known


_NO_DETAILS = Details()


def disagreement(file: str, line: int, column: int, marker: str, found: Contradiction) -> Problem:
    """The problem of an item whose section and box say two things."""
    message = f"{_SECTION_SAYS}{found.section.value}, the box [{marker}] says {found.box.value}"
    hint = "the section counts; make the box agree, or move the item"
    return warning(file, line, message, column=column, hint=hint)


def is_disagreement(problem: Problem) -> bool:
    """Whether a problem is that section and box of an item say two things."""
    return problem.message.startswith(_SECTION_SAYS)


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second))) if first or second else ()
