"""The execution plan that an agent makes before it works, kept as a shared artifact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from agentboard_agents.project import slug
from agentboard_agents.redaction import redact
from agentboard_agents.runtimes.port import Block
from agentboard_agents.session import Session
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault

__all__ = ["keep_plan", "plan_in"]

HEADING = re.compile(
    r"^(?P<level>#{1,6})[ \t]+(?:\d+[.)][ \t]*)?(?:the |my )?(?:execution|implementation)[ \t]+plan\b[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
LABEL = re.compile(r"^\**(?:execution|implementation) plan\**[ \t]*:\**[ \t]*$", re.IGNORECASE | re.MULTILINE)
LEAST = 2
MOST = 64_000


async def keep_plan(session: Session) -> None:
    """Write the plan of a run into the shared artifacts, unless the agent has none."""
    text = plan_in(said_in(session.messages)) or listed(session.messages)
    if not text:
        return
    about = session.task.key if session.task else session.spec.run
    path = f"{session.shared_directory}/{session.definition.stem}-{slug(about)}-plan.md"
    title = session.task.title if session.task else session.spec.title
    data = f"# Execution plan: {' '.join(title.split())}\n\n{redact(text)[:MOST].strip()}\n".encode()

    def act() -> Any:
        try:
            session.equipment.editor.apply(path, lambda _: data, why=f"{path}: the plan", create=True)
        except (PatchRefused, EditConflict, FileFault) as fault:
            return f"{path}: the plan could not be kept: {fault}"
        return ""

    problem = await session.step("plan", act)
    if problem:
        session.tell("problem_found", severity="warning", message=problem)
    else:
        session.tell("plan_kept", file=path)


def said_in(messages: Iterable[Block]) -> str:
    """Return everything that the agent has said in a conversation."""
    texts = (
        block["text"]
        for message in messages
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "text"
    )
    return "\n\n".join(texts)


def plan_in(text: str) -> str:
    """Return the last plan in a text: what stands under its heading, up to one of the same level. Pure."""
    headings = list(HEADING.finditer(text))
    if not headings:
        labels = list(LABEL.finditer(text))
        return text[labels[-1].end() :].strip().partition("\n\n\n")[0] if labels else ""
    last = headings[-1]
    rest = text[last.end() :]
    ends = re.search(rf"^#{{1,{len(last['level'])}}}[ \t]", rest, re.MULTILINE)
    return rest[: ends.start() if ends else len(rest)].strip()


def listed(messages: Iterable[Block]) -> str:
    """Return the first plan that an agent made with its own tool, as a list; one line alone is none."""
    for message in messages:
        for block in message["content"] if message["role"] == "assistant" else ():
            lines = planned(block["input"].get("todos")) if block.get("name") == "TodoWrite" else []
            if len(lines) >= LEAST:
                return "\n".join(f"- {line}" for line in lines)
    return ""


def planned(todos: object) -> list[str]:
    """Return the lines of a plan as a model gave it, whatever it gave."""
    if not isinstance(todos, list):
        return []
    given = cast("list[object]", todos)
    lines = (str(cast("dict[str, object]", one).get("content", "")) for one in given if isinstance(one, dict))
    return [" ".join(line.split()) for line in lines if line.strip()]
