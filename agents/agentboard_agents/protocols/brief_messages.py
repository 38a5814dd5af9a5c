"""SendMessage: words from one agent to another, or to the team lead, who is asked for answers."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from agentboard_agents.commands import Command
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.events import NewEvent
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.review.replies import consequences
from agentboard_agents.run import RunState
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_tools import Action
from agentboard_agents.team import Team
from agentboard_agents.turns_port import ToolAnswer
from agentboard_tasks.model import Summary

__all__ = ["lead_in", "needs_answer", "notify_lead", "says_finished", "send_message", "tell_lead"]

LEAD = re.compile(r"\b(team[ _-]?lead|lead)\b", re.IGNORECASE)
HUMAN = re.compile(r"(?:the )?(?:human|user|person|people)", re.IGNORECASE)
FREE = re.compile(
    r"\b(?:no|not|nothing|without)(?: longer| is| any)? (?:blocked|blockers?|blocking|stuck)\b", re.IGNORECASE
)
STUCK = re.compile(
    r"\?|\b(?:blocked|blocking|blocker|stuck|unclear|ambiguous|critical question"
    r"|please (?:advise|decide|clarify|confirm)"
    r"|(?:can ?not|can['’]t|unable to) (?:continue|proceed|go on)|before I can (?:continue|proceed|go on)"
    r"|(?:need|await|waiting for|wait for) (?:a |an |your |the )?"
    r"(?:decision|input|answer|clarification|approval|guidance))\b",
    re.IGNORECASE,
)
FINISHED = re.compile(r"\b(?:complete|completed|done|finished|ready for (?:your )?review)\b", re.IGNORECASE)
UNFINISHED = re.compile(
    r"(?:\b(?:not|half|halfway|partly|partially|almost|nearly|will be|to be|once|when|until|after|before)"
    r"|n['’]t|\b\d{1,2} ?%)(?!\w)[^.;\n]{0,40}?\b(?:complete|completed|done|finished)\b",
    re.IGNORECASE,
)
MOST_TEXT = 20_000
TEAM_LEAD = "Team Lead"
ASKED = frozenset({"question", "escalation", "blocker"})


class Lead(Struct, frozen=True):
    """Whom an agent answers to: an agent of the team, or a person under this name."""

    name: str
    agent: AgentDefinition | None = None


def send_message(session: Session) -> Action:
    """Return the tool that sends a message."""
    properties = {
        "to": {"type": "string", "description": f"A member of the team, or {TEAM_LEAD}"},
        "text": {"type": "string"},
    }
    about = "Sends a message to another agent of the team. A question to the Team Lead waits for the answer."
    definition = schema_of("SendMessage", about, properties, ["to", "text"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        to = str(given.get("to") or given.get("recipient") or "").strip()
        text = str(given.get("text") or given.get("message") or given.get("content") or "").strip()[
            :MOST_TEXT
        ]
        if not to or not text:
            return ToolAnswer(False, "a message needs `to` and `text`")
        if is_lead(session, to):
            return await ask_or_tell_lead(session, text)
        agent = session.equipment.survey.team.find(to)
        if agent is None:
            return ToolAnswer(
                False, f"there is no {to} in the team; there are: {', '.join(members(session))}"
            )
        if agent.stem == session.definition.stem:
            return ToolAnswer(False, "that is you")
        return await send(session, agent, text)

    return Action(definition, act, steps=True, waits=True)


def is_lead(session: Session, name: str) -> bool:
    """Tell whether a name means the one whom the agent answers to, or the person above all of them."""
    lead = lead_of(session)
    if lead.agent is not None and session.equipment.survey.team.find(name) is lead.agent:
        return True
    if HUMAN.fullmatch(name) or name == session.definition.lead:
        return True
    return LEAD.search(name) is not None and session.equipment.survey.team.find(name) is None


def lead_of(session: Session) -> Lead:
    """Return whom the agent answers to: the one whom its definition names, else who is called the lead."""
    return lead_in(session.equipment.survey.team, session.definition)


def lead_in(team: Team, definition: AgentDefinition) -> Lead:
    """Return whom an agent of a team answers to."""
    agent = team.lead_of(definition) or (None if definition.lead else team.find(TEAM_LEAD))
    if agent is None or agent.stem == definition.stem:
        return Lead(definition.lead or TEAM_LEAD)
    return Lead(agent.name, agent)


def members(session: Session) -> list[str]:
    """Return the other members of the team."""
    others = (one.name for one in session.equipment.survey.team.agents if one.stem != session.definition.stem)
    return list(dict.fromkeys((lead_of(session).name, *others)))


async def ask_or_tell_lead(session: Session, text: str) -> ToolAnswer:
    """Ask the lead when the agent needs an answer, else let the lead know."""
    name = await tell_lead(session, text)
    lead = lead_of(session)
    if not needs_answer(text):
        session.lead_told = session.lead_told or says_finished(text)
        return ToolAnswer(True, f"{lead.name} was told", f"told {lead.name}")
    answer = await session.ask("question", text, to=lead.name if lead.agent else "lead")
    session.tell("message_acted", message=name)
    return ToolAnswer(True, f"{lead.name} answers: {answer}", f"{lead.name} answered")


def needs_answer(text: str) -> bool:
    """Tell whether a message says that its sender cannot go on, or asks."""
    return STUCK.search(FREE.sub("", text)) is not None


def says_finished(text: str) -> bool:
    """Tell whether a message says that its sender has done all of its task; half of it is not all."""
    return FINISHED.search(UNFINISHED.sub("", text)) is not None


async def tell_lead(session: Session, text: str) -> str:
    """Send the lead a message, and return its name; a person has it as soon as it is written down."""
    lead = lead_of(session)
    name = await queue(session, lead.name, text)
    if lead.agent is None:
        session.tell("message_delivered", message=name, text=text, sender=session.definition.name)
    return name


async def notify_lead(session: Session, summary: Summary) -> None:
    """Tell the lead that the agent has finished, unless it did so itself."""
    if session.lead_told:
        return
    about = session.task.key if session.task else session.spec.title
    parts = [f"{session.definition.name} has finished {about}"]
    parts += [summary.completed] if summary.completed and summary.done is None else []
    parts += [f"blockers: {'; '.join(summary.blockers)}"] if summary.blockers else []
    parts += [f"next: {summary.next_action}"] if summary.next_action else []
    await tell_lead(session, ". ".join(part.rstrip(".") for part in parts) + ".")


async def send(session: Session, agent: AgentDefinition, text: str) -> ToolAnswer:
    """Answer what the other agent waits for, else queue a message that it is given at its next safe point."""
    name = session.place.unique("message")

    async def act() -> Any:
        if session.desk is not None and session.desk.store.once("", f"reply {name}") is not None:
            return True  # a worker that died had answered
        item = waits_for(session, agent)
        if item is not None:
            answer(session, item, text, name)
        else:
            record_message(session, agent.name, text, name)
        return item is not None

    if await session.place.step(f"message to {agent.stem}", act):
        return ToolAnswer(True, f"{agent.name} waited for this answer and goes on", f"answered {agent.name}")
    return ToolAnswer(True, f"queued for {agent.name}", f"message to {agent.name}")


def waits_for(session: Session, agent: AgentDefinition) -> InboxItem | None:
    """Return what an agent asked of this one, and still waits for."""
    if session.desk is None:
        return None
    own = {session.definition.name, session.definition.stem}
    lead = lead_in(session.equipment.survey.team, agent).agent
    own |= {"lead"} if lead is not None and lead.stem == session.definition.stem else set()
    for item in session.desk.store.inbox():
        if item.agent == agent.name and item.kind in ASKED and item.to in own:
            return item
    return None


def answer(session: Session, item: InboxItem, text: str, name: str) -> None:
    """Answer another agent's question in a step, with all that follows from it, and let its run go on."""
    desk = session.desk
    run = desk.store.run(item.run) if desk else None
    if desk is None or run is None:
        return
    waits = run.beneath is RunState.WAITING
    data = {"item": item.id, "text": text, "by": session.definition.name}
    closing = NewEvent(item.run, item.agent, "answered" if waits else "item_closed", data)
    further = () if waits else consequences(Command("", name, "answer", item.run), item, run, text)
    marker = NewEvent("", session.definition.name, "reply_sent", {"item": item.id}, f"reply {name}")
    desk.store.append([closing, *further, marker])
    desk.wake(item.run)
    desk.news.set()


async def queue(session: Session, agent: str, text: str) -> str:
    """Queue a message under a name of its own, and return it."""
    name = session.place.unique("message")

    async def act() -> Any:
        record_message(session, agent, text, name)
        return name

    await session.place.step(f"message to {agent}", act)
    return name


def record_message(session: Session, agent: str, text: str, name: str) -> None:
    """Record a message in a step, once."""
    data = {"message": name, "text": text, "sender": session.definition.name}
    session.record(NewEvent("", agent, "message_queued", data, name))
