"""SendMessage: words from one worker to another, or to the team lead, who is asked for answers."""

from __future__ import annotations

import re
from typing import Any

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.events import NewEvent
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_tools import Action
from agentboard_agents.turns_port import ToolAnswer

__all__ = ["needs_answer", "send_message"]

LEAD = re.compile(r"\b(team[ _-]?lead|lead)\b", re.IGNORECASE)
STUCK = re.compile(r"\?|\b(blocked|blocking|blocker|stuck|cannot continue|need a decision)\b", re.IGNORECASE)
MOST_TEXT = 20_000


def send_message(session: Session) -> Action:
    """Return the tool that sends a message."""
    properties = {
        "to": {"type": "string", "description": "A member of the team, or Team Lead"},
        "text": {"type": "string"},
    }
    about = "Sends a message to another agent of the team. A question to the Team Lead waits for the answer."
    definition = schema_of("SendMessage", about, properties, ["to", "text"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        to, text = str(given.get("to") or "").strip(), str(given.get("text") or "").strip()[:MOST_TEXT]
        if not to or not text:
            return ToolAnswer(False, "a message needs `to` and `text`")
        if is_lead(session, to):
            return await tell_lead(session, to, text)
        agent = session.equipment.survey.team.find(to)
        if agent is None:
            return ToolAnswer(
                False, f"there is no {to} in the team; there are: {', '.join(members(session))}"
            )
        return await queue(session, agent, text)

    return Action(definition, act, steps=True)


def is_lead(session: Session, name: str) -> bool:
    """Tell whether a name means the one whom the agent answers to."""
    return name == session.definition.lead or LEAD.search(name) is not None


def members(session: Session) -> list[str]:
    """Return the other members of the team."""
    return [
        "Team Lead",
        *(one.name for one in session.equipment.survey.team.agents if one != session.definition),
    ]


async def tell_lead(session: Session, to: str, text: str) -> ToolAnswer:
    """Ask the lead when the agent needs an answer, else let the lead know."""
    if needs_answer(text):
        answer = await session.ask("question", text, to="lead")
        return ToolAnswer(True, f"{to} answers: {answer}", f"{to} answered")
    session.tell("lead_told", to=to, text=text)
    return ToolAnswer(True, f"{to} was told", f"told {to}")


def needs_answer(text: str) -> bool:
    """Tell whether a message says that its sender cannot go on, or asks."""
    return STUCK.search(text) is not None


async def queue(session: Session, agent: AgentDefinition, text: str) -> ToolAnswer:
    """Queue a message for another agent; it is given it at its next safe point."""

    name = session.place.unique("message")

    async def send() -> Any:
        data = {"message": name, "text": text, "sender": session.definition.name}
        session.record(NewEvent("", agent.name, "message_queued", data, name))
        return name

    await session.place.step(f"message to {agent.stem}", send)
    return ToolAnswer(True, f"queued for {agent.name}", f"message to {agent.name}")
