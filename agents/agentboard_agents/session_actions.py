"""The tools of a session: those that the definition allows, and the one that asks a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from agentboard_agents import tools
from agentboard_agents.escalation import TARGETS
from agentboard_agents.owned_paths import whose
from agentboard_agents.permissions import Permissions
from agentboard_agents.runtimes.port import Block
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_git import Branch
from agentboard_agents.session_tools import Act, Action
from agentboard_agents.tools import ToolContext
from agentboard_agents.tools.context import Todo
from agentboard_agents.turns_port import ToolAnswer, Workplace
from agentboard_tasks.files import Root

__all__ = [
    "READING",
    "allowed_tools",
    "ask_person",
    "bare",
    "base_actions",
    "context_of",
    "escalate",
    "schema_of",
    "texts_of",
]

READING = frozenset({"Read", "Glob", "Grep", "LS", "NotebookRead", "TodoRead", "TodoWrite"})
"""Tools that change no file."""

EXTRAS = frozenset(
    {"Agent", "Task", "AskUserQuestion", "Escalate", "SendMessage", "SaveMemory", "FlagConcern"}
    | {"DeferConsultation", "AnswerConsultation"}
)
"""Tools that a way of working brings, or that every agent has."""


COMPANIONS = {"Bash": ("Bash", "BashOutput", "KillShell"), "KillBash": ("KillShell",)}
"""Names in a definition that stand for others: who may start a background command may hear and end it."""


def allowed_tools(
    listed: Sequence[str] | None, refused: Sequence[str] = ()
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names of our tools that a definition allows, and the names in it that we do not offer."""
    names = [bare(name) for name in listed] if listed is not None else list(tools.SPECS)
    names = [name for listed_name in names for name in COMPANIONS.get(listed_name, (listed_name,))]
    denied = {name for name in refused if "(" not in name}
    known = frozenset(name for name in names if name in tools.SPECS and name not in denied)
    return known, tuple(name for name in names if name not in tools.SPECS and name not in EXTRAS)


def bare(name: str) -> str:
    """Return the tool's name in `Bash(git log:*)`."""
    return name.partition("(")[0].strip()


def context_of(
    equipment: Equipment, branch: Branch, permissions: Permissions, allowed: Iterable[str]
) -> ToolContext:
    """Return what the tools work with."""
    return ToolContext(
        run=equipment.spec.run,
        agent=equipment.definition.stem,
        worktree=Root(branch.worktree),
        project=equipment.root,
        coordination=equipment.coordination,
        editor=equipment.editor,
        box=equipment.box(),
        sandbox=equipment.sandbox,
        working_directory=equipment.definition.working_directory or "",
        fence=equipment.fence,
        kept_out=partial(whose, areas=equipment.avoided),
        allowed=frozenset(allowed),
        todos=[],
        ask=permissions.granted,
        hides=permissions.hides,
    )


def base_actions(
    place: Workplace, context: ToolContext, on_plan: Callable[[Sequence[Todo]], str] | None = None
) -> list[Action]:
    """Return the tools on files, commands and the agent's own plan, which `on_plan` takes over."""
    names = context.allowed or frozenset()
    return [
        Action(
            definition,
            act_of(place, context, definition["name"], on_plan),
            tools.SPECS[definition["name"]].repeatable,
            replay=partial(tools.recall, context, definition["name"]),
        )
        for definition in tools.api_definitions(names)
    ]


def act_of(
    place: Workplace, context: ToolContext, name: str, on_plan: Callable[[Sequence[Todo]], str] | None
) -> Act:
    """Return what calls one tool."""

    async def act(given: dict[str, object]) -> ToolAnswer:
        result = await tools.call(context, name, given)
        if name == "TodoWrite" and result.ok:
            items = [{"text": todo.content, "state": todo.status} for todo in context.todos]
            place.control.emit("todo_changed", items=items)
            problem = await asyncio.to_thread(on_plan, tuple(context.todos)) if on_plan else ""
            if problem:
                place.control.emit("problem_found", severity="warning", message=problem)
        for problem in result.problems:
            place.control.emit("problem_found", severity="warning", message=problem)
        return ToolAnswer(result.ok, result.content, result.summary)

    return act


def ask_person(place: Workplace, unblocks: Sequence[str]) -> Action:
    """Return the tool that asks a person and waits for the answer."""
    properties = {
        "question": {"type": "string", "description": "One specific question, with what you know already"},
        "options": {"type": "array", "items": {"type": "string"}, "description": "Answers to choose from"},
    }
    definition = schema_of(
        "AskUserQuestion", "Asks a person, and waits for the answer.", properties, ["question"]
    )

    async def act(given: dict[str, object]) -> ToolAnswer:
        question = str(given.get("question") or "").strip()
        if not question:
            return ToolAnswer(False, "the question is empty")
        answer = await place.ask("question", question, texts_of(given.get("options")), unblocks=unblocks)
        return ToolAnswer(True, answer, f"answered: {answer}")

    return Action(definition, act, repeatable=True, steps=True, waits=True)


def escalate(place: Workplace, unblocks: Sequence[str]) -> Action:
    """Return the tool with which an agent that cannot go on calls somebody who can."""
    properties = {
        "to": {
            "type": "string",
            "enum": list(TARGETS),
            "description": "model: a stronger model goes on here",
        },
        "reason": {"type": "string", "description": "What stands in the way, and what you have tried"},
    }
    about = (
        "Stops your work where you cannot go on by yourself, and calls the lead, the project manager, "
        "a person, or a stronger model. You get the answer, and go on."
    )
    definition = schema_of("Escalate", about, properties, ["to", "reason"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        to, reason = str(given.get("to") or "human").strip(), str(given.get("reason") or "").strip()
        if to not in TARGETS or not reason:
            return ToolAnswer(False, f"an escalation needs `to` (one of: {', '.join(TARGETS)}) and `reason`")
        if to == "model":
            place.tell("escalate_requested", to=to, reason=reason)
            return ToolAnswer(True, "a stronger model goes on from here", "escalated to a stronger model")
        answer = await place.ask("escalation", reason, to=to, unblocks=unblocks)
        return ToolAnswer(True, answer, f"answered: {answer}")

    return Action(definition, act, repeatable=True, steps=True, waits=True)


def texts_of(value: object) -> list[str]:
    """Return the texts of a list that a model gave."""
    return [str(part) for part in value][:20] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def schema_of(name: str, description: str, properties: dict[str, Any], required: Sequence[str]) -> Block:
    """Return a tool's definition as the Messages API takes it."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"name": name, "description": description, "input_schema": schema}
