"""SaveMemory and FlagConcern: what an agent leaves for its own later runs, and for a person."""

from __future__ import annotations

import asyncio
from typing import Any

from agentboard_agents.protocols.brief_messages import tell_lead
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_marks import today
from agentboard_agents.session_tools import Action
from agentboard_agents.turns_port import ToolAnswer
from agentboard_tasks.files import Changed, FileFault, Root
from agentboard_tasks.formats import memory

__all__ = ["flag_concern", "free_name", "new_note", "save_memory"]

MOST_NOTES_A_DAY = 100
MOST_TEXT = 64_000
MOST_BYTES = 1024 * 1024


def save_memory(equipment: Equipment) -> Action:
    """Return the tool that writes a memory note of an agent; it overwrites none."""
    properties = {"topic": {"type": "string", "description": "A few words"}, "text": {"type": "string"}}
    about = "Writes a note to your memory, for decisions that should inform later work."
    definition = schema_of("SaveMemory", about, properties, ["topic", "text"])
    own = equipment.definition
    directory = own.memory_directory or f".claude/agents-memory/{own.stem}"

    async def act(given: dict[str, object]) -> ToolAnswer:
        topic, text = str(given.get("topic") or "").strip(), str(given.get("text") or "").strip()
        if not topic or not text:
            return ToolAnswer(False, "a note needs `topic` and `text`")
        try:
            path = await asyncio.to_thread(new_note, equipment.root, directory, topic, text[:MOST_TEXT])
        except FileFault as fault:
            return ToolAnswer(False, f"the note was not written: {fault}")
        return ToolAnswer(True, f"written to {path}", path)

    return Action(definition, act)


def new_note(root: Root, directory: str, topic: str, text: str) -> str:
    """Write a note under a name that is free, and return its path."""
    return free_name(root, directory, today(), topic, f"# {topic}\n\n{text}\n".encode())


def free_name(root: Root, directory: str, date: str, topic: str, data: bytes) -> str:
    """Write a file named by date and topic where none is yet, the same text once, and return its path.

    Raises:
        FileFault: when it cannot be written, or too many have that name.
    """
    name = memory.note_name(date, topic)
    for number in range(1, MOST_NOTES_A_DAY):
        path = f"{directory}/{name if number == 1 else name.replace('.md', f'-{number}.md')}"
        try:
            root.write_new(path, data)
        except Changed:
            if root.read(path, cap=MOST_BYTES).data != data:
                continue
        return path
    raise FileFault(f"{directory}/{name}", "too many files of that name today")


def flag_concern(session: Session) -> Action:
    """Return the tool that puts a concern into the inbox without stopping the run."""
    properties = {"concern": {"type": "string", "description": "What does not work in practice, and why"}}
    about = "Flags a concern to your lead and to people, instead of deviating; you go on working."
    definition = schema_of("FlagConcern", about, properties, ["concern"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        concern = str(given.get("concern") or given.get("text") or "").strip()
        if not concern:
            return ToolAnswer(False, "the concern is empty")
        data: dict[str, Any] = {
            "item_kind": "problem",
            "text": concern,
            "to": session.definition.lead or "human",
            "about": "concern",
        }
        session.tell("item_raised", item=session.place.unique("concern"), **data)
        await tell_lead(session, f"Concern: {concern}")
        return ToolAnswer(True, "flagged", f"concern: {concern[:100]}")

    return Action(definition, act, steps=True)
