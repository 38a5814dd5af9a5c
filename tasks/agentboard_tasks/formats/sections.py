"""Where an item goes in a file whose headings are the states, and what a new section looks like."""

from __future__ import annotations

from msgspec import Struct, structs

from agentboard_tasks.formats.lines import newline_of
from agentboard_tasks.formats.outline import Heading, Item, Outline
from agentboard_tasks.formats.states import Standing
from agentboard_tasks.model import State

__all__ = ["Place", "end_of_section", "find_section", "place_in_new_section", "place_in_section", "retreat"]

_NAMES = {
    State.TODO: b"To Do",
    State.IN_PROGRESS: b"In Progress",
    State.BLOCKED: b"Blocked",
    State.DONE: b"Completed",
    State.SKIPPED: b"Skipped",
}
_FOLLOWS: dict[State, tuple[State, ...]] = {  # a new section comes before the first of these
    State.IN_PROGRESS: (State.TODO, State.BLOCKED, State.DONE, State.SKIPPED),
    State.TODO: (State.BLOCKED, State.DONE, State.SKIPPED),
    State.BLOCKED: (State.DONE, State.SKIPPED),
    State.DONE: (State.SKIPPED,),
    State.SKIPPED: (),
}


class Place(Struct, frozen=True):
    """A line (from 0) before which a block goes, and the lines around it; an empty one is a blank line.

    `section` is the state of the section that is there already, if it is one; `indent` goes before each line
    of the block, where the item after it would be taken for a part of it otherwise.
    """

    line: int
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    bullet: bytes = b"- "
    section: State | None = None
    indent: bytes = b""


def find_section(outline: Outline, item: Item, state: State) -> Heading | None:
    """The section for a state that is nearest to an item: beside its own section, else further up."""
    section = outline.section_of(item)
    if section is not None and section.state is state:
        return section
    at = section.parent if section is not None else item.heading
    while True:
        for heading in outline.headings:
            if heading.state is state and heading.parent == at:
                return heading
        if at < 0:
            return None
        at = outline.headings[at].parent


def place_in_section(outline: Outline, heading: Heading, item: Item) -> Place:
    """Before the first item of a section, or under its heading."""
    first = next(iter(_direct_items(outline, heading)), None)
    if first is not None:
        return Place(first.line, section=heading.state, indent=b" " * (first.indent - item.indent))
    return structs.replace(_under_heading(outline, heading), section=heading.state)


def end_of_section(outline: Outline, heading: Heading) -> Place:
    """After the last item of a section, or under its heading."""
    items = list(_direct_items(outline, heading))
    if not items:
        return _under_heading(outline, heading)
    last = items[-1]
    return Place(last.end, bullet=outline.lines[last.line][: last.box[0] - 1])


def _direct_items(outline: Outline, heading: Heading) -> list[Item]:
    at = outline.headings.index(heading)
    return [item for item in outline.items if item.heading == at and item.parent < 0]


def _under_heading(outline: Outline, heading: Heading) -> Place:
    line = heading.end
    if _blank_after_headings(outline) and _is_blank(outline, line):
        line += 1
    line = _after_prose(outline, line)
    return Place(line, after=_gap(outline, line))


def _after_prose(outline: Outline, line: int) -> int:
    """The line after a paragraph such as `(none)` that starts on a line: an item above would take it in."""
    end = next((one.line for one in outline.headings if one.line >= line), len(outline.lines))
    while line < end and outline.is_prose(line):
        line += 1
    return line


def _gap(outline: Outline, line: int) -> tuple[bytes, ...]:
    """A blank line, if the block would otherwise touch the next heading, and nothing did before."""
    if all(heading.line != line for heading in outline.headings):
        return ()
    underlined = not outline.lines[line].lstrip().startswith(b"#")
    return (b"",) if underlined or _is_blank(outline, line - 1) else ()


def _is_blank(outline: Outline, line: int) -> bool:
    return line < len(outline.lines) and not outline.lines[line].strip()


def _blank_after_headings(outline: Outline) -> bool:
    """Whether the items of this file stand a blank line below their headings."""
    starts = {item.line for item in outline.items}
    sections = [heading for heading in outline.headings if heading.state is not None]
    spaced = sum(1 for heading in sections if _is_blank(outline, heading.end) and heading.end + 1 in starts)
    tight = sum(1 for heading in sections if heading.end in starts)
    return spaced > tight


_HOLDS: dict[State, tuple[State, ...]] = {  # where an item in this state can stand, if it has no section
    State.IN_PROGRESS: (State.IN_PROGRESS, State.TODO),
    State.BLOCKED: (State.IN_PROGRESS, State.TODO),
}


def retreat(outline: Outline, item: Item, standing: Standing, state: State) -> Place | None:
    """Where an item goes whose state has no section: it stays, unless its own section says otherwise."""
    if standing.section is None or standing.section.state in _HOLDS[state]:
        return None
    sections = (find_section(outline, item, one) for one in _HOLDS[state])
    back = next((section for section in sections if section is not None), None)
    if back is not None:
        return place_in_section(outline, back, item)
    return structs.replace(place_in_new_section(outline, standing.section, state), section=state)


def place_in_new_section(outline: Outline, beside: Heading, state: State) -> Place:
    """A new section for a state among the sections beside one, headed in the same way."""
    newline = newline_of(outline.lines)
    title = b"#" * beside.level + b" " + _NAMES[state] + newline
    head = (title, b"") if _blank_after_headings(outline) else (title,)
    siblings = [one for one in outline.headings if one.state is not None and one.parent == beside.parent]
    for other in siblings:
        if other.state in _FOLLOWS[state]:
            return Place(other.line, before=head, after=(b"",))
    end = max(outline.section_end(one) for one in siblings)
    gap = () if _is_blank(outline, end - 1) else (b"",)
    after = (b"",) if end < len(outline.lines) else ()
    return Place(end, before=(*gap, *head), after=after)
