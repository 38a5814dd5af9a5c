"""Patches of task lists: a tick, a move between sections, a reason, a new item; every other byte stays."""

from __future__ import annotations

from agentboard_tasks.formats.details import read_details
from agentboard_tasks.formats.errors import FormatError, NoSuchTask, error
from agentboard_tasks.formats.itemtext import BlockEdit, marker_for, one_line
from agentboard_tasks.formats.keys import keys_of
from agentboard_tasks.formats.labels import read_labels, split_completed
from agentboard_tasks.formats.lines import BOM, encode, line_end, newline_of
from agentboard_tasks.formats.outline import Heading, Outline, read_outline
from agentboard_tasks.formats.sections import (
    Place,
    end_of_section,
    find_section,
    place_in_new_section,
    place_in_section,
    retreat,
)
from agentboard_tasks.formats.states import Standing, has_sections, standing_of, told_by_box
from agentboard_tasks.model import State

__all__ = ["add", "set_state"]

_BY_HAND = "move it by hand"
_WITHOUT_A_SECTION = frozenset({State.IN_PROGRESS, State.BLOCKED})
"""States for which no section is made: one is kept in the store, the other is a line under the item."""


def set_state(
    data: bytes, file: str, key: str, state: State, *, today: str, reason: str | None = None
) -> bytes:
    """The file with one task in another state.

    Where sections are the states the item moves, with its block, to the top of the section; elsewhere, and
    where it alone disagrees, its box changes. A file without a section or marker for it cannot say in
    progress: the item is left unticked.

    Args:
        key: the task's key.
        today: the date of completion, `YYYY-MM-DD`.
        reason: why it is blocked.

    Raises:
        NoSuchTask: no task has this key.
        FormatError: the state cannot be set.
    """
    if state is State.OTHER:
        raise FormatError(
            error(file, 1, "`other` is not a state that a task can be set to", hint="set another")
        )
    outline = read_outline(data)
    index = _index_of(outline, file, key)
    sectioned = has_sections(outline, file)
    blocked = read_details(outline, index).blocked
    by_box = told_by_box(outline.legend, outline.headings)
    standing = standing_of(outline, outline.items[index], sectioned, blocked, by_box)
    told = state is not State.BLOCKED or reason is None or one_line(reason) == blocked
    if standing.state is state and standing.contradiction is None and told:
        return data
    patched = _apply(outline, index, state, standing, sectioned=sectioned, today=today, reason=reason)
    if _texts(read_outline(patched)) != _texts(outline):
        line = outline.items[index].line + 1
        raise FormatError(
            error(file, line, "where this item belongs, it would not be read as one", hint=_BY_HAND)
        )
    return patched


def _texts(outline: Outline) -> list[str]:
    """What all items say, but for their dates of completion."""
    return sorted(split_completed(item.text)[0] for item in outline.items)


def _index_of(outline: Outline, file: str, key: str) -> int:
    texts = [item.text for item in outline.items]
    keys = keys_of(texts, [read_labels(text) for text in texts])
    if key not in keys:
        raise NoSuchTask(file, key)
    return keys.index(key)


def _apply(
    outline: Outline,
    index: int,
    state: State,
    standing: Standing,
    *,
    sectioned: bool,
    today: str,
    reason: str | None,
) -> bytes:
    item = outline.items[index]
    place = _destination(outline, index, state, standing) if sectioned and item.parent < 0 else None
    in_section = place is not None and (state not in _WITHOUT_A_SECTION or place.section is state)
    in_section = in_section or (standing.section is not None and standing.section.state is state)
    edit = BlockEdit(outline, index)
    legend_has_it = state in outline.legend.values()
    edit.mark(marker_for(state, outline.legend, sectioned=in_section))
    edit.date(today if state is State.DONE else None, always=sectioned)
    if state is State.BLOCKED:
        edit.block(reason, needed=not legend_has_it and not in_section)
    else:
        edit.unblock()
    return _splice(outline, item.line, item.end, edit.lines, place)


def _destination(outline: Outline, index: int, state: State, standing: Standing) -> Place | None:
    """Where the item moves to, or None if it stays in its place."""
    item = outline.items[index]
    target = find_section(outline, item, state)
    if target is not None:
        return None if target is standing.section else place_in_section(outline, target, item)
    if state in _WITHOUT_A_SECTION:
        return retreat(outline, item, standing, state)
    if standing.section is None:
        return None
    return place_in_new_section(outline, standing.section, state)


def _splice(outline: Outline, start: int, end: int, block: list[bytes], place: Place | None) -> bytes:
    """The file with lines `start` to `end` replaced by the block, there or at another place."""
    lines = list(outline.lines)
    newline = newline_of(lines)
    mark = BOM if lines and lines[0].startswith(BOM) else b""
    if mark:
        lines[0] = lines[0].removeprefix(BOM)
        block[:1] = [line.removeprefix(BOM) for line in block[:1]]
    open_ended = bool(lines) and not line_end(lines[-1])
    if open_ended:
        lines[-1] += newline
    if block and not line_end(block[-1]):
        block[-1] += newline
    if place is None:
        lines[start:end] = block
    else:
        moved = [
            *(text or newline for text in place.before),
            *(place.indent + line if line.strip() else line for line in block),
            *(text or newline for text in place.after),
        ]
        gap = [newline] if start < end and outline.would_join(start - 1, end) else []
        _move(lines, start, end, place.line, moved, gap)
    if open_ended:
        lines[-1] = lines[-1].rstrip(b"\r\n")
    return mark + b"".join(lines)


def _move(lines: list[bytes], start: int, end: int, to: int, block: list[bytes], gap: list[bytes]) -> None:
    """Puts a block before line `to` and a gap in the place of lines `start` to `end`."""
    if to >= end:
        lines[to:to] = block
        lines[start:end] = gap
    else:
        lines[start:end] = gap
        lines[to:to] = block


def add(data: bytes, title: str, state: State = State.TODO, *, file: str = "tasks.md") -> bytes:
    """The file with one more item: last in the section of its state, else after the last item of the file."""
    outline = read_outline(data)
    sectioned = has_sections(outline, file)
    section = _first_section(outline, state) if sectioned else None
    marker = marker_for(state, outline.legend, sectioned=section is not None)
    text = encode(f"[{marker}] {one_line(title)}")
    if not data.strip():
        return data + b"# Tasks\n\n- " + text + b"\n"
    place = end_of_section(outline, section) if section else _end_of_items(outline)
    block = [place.bullet + text + newline_of(outline.lines)]
    return _splice(outline, place.line, place.line, block, place)


def _first_section(outline: Outline, state: State) -> Heading | None:
    wanted = (state, State.TODO)
    return next((heading for one in wanted for heading in outline.headings if heading.state is one), None)


def _end_of_items(outline: Outline) -> Place:
    last = next((item for item in reversed(outline.items) if item.parent < 0), None)
    if last is not None:
        return Place(last.end, bullet=outline.lines[last.line][: last.box[0] - 1])
    return Place(len(outline.lines), before=(b"",))
