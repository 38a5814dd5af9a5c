"""Consulting another agent, or handing it work: a run inside the run, to a depth of three, without loops."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from agentboard_agents.brief_text import house_rules, joined
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.permissions import Permissions
from agentboard_agents.protocols.consultation_brief import DEEPEST
from agentboard_agents.session import Session
from agentboard_agents.session_actions import (
    READING,
    allowed_tools,
    ask_person,
    base_actions,
    context_of,
    schema_of,
)
from agentboard_agents.session_nested import Asked, Nest, nested_in
from agentboard_agents.session_tools import Action, Toolbox
from agentboard_agents.turns import Conversation, Setting
from agentboard_agents.turns_port import RunFault, ToolAnswer, Workplace

__all__ = ["consult_actions"]

CONSULTED = """\
Another agent of your team, {asking}, asks you. You are consulted, not dispatched: look at the code as far as
you need, change nothing, and answer in one message. You are at consultation depth {depth} of {deepest}."""
DELEGATED = """\
Another agent of your team, {asking}, hands you a piece of its work. Do it in this worktree, which is
{asking}'s own, and answer with what you did. You are at consultation depth {depth} of {deepest}."""
MOST_TEXT = 2_000


class Caller(Struct, frozen=True):
    """Who asks: at which place, on whose equipment, below whom; `chain` are the stems from the top down."""

    session: Session
    desk: Desk
    place: Workplace
    name: str
    equipment: Any
    model: str
    depth: int
    chain: tuple[str, ...]
    writes: bool


def consult_actions(session: Session, depth: int) -> list[Action]:
    """Return the tool that calls in another agent, under both of its names; none without a worker's desk."""
    if session.desk is None:
        return []
    definition = session.definition
    caller = Caller(
        session,
        session.desk,
        session.place,
        definition.name,
        session.equipment,
        session.model,
        depth,
        (definition.stem,),
        session.writes,
    )
    return actions_of(caller)


def actions_of(caller: Caller) -> list[Action]:
    """Return the tool under both of its names."""
    return [consult(caller, name) for name in ("Agent", "Task")]


def consult(caller: Caller, name: str) -> Action:
    """Return the tool called `name`."""
    properties = {
        "agent": {"type": "string", "description": "The name of a colleague"},
        "prompt": {
            "type": "string",
            "description": "The question or the work, with all that is needed for it",
        },
        "delegate": {"type": "boolean", "description": "Let it change files; else it only reads and answers"},
    }
    about = "Consults another agent of the team and returns its answer; with delegate, hands it work."
    definition = schema_of(name, about, properties, ["agent", "prompt"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        named = str(given.get("agent") or given.get("subagent_type") or "").strip()
        prompt = str(given.get("prompt") or "").strip()
        team = caller.session.equipment.survey.team
        other = team.find(named)
        if other is None or not prompt:
            known = ", ".join(one.name for one in team.agents)
            return ToolAnswer(False, f"a consultation needs `agent` (one of: {known}) and `prompt`")
        if other.stem in caller.chain:
            return ToolAnswer(False, f"{other.name} waits for this very answer; ask somebody else or decide")
        if caller.depth >= DEEPEST:
            return await deferred(caller, other, prompt)
        return await called_in(caller, Asked(other, prompt, given.get("delegate") is True and caller.writes))

    return Action(definition, act, repeatable=True, steps=True)


async def called_in(caller: Caller, asked: Asked) -> ToolAnswer:
    """Let the other agent answer in a run of its own, and return what it says."""
    name, depth = asked.other.name, caller.depth + 1
    caller.place.tell("consultation_started", asked=name, depth=depth, question=asked.prompt[:MOST_TEXT])
    late: list[str] = []
    try:
        async with nested_in(caller.desk, caller.place, caller.equipment, asked, caller.model) as nest:
            reply = await conversation(caller, asked, nest, depth).say(asked.prompt)
            late = [f"Message from {heard.sender}: {heard.text}" for heard in nest.place.late]
            caller.place.acts += nest.place.acts
    except RunFault as fault:
        caller.place.tell("consultation_finished", asked=name, depth=depth, answer=f"failed: {fault}")
        return ToolAnswer(False, f"{name} gave no answer: {fault}", f"{name} failed")
    caller.place.tell("consultation_finished", asked=name, depth=depth, answer=reply.text[:MOST_TEXT])
    return ToolAnswer(True, "\n\n".join([reply.text, *late]), f"{name} answered")


def conversation(caller: Caller, asked: Asked, nest: Nest, depth: int) -> Conversation:
    """Return the conversation of the other agent, in its run."""
    rules = (DELEGATED if asked.delegate else CONSULTED).format(
        asking=caller.name, depth=depth, deepest=DEEPEST
    )
    system = joined([asked.other.body, house_rules(""), rules])
    setting = Setting("consultation", system, nest.model, asked.other.stem)
    return Conversation(nest.place, setting, toolbox(caller, asked, nest, depth))


def toolbox(caller: Caller, asked: Asked, nest: Nest, depth: int) -> Toolbox:
    """Return the other agent's own tools, those that read unless work was handed to it."""
    other, place = asked.other, nest.place
    allowed, _ = allowed_tools(other.tools, other.refused_tools)
    allowed = allowed if asked.delegate else allowed & READING
    permissions = Permissions(place, nest.equipment)
    allowed = frozenset(name for name in allowed if not permissions.withholds(name))
    context = context_of(nest.equipment, caller.session.work.branch, permissions, allowed)
    caller.session.resources.lend(context)
    below = Caller(
        caller.session,
        caller.desk,
        place,
        other.name,
        nest.equipment,
        nest.model,
        depth,
        (*caller.chain, other.stem),
        asked.delegate,
    )
    actions = [*base_actions(place, context), ask_person(place, ()), *actions_of(below)]
    return Toolbox(place, nest.ledger, actions, permissions.permit)


async def deferred(caller: Caller, other: AgentDefinition, prompt: str) -> ToolAnswer:
    """Record a consultation that is too deep, for the lead to take up."""
    asking = caller.equipment.definition
    lead = caller.session.equipment.survey.team.lead_of(asking)
    to = lead.name if lead else asking.lead or "human"
    caller.place.tell("consultation_deferred", asked=other.name, question=prompt[:MOST_TEXT], to=to)
    if lead is not None:
        await leave_word(caller, lead, f"Deferred consultation of {other.name}: {prompt}")
    return ToolAnswer(
        False, f"depth {DEEPEST} is reached; the question was left to {to}. Go on without the answer."
    )


async def leave_word(caller: Caller, lead: AgentDefinition, text: str) -> None:
    """Queue a message for the lead."""
    name = caller.place.unique("deferred")

    async def send() -> Any:
        data = {"message": name, "text": text, "sender": caller.name}
        caller.session.record(NewEvent("", lead.name, "message_queued", data, name))
        return name

    await caller.place.step("deferred consultation", send)
