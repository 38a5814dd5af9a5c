"""Consulting another agent, or handing it work: a run inside the run, to a depth of three, without loops."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from agentboard_agents.brief_text import joined
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.permissions import Permissions
from agentboard_agents.protocols import consultation_brief
from agentboard_agents.protocols.consultation_brief import DEEPEST
from agentboard_agents.protocols.consultation_deferred import leave
from agentboard_agents.protocols.consultation_notes import save_memory
from agentboard_agents.protocols.preparation import Brief, Ground
from agentboard_agents.session import Session
from agentboard_agents.session_actions import (
    READING,
    allowed_tools,
    ask_person,
    base_actions,
    context_of,
    schema_of,
)
from agentboard_agents.session_marks import today
from agentboard_agents.session_nested import Asked, Nest, nested_in
from agentboard_agents.session_resources import Resources
from agentboard_agents.session_tools import Action, Toolbox
from agentboard_agents.tools import ToolContext
from agentboard_agents.turns import Conversation, Reply, Setting
from agentboard_agents.turns_port import Heard, RunFault, ToolAnswer, Workplace
from agentboard_tasks.files import Root
from agentboard_tasks.model import Consultation
from agentboard_tasks.workspace import load

__all__ = ["consult_actions"]

CONSULTED = """\
Another agent of your team, {asking}, asks you. You are consulted, not dispatched: look at the code as far as
you need, change nothing, and answer in one message. You are at consultation depth {depth} of {deepest}."""
DELEGATED = """\
Another agent of your team, {asking}, hands you a piece of its work. Do it in this worktree, which is
{asking}'s own, and answer with what you did. You are at consultation depth {depth} of {deepest}."""
MOST_TEXT = 2_000
MOST_QUESTION = 20_000


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
    """Return the tool under both of its names, and the one that leaves a question for later."""
    return [*(consult(caller, name) for name in ("Agent", "Task")), defer(caller)]


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
    late: list[Heard] = []
    try:
        async with nested_in(caller.desk, caller.place, caller.equipment, asked, caller.model) as nest:
            late = nest.late
            reply = await answered(caller, asked, nest)
            caller.place.acts += nest.place.acts
    except RunFault as fault:
        caller.place.tell("consultation_finished", asked=name, depth=depth, answer=f"failed: {fault}")
        return ToolAnswer(False, with_words(f"{name} gave no answer: {fault}", late), f"{name} failed")
    caller.place.tell("consultation_finished", asked=name, depth=depth, answer=reply.text[:MOST_TEXT])
    return ToolAnswer(True, with_words(reply.text, late), f"{name} answered")


def with_words(answer: str, late: Sequence[Heard]) -> str:
    """Return an answer with what was said meanwhile to the one who asked."""
    return "\n\n".join([answer, *(f"Message from {heard.sender}: {heard.text}" for heard in late)])


async def briefed(nest: Nest, ground: Ground) -> Brief:
    """Return what the other agent is told: team protocol, memory, module guide, and the question."""

    def prepare() -> Any:
        now = load(Root(nest.equipment.project.root), nest.equipment.survey.layout, ground.workspace)
        return msgspec.to_builtins(consultation_brief.prepare(structs.replace(ground, workspace=now)))

    async def act() -> Any:
        return await asyncio.to_thread(prepare)

    made = msgspec.convert(await nest.place.step("brief", act), Brief)
    nest.place.tell("context_loaded", files=list(made.files))
    return made


async def answered(caller: Caller, asked: Asked, nest: Nest) -> Reply:
    """Let the other agent work in its run, with resources of its own."""
    brief = await briefed(nest, nest.equipment.ground)
    resources = Resources(nest.equipment, reading=not asked.delegate)
    tools, context = toolbox(caller, asked, nest, resources)
    try:
        await resources.open(nest.place, context)
        return await conversation(caller, asked, nest, brief, tools).say(brief.opening)
    finally:
        await resources.close()


def conversation(caller: Caller, asked: Asked, nest: Nest, brief: Brief, tools: Toolbox) -> Conversation:
    """Return the conversation of the other agent, in its run."""
    depth = caller.depth + 1
    rules = (DELEGATED if asked.delegate else CONSULTED).format(
        asking=caller.name, depth=depth, deepest=DEEPEST
    )
    setting = Setting("consultation", joined([brief.system, rules]), nest.model, asked.other.stem)
    return Conversation(nest.place, setting, tools)


def toolbox(caller: Caller, asked: Asked, nest: Nest, resources: Resources) -> tuple[Toolbox, ToolContext]:
    """Return the other agent's own tools, those that read unless work was handed to it."""
    other, place = asked.other, nest.place
    allowed, _ = allowed_tools(other.tools, other.refused_tools)
    allowed = allowed if asked.delegate else allowed & READING
    permissions = Permissions(place, nest.equipment)
    allowed = frozenset(name for name in allowed if not permissions.withholds(name))
    context = context_of(nest.equipment, caller.session.work.branch, permissions, allowed)
    below = Caller(
        caller.session,
        caller.desk,
        place,
        other.name,
        nest.equipment,
        nest.model,
        caller.depth + 1,
        (*caller.chain, other.stem),
        asked.delegate,
    )
    actions = [*base_actions(place, context), ask_person(place, ()), *actions_of(below)]
    actions += [save_memory(nest.equipment)] if asked.delegate else []
    return Toolbox(place, nest.ledger, actions, permissions.permit, resources), context


def defer(caller: Caller) -> Action:
    """Return the tool that leaves a question for when the other agent, or its lead, runs next."""
    properties = {
        "agent": {"type": "string", "description": "Whom the question is for"},
        "question": {"type": "string", "description": "The question, with all that is needed to answer it"},
    }
    about = "Leaves a question for another agent: it, or its lead, is given it at its next run. You go on."
    definition = schema_of("DeferConsultation", about, properties, ["agent", "question"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        named = str(given.get("agent") or given.get("to") or "").strip()
        question = str(given.get("question") or given.get("prompt") or "").strip()[:MOST_QUESTION]
        if not named or not question:
            return ToolAnswer(False, "a deferred consultation needs `agent` and `question`")
        other = caller.session.equipment.survey.team.find(named)
        file, to = await left(caller, other.name if other else named, question)
        return ToolAnswer(True, f"left in {file} for {to}; go on without the answer", f"left for {to}")

    return Action(definition, act, steps=True)


async def deferred(caller: Caller, other: AgentDefinition, prompt: str) -> ToolAnswer:
    """Leave a consultation that is too deep for later."""
    file, to = await left(caller, other.name, prompt[:MOST_QUESTION])
    return ToolAnswer(
        False,
        f"depth {DEEPEST} is reached; the question was left to {to} in {file}. Go on without the answer.",
    )


async def left(caller: Caller, addressee: str, question: str) -> tuple[str, str]:
    """Record a question for the lead and the one who is asked; return its file, and who takes it up."""
    asking, place = caller.equipment.definition, caller.place
    lead = caller.session.equipment.survey.team.lead_of(asking)
    to = lead.name if lead else asking.lead or addressee
    name = place.unique("deferred")

    async def act() -> Any:
        asked = Consultation(
            "", asking.name, addressee, lead.name if lead else "", question, today(), place.run
        )
        file = await asyncio.to_thread(leave, caller.equipment.root, asked)
        if lead is not None:
            told = {
                "message": name,
                "text": f"Deferred consultation of {addressee}: {question}",
                "sender": asking.name,
            }
            caller.session.record(NewEvent("", lead.name, "message_queued", told, name))
        return file

    file: str = await place.step("deferred consultation", act)
    place.tell("consultation_deferred", asked=addressee, question=question[:MOST_TEXT], to=to, file=file)
    return file, to
