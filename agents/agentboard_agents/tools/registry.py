"""The tools that agents have: one table, and the one way to call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from agentboard_agents.tools import (
    background,
    contracts,
    finding,
    grep,
    notebook,
    notebook_edit,
    reading,
    shell,
    todo,
    writing,
)
from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.spec import Arguments, Tool, ToolResult, ToolSpec, schema
from agentboard_agents.tools.text import one_line
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault

__all__ = ["SPECS", "api_definitions", "call", "recall"]

SHARED = "Paths of the team's task lists, PRDs, logs, artifacts and memory lead to the one live copy."


def _tool(
    name: str,
    arguments: type[Arguments],
    act: Callable[[ToolContext, Any], Awaitable[ToolResult]],
    description: str,
    *,
    repeatable: bool = True,
) -> Tool:
    return Tool(ToolSpec(name, description, schema(arguments), repeatable), arguments, act)


_TABLE = (
    _tool(
        "Read",
        reading.ReadArguments,
        reading.read,
        "Shows a text file with line numbers, at most 2,000 lines at a time; offset and limit "
        "page through it. What follows the tab on each line is the file's own text. " + SHARED,
    ),
    _tool(
        "Write",
        writing.WriteArguments,
        writing.write,
        "Creates a file, with the directories above it, or replaces all of it. Prefer Edit for a "
        "file that exists. " + SHARED,
        repeatable=False,
    ),
    _tool(
        "Edit",
        writing.EditArguments,
        writing.edit,
        "Replaces a piece of text in a file. old_string must be in it exactly once, white space "
        "included, unless replace_all is set. Line ends of the file are kept.",
        repeatable=False,
    ),
    _tool(
        "MultiEdit",
        writing.MultiEditArguments,
        writing.multi_edit,
        "Makes several replacements in one file, each on the result of the one before; if one "
        "fails, none is made.",
        repeatable=False,
    ),
    _tool(
        "Glob",
        finding.GlobArguments,
        finding.glob,
        "Finds files by path pattern (**, *, ?, [abc], {a,b}), the most recently changed first. "
        "Dependency and cache directories are left out.",
    ),
    _tool(
        "Grep",
        grep.GrepArguments,
        grep.grep,
        "Searches file contents with a regular expression of Python's re. Shows file names, or "
        "with output_mode content the lines, or counts. Binary files and dependency directories "
        "are left out.",
    ),
    _tool("LS", finding.LsArguments, finding.ls, "Shows a directory as a tree, three levels deep."),
    _tool(
        "Bash",
        shell.BashArguments,
        shell.bash,
        "Runs a command with bash in your working directory, inside a sandbox: the worktree is "
        "writable, the home directory is absent, /tmp is private to this one command, and there "
        "is usually no network. Background processes end with the command, unless run_in_background "
        "is set: then it goes on until your task ends. Of output over 30,000 characters the middle "
        "goes to a file that you can Read. git reads, but agentboard makes the commits.",
        repeatable=False,
    ),
    _tool(
        "BashOutput",
        background.BashOutputArguments,
        background.bash_output,
        "Shows what a background command said since you last asked, and whether it still runs.",
        repeatable=False,
    ),
    _tool(
        "KillShell",
        background.KillShellArguments,
        background.kill_shell,
        "Ends a background command and everything that it started.",
        repeatable=False,
    ),
    _tool("TodoRead", todo.TodoReadArguments, todo.todo_read, "Shows your own plan for this task."),
    _tool(
        "TodoWrite",
        todo.TodoWriteArguments,
        todo.todo_write,
        "Replaces your own plan for this task; it is shown to the people who watch. Keep one item"
        " in progress.",
    ),
    _tool(
        "NotebookRead",
        notebook.NotebookReadArguments,
        notebook.notebook_read,
        "Shows the cells of a Jupyter notebook with their text output.",
    ),
    _tool(
        "NotebookEdit",
        notebook_edit.NotebookEditArguments,
        notebook_edit.notebook_edit,
        "Replaces, inserts or deletes one cell of a Jupyter notebook; outputs of a cell that "
        "changes are cleared.",
        repeatable=False,
    ),
)

TOOLS: dict[str, Tool] = {tool.spec.name: tool for tool in _TABLE}
SPECS: dict[str, ToolSpec] = {name: tool.spec for name, tool in TOOLS.items()}
"""Every tool by its name."""


def api_definitions(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the definitions of those of `names` that exist, as the Messages API takes them."""
    wanted = set(names)
    return [
        {"name": spec.name, "description": spec.description, "input_schema": spec.input_schema}
        for spec in SPECS.values()
        if spec.name in wanted
    ]


async def call(context: ToolContext, name: str, arguments: object) -> ToolResult:
    """Carry out one tool call; whatever is wrong with it comes back as a result with a reason."""
    tool = TOOLS.get(name)
    if tool is None or (context.allowed is not None and name not in context.allowed):
        return _refused(name, _unknown(context, name, exists=tool is not None))
    try:
        # ValueError: msgspec.ValidationError, and text that is no text
        parsed = msgspec.convert(arguments, tool.arguments, strict=False)
    except (ValueError, RecursionError) as error:
        return _refused(name, f"wrong arguments: {error}")
    try:
        return await contracts.checked(context, name, lambda: tool.act(context, parsed))
    except (PatchRefused, EditConflict, FileFault) as fault:
        return _refused(name, fault.reason)


def recall(context: ToolContext, name: str, arguments: object) -> None:
    """Bring back what a call that succeeded, maybe in a worker before this one, left in the context."""
    if name == "TodoWrite":
        todo.keep(context, msgspec.convert(arguments, todo.TodoWriteArguments, strict=False))


def _unknown(context: ToolContext, name: str, *, exists: bool) -> str:
    allowed = [known for known in TOOLS if context.allowed is None or known in context.allowed]
    fault = "you are not allowed to use" if exists else "there is no tool"
    return f"{fault} {one_line(name)!r}; your tools are: {', '.join(allowed)}"


def _refused(name: str, reason: str) -> ToolResult:
    return ToolResult(False, reason, f"{one_line(name, 30)} refused: {one_line(reason, 80)}")
