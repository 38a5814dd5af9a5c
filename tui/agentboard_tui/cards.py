"""Tasks, definitions and messages as lines to read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentboard_agents.board_files import STATE_LABELS
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.projection_people import Message
from agentboard_tasks.model import Severity, Task
from agentboard_tui.age import clock
from agentboard_tui.widgets.sheet import heading, texts
from agentboard_tui.widgets.spans import Span, say

__all__ = ["PROBLEM_STYLES", "definition_lines", "message_lines", "task_lines"]

MOST_MESSAGES = 200
PROBLEM_STYLES = {Severity.ERROR: "p-fault", Severity.WARNING: "p-ask", Severity.INFO: "p-dim"}
Line = list[Span]


def task_lines(task: Task) -> Iterator[Line]:
    """Return a task with all that its file says of it."""
    yield [say(f"{task.key}  " if len(task.key) < 8 else "", "p-key"), say(task.title, "p-name")]
    facts = [STATE_LABELS[task.state], task.agent or "nobody's", f"{task.source.file}:{task.source.line}"]
    facts += [f"priority {task.priority}"] if task.priority is not None else []
    facts += [f"after {', '.join(task.depends_on)}"] if task.depends_on else []
    yield [say(" · ".join(facts), "p-dim")]
    if task.reason:
        yield [say(f"blocked: {task.reason}", "p-ask")]
    if task.contradiction is not None:
        words = f"its section says {task.contradiction.section}, its box {task.contradiction.box}"
        yield [say(words, "p-fault")]
    for title, parts in (("CRITERIA", task.criteria), ("NOTES", task.notes)):
        if parts:
            yield from heading(title)
            yield from ([say(f"- {part}")] for part in parts)
    if task.body.strip():
        yield from heading("DETAIL")
        yield from texts(task.body)


def definition_lines(agent: AgentDefinition) -> Iterator[Line]:
    """Return an agent's definition: facts, what is wrong with the file, its prompt."""
    yield [say(agent.name, "p-name"), say(f"  {agent.file}", "p-dim")]
    yield [say(agent.description)]
    tools = ", ".join(agent.tools) if agent.tools is not None else "all"
    facts = [("way of working", agent.protocol), ("model", agent.model or "default"), ("tools", tools)]
    facts += [("lead", agent.lead or ""), ("peers", ", ".join(agent.peers)), ("list", agent.task_list or "")]
    facts += [("works in", agent.working_directory or ""), ("prd", agent.prd or "")]
    yield []
    yield from ([say(f"{name:<15} ", "p-dim"), say(value)] for name, value in facts if value)
    if agent.problems:
        yield from heading("PROBLEMS IN THE FILE")
    for problem in agent.problems:
        style = PROBLEM_STYLES.get(problem.severity, "p-dim")
        yield [say(f"{problem.severity} line {problem.line}: ", style), say(problem.message)]
        if problem.hint:
            yield [say(f"   {problem.hint}", "p-dim")]
    yield from heading("PROMPT")
    yield from texts(agent.body)


RECEIPTS = {"queued": "p-ask", "delivered": "p-dim", "read": "p-dim", "acted": "p-ok"}


def message_lines(messages: Sequence[Message], nothing: str) -> Iterator[Line]:
    """Return messages with their receipts, the newest last."""
    if not messages:
        yield [say(nothing, "p-dim")]
    for message in messages[-MOST_MESSAGES:]:
        head = f"{clock(message.since)} {message.sender} → {message.agent}"
        yield [say(head, "p-key"), say(f"  {message.state}", RECEIPTS.get(message.state, "p-dim"))]
        yield from ([say("  "), *line] for line in texts(message.text, limit=40))
