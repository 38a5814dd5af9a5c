"""Which state an item has: what its section says, what its box says, and which of the two counts."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from msgspec import Struct

from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.markers import Legend, state_of
from agentboard_tasks.formats.outline import Heading, Item, Outline
from agentboard_tasks.model import Contradiction, State

__all__ = ["Standing", "has_sections", "judged", "standing_of", "told_by_box"]

_MARKED = frozenset({State.IN_PROGRESS, State.BLOCKED})
_OPEN = frozenset({State.TODO, State.IN_PROGRESS, State.BLOCKED, State.SKIPPED})


class Standing(Struct, frozen=True, gc=False):
    """The state of an item, the section that gives it, and the two facts where they disagree."""

    state: State
    section: Heading | None = None
    contradiction: Contradiction | None = None


def has_sections(outline: Outline, file: str) -> bool:
    """Whether headings carry the state: two states among them, or one in a file named `<agent>-tasks`."""
    states = {heading.state for heading in outline.headings if heading.state is not None}
    return len(states) > 1 or (bool(states) and file_stem(file).casefold().endswith(("-tasks", "_tasks")))


def standing_of(
    outline: Outline, item: Item, sections: bool, blocked: str | None, by_box: AbstractSet[State]
) -> Standing:
    """The state of an item.

    Args:
        blocked: the reason on a `Blocked:` line of the item, or None without one.
        by_box: what `told_by_box` says of the file.
    """
    box = state_of(item.marker, outline.legend)
    section = outline.section_of(item) if sections else None
    named = section.state if section is not None else None
    state, contradiction = judged(box, named, item.parent >= 0, blocked, by_box)
    return Standing(state, section if named is not None else None, contradiction)


def told_by_box(legend: Legend, headings: Iterable[Heading]) -> frozenset[State]:
    """The states that a file with sections has markers for in its legend, but no sections."""
    wanted = _MARKED.intersection(legend.values()) if legend else frozenset[State]()
    return wanted.difference(heading.state for heading in headings) if wanted else wanted


def judged(
    box: State, section: State | None, nested: bool, blocked: str | None, by_box: AbstractSet[State]
) -> tuple[State, Contradiction | None]:
    """The state of an item by its box and its section, and the two facts where they disagree."""
    if section is None or (nested and not (section is State.DONE and box is State.TODO)):
        return _held(box, blocked), None
    if box in by_box and section in (State.TODO, State.IN_PROGRESS):
        return box, None
    if _agrees(section, box):
        return _held(section, blocked), None
    return _held(section, blocked), Contradiction(section, box)


def _held(state: State, blocked: str | None) -> State:
    return State.BLOCKED if blocked is not None and state in (State.TODO, State.IN_PROGRESS) else state


def _agrees(section: State, box: State) -> bool:
    """An empty box goes with every section but the done one; any other box must say the same."""
    return section is box or box is State.OTHER or (box is State.TODO and section in _OPEN)
