"""What an agent of a hierarchy remembers: the team protocol, its notes, its guides, what waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from agentboard_agents.definition import AgentDefinition
from agentboard_tasks.layout import beneath
from agentboard_tasks.model import Consultation, Note

if TYPE_CHECKING:
    from agentboard_agents.survey import Survey

__all__ = ["TEAM_PROTOCOL", "Memory", "memories", "notes_of"]

TEAM_PROTOCOL = ".claude/agents-shared/team-protocol.md"
Reader = Callable[[str], str | None]


class Memory(Struct, frozen=True):
    """One thing that an agent knows from a file: `kind` is note, protocol, guide or consultation.

    `text` is `None` where a definition names a file that cannot be read.
    """

    agent: str
    kind: str
    file: str
    date: str | None = None
    topic: str = ""
    text: str | None = None


def notes_of(definition: AgentDefinition, notes: Iterable[Note]) -> list[Note]:
    """Return the memory notes of an agent, the newest last: in its own directory, or under its name."""
    names, directory = {definition.stem, definition.name}, definition.memory_directory

    def is_own(note: Note) -> bool:
        return note.agent in names or (directory is not None and beneath(note.file, directory))

    return sorted(filter(is_own, notes), key=lambda note: (note.date or "", note.file))


def memories(survey: Survey, definition: AgentDefinition, read: Reader) -> Iterator[Memory]:
    """Yield what an agent knows: its notes, the protocol of its team, its guides, its consultations."""
    for note in notes_of(definition, survey.workspace.notes):
        yield Memory(definition.name, "note", note.file, note.date, note.topic, read(note.file))
    yield from texts(definition, read)
    names = {definition.stem, definition.name}
    for one in survey.workspace.consultations:
        if names & {one.asker, one.addressee, one.lead}:
            yield consultation(definition, one)


def texts(definition: AgentDefinition, read: Reader) -> Iterator[Memory]:
    """Yield the protocol and the guides: those that are there, and those that the definition names."""
    protocol = definition.team_protocol or TEAM_PROTOCOL
    named = {definition.team_protocol, *definition.module_guides}
    for kind, file in (
        ("protocol", protocol),
        *(("guide", path) for path in ("CLAUDE.md", *definition.module_guides)),
    ):
        text = read(file)
        if text is not None or file in named:
            yield Memory(definition.name, kind, file, text=text)


def consultation(definition: AgentDefinition, one: Consultation) -> Memory:
    """Return a question that the agent left, or that waits for it."""
    topic = f"{one.asker} asks {one.addressee}" + ("" if one.answer else " (open)")
    text = f"{one.question}\n\nAnswer: {one.answer}" if one.answer else one.question
    return Memory(definition.name, "consultation", one.file, one.asked or None, topic, text)
