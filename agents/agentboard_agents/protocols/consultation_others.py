"""Consulting another agent: a conversation inside the run, with tools that only read, to a depth of three."""

from __future__ import annotations

from typing import Any

from agentboard_agents.brief_text import house_rules, joined
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.events import NewEvent
from agentboard_agents.protocols.consultation_brief import DEEPEST
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_tools import Action
from agentboard_agents.turns import Conversation, Setting
from agentboard_agents.turns_port import ToolAnswer

__all__ = ["consult_actions"]

CONSULTED = """\
Another agent of your team, {asking}, asks you. You are consulted, not dispatched: look at the code as far as
you need, change nothing, and answer in one message. You are at consultation depth {depth} of {deepest}."""


def consult_actions(session: Session, depth: int) -> list[Action]:
    """Return the tool that consults another agent, under both of its names."""
    return [consult(session, name, depth) for name in ("Agent", "Task")]


def consult(session: Session, name: str, depth: int) -> Action:
    """Return the tool called `name` for an agent at `depth`."""
    properties = {
        "agent": {"type": "string", "description": "The name of a colleague"},
        "prompt": {"type": "string", "description": "The question, with all that is needed to answer it"},
    }
    definition = schema_of(
        name, "Consults another agent of the team, and returns its answer.", properties, ["agent", "prompt"]
    )

    async def act(given: dict[str, object]) -> ToolAnswer:
        asked = str(given.get("agent") or given.get("subagent_type") or "").strip()
        prompt = str(given.get("prompt") or "").strip()
        other = session.equipment.survey.team.find(asked)
        if other is None or not prompt:
            known = ", ".join(one.name for one in session.equipment.survey.team.agents)
            return ToolAnswer(False, f"a consultation needs `agent` (one of: {known}) and `prompt`")
        if depth >= DEEPEST:
            return await deferred(session, other, prompt)
        return await consulted(session, other, prompt, depth + 1)

    return Action(definition, act, repeatable=True, steps=True)


async def consulted(session: Session, other: AgentDefinition, prompt: str, depth: int) -> ToolAnswer:
    """Ask the other agent, and return what it answers."""
    session.tell("consultation_started", asked=other.name, depth=depth, question=prompt[:2_000])
    rules = CONSULTED.format(asking=session.definition.name, depth=depth, deepest=DEEPEST)
    system = joined([other.body, house_rules(""), rules])
    tools = session.toolbox(consult_actions(session, depth), reading_only=True)
    setting = Setting("consultation", system, session.model, other.stem)
    reply = await Conversation(session.place, setting, tools).say(prompt)
    session.tell("consultation_finished", asked=other.name, depth=depth, answer=reply.text[:2_000])
    return ToolAnswer(True, reply.text, f"{other.name} answered")


async def deferred(session: Session, other: AgentDefinition, prompt: str) -> ToolAnswer:
    """Record a consultation that is too deep, for the lead to take up."""
    lead = session.equipment.survey.team.lead_of(session.definition)
    to = lead.name if lead else session.definition.lead or "human"
    session.tell("consultation_deferred", asked=other.name, question=prompt[:2_000], to=to)
    if lead is not None:
        await leave_word(session, lead, f"Deferred consultation of {other.name}: {prompt}")
    return ToolAnswer(
        False, f"depth {DEEPEST} is reached; the question was left to {to}. Go on without the answer."
    )


async def leave_word(session: Session, lead: AgentDefinition, text: str) -> None:
    """Queue a message for the lead."""
    name = session.place.unique("deferred")

    async def send() -> Any:
        data = {"message": name, "text": text, "sender": session.definition.name}
        session.record(NewEvent("", lead.name, "message_queued", data, name))
        return name

    await session.place.step("deferred consultation", send)
