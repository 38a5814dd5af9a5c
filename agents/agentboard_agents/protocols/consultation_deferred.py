"""Consultations that are left for later: recorded as files of the team, and answered there."""

from __future__ import annotations

import asyncio
from typing import Any

from agentboard_agents.events import NewEvent
from agentboard_agents.protocols.consultation_notes import free_name
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_marks import today
from agentboard_agents.session_tools import Action
from agentboard_agents.turns_port import ToolAnswer
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats import consultations
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Consultation

__all__ = ["answer_consultation", "leave"]

MOST_TEXT = 20_000
CAP = 256 * 1024


def leave(root: Root, asked: Consultation) -> str:
    """Record a question, once, and return its file.

    Raises:
        FileFault: when it cannot be written.
    """
    for known in recorded(root):
        same = (known.asker, known.addressee, known.question) == (
            asked.asker,
            asked.addressee,
            asked.question.strip(),
        )
        if same and not known.answer:
            return known.file
    topic = asked.question.strip().partition("\n")[0]
    return free_name(root, consultations.DIRECTORY, today(), topic, consultations.compose(asked))


def recorded(root: Root) -> list[Consultation]:
    """Return the consultations that are recorded and can be read."""
    found: list[Consultation] = []
    try:
        entries = root.entries(consultations.DIRECTORY)
    except FileFault:
        return found
    for entry in entries:
        path = f"{consultations.DIRECTORY}/{entry.name}"
        try:
            found.append(consultations.parse(root.read(path, cap=CAP).data, path))
        except (FileFault, FormatError):
            continue  # the board says what is wrong with it
    return found


def answer_consultation(session: Session) -> Action:
    """Return the tool that answers a question which was left."""
    properties = {
        "file": {"type": "string", "description": "The file of the consultation"},
        "answer": {"type": "string"},
    }
    about = "Answers a consultation that a colleague left for later; it is kept, and the colleague is told."
    definition = schema_of("AnswerConsultation", about, properties, ["file", "answer"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        file, text = str(given.get("file") or "").strip(), str(given.get("answer") or "").strip()[:MOST_TEXT]
        if not file.startswith(f"{consultations.DIRECTORY}/") or not text:
            return ToolAnswer(False, f"name a `file` in {consultations.DIRECTORY} and an `answer`")
        try:
            asker = await asyncio.to_thread(write_answer, session, file, text)
        except (FileFault, PatchRefused, EditConflict, FormatError) as fault:
            return ToolAnswer(False, f"the answer was not written: {fault}")
        told: dict[str, Any] = {"message": f"{session.spec.run}-{file}", "sender": session.definition.name}
        told["text"] = f"Your consultation {file} is answered: {text}"
        session.record(NewEvent("", asker, "message_queued", told, told["message"]))
        event = NewEvent(session.spec.run, session.definition.name, "consultation_answered", {"file": file})
        session.record(event)
        return ToolAnswer(True, f"written to {file}; {asker} is told", f"answered {asker}")

    return Action(definition, act)


def write_answer(session: Session, file: str, text: str) -> str:
    """Write an answer into the file of its question; return who asked."""
    data = session.equipment.root.read(file, cap=CAP).data
    asker = consultations.parse(data, file).asker
    said = f"{session.definition.name}, {today()}:\n\n{text}"
    session.equipment.editor.apply(
        file, lambda now: consultations.answered(now, file, said), why=f"answer to {asker}"
    )
    return asker
