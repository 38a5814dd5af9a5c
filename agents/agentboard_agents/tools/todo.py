"""TodoRead and TodoWrite: an agent's own plan for the task at hand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agentboard_agents.tools.context import Todo, ToolContext
from agentboard_agents.tools.spec import Arguments, ToolResult

__all__ = ["TodoReadArguments", "TodoWriteArguments", "keep", "todo_read", "todo_write"]

MARKS = {"completed": "x", "in_progress": "~", "pending": " "}


class TodoLine(Struct, frozen=True):
    """One line of the plan; models add ids and priorities, which nothing needs."""

    content: Annotated[str, Meta(min_length=1, max_length=500, description="What to do")]
    status: Literal["pending", "in_progress", "completed"]
    active_form: Annotated[str, Meta(max_length=500, description="The same, as what is being done")] = field(
        default="", name="activeForm"
    )


class TodoWriteArguments(Arguments, frozen=True):
    """The whole plan, which replaces the one before."""

    todos: Annotated[list[TodoLine], Meta(max_length=100)]


class TodoReadArguments(Arguments, frozen=True):
    """Nothing."""


def keep(context: ToolContext, arguments: TodoWriteArguments) -> None:
    """Make the plan what `arguments` say."""
    context.todos[:] = [Todo(line.content, line.status, line.active_form) for line in arguments.todos]


async def todo_write(context: ToolContext, arguments: TodoWriteArguments) -> ToolResult:
    """Replace the plan."""
    keep(context, arguments)
    done = sum(1 for todo in context.todos if todo.status == "completed")
    return ToolResult(True, _plan(context), f"TodoWrite {done}/{len(context.todos)} done")


async def todo_read(context: ToolContext, arguments: TodoReadArguments) -> ToolResult:  # noqa: ARG001
    """Show the plan."""
    return ToolResult(True, _plan(context), f"TodoRead {len(context.todos)} items")


def _plan(context: ToolContext) -> str:
    lines = [f"- [{MARKS.get(todo.status, ' ')}] {todo.content}" for todo in context.todos]
    return "\n".join(lines) or "the plan is empty"
