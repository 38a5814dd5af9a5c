"""Bash: a command in the sandbox, in the agent's working directory."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta

from agentboard_agents.sandbox.box import Finished, Sandbox, SandboxRefused
from agentboard_agents.sandbox.landlock import Unconfined
from agentboard_agents.tools import shared_files
from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.outputs import boxed, fitted
from agentboard_agents.tools.paths import working_path
from agentboard_agents.tools.shells import TooMany
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import encoded, one_line
from agentboard_tasks.files import FileFault

__all__ = ["BashArguments", "bash"]

CAP = 30_000
WHOLE = 4 * 1024 * 1024
"""Bytes of output that are kept for a look at all of it."""

DEFAULT = 120_000
LONGEST = 600_000
COMMAND_CAP = 100_000


class BashArguments(Arguments, frozen=True):
    """A command and how long it may take."""

    command: Annotated[str, Meta(min_length=1, max_length=COMMAND_CAP, description="The command, for bash")]
    timeout: Annotated[int, Meta(ge=1, le=LONGEST, description="Milliseconds; default 120000")] = DEFAULT
    description: Annotated[str, Meta(description="What it does, in a few words")] = ""
    run_in_background: Annotated[
        bool, Meta(description="Return at once; BashOutput shows what it says, KillShell ends it")
    ] = False


async def bash(context: ToolContext, arguments: BashArguments) -> ToolResult:
    """Run a command to its end."""
    if b"\0" in encoded(arguments.command):
        raise ToolRefused("a command cannot hold a NUL")
    sandbox = await _allowed(context, arguments.command)
    if arguments.run_in_background:
        return await _left_running(context, sandbox, arguments.command)
    lent = await asyncio.to_thread(_prepared, context)
    try:
        finished = await sandbox.run(
            boxed(context),
            ["bash", "-c", arguments.command],
            cwd=working_path(context),
            timeout=arguments.timeout / 1_000,
            cap=WHOLE if context.outputs else CAP,
        )
    except SandboxRefused as refused:
        raise ToolRefused(refused.reason) from None
    finally:
        notes = await asyncio.shield(asyncio.to_thread(shared_files.bring_back, context, lent))
    return _result(context, arguments, finished, notes)


async def _left_running(context: ToolContext, sandbox: Sandbox, command: str) -> ToolResult:
    """Start a command and leave it to itself."""
    if context.shells is None:
        raise ToolRefused("nothing can be left running here; run it without run_in_background")
    await asyncio.to_thread(_working_directory, context)
    try:
        shell = await context.shells.start(sandbox, boxed(context), command, working_path(context))
    except SandboxRefused as refused:
        raise ToolRefused(refused.reason) from None
    except TooMany as fault:
        raise ToolRefused(str(fault)) from None
    content = f"{shell.name} runs in the background; see BashOutput and KillShell. It ends with your task."
    return ToolResult(True, content, f"Bash {one_line(command)} → {shell.name}")


async def _allowed(context: ToolContext, command: str) -> Sandbox:
    """Return what runs the command: the sandbox, or after a yes to these exact bytes what else there is."""
    if not context.sandbox.asks:
        return context.sandbox
    if context.ask is None:
        raise ToolRefused(
            f"no safe sandbox here ({context.sandbox.reason}) and nobody to ask; use the file tools"
        )
    if not await context.ask("Bash", command):
        raise ToolRefused("a person said no to this command; find another way or ask why")
    return Unconfined() if context.sandbox.name == "none" else context.sandbox


def _prepared(context: ToolContext) -> shared_files.Loan:
    """Make the working directory, and lend the live files."""
    _working_directory(context)
    return shared_files.lend(context)


def _working_directory(context: ToolContext) -> None:
    if context.working_directory:
        try:
            context.worktree.make_directory(context.working_directory)
        except FileFault as fault:
            raise ToolRefused(f"the working directory cannot be used: {fault.reason}") from None


def _result(
    context: ToolContext, arguments: BashArguments, finished: Finished, notes: list[str]
) -> ToolResult:
    ended = f"exit {finished.exit_code}"
    if finished.timed_out:
        ended = f"timed out after {arguments.timeout / 1_000:g} s"
    elif finished.stopped:
        ended = f"stopped: {finished.stopped}"
    output = finished.output.rstrip("\n")
    output = fitted(context, "bash", output, CAP) if context.outputs else output
    parts = [output, f"[{ended}]", *notes]
    ok = finished.exit_code == 0 and not finished.stopped
    summary = f"Bash {one_line(arguments.command)} → {ended}"
    return ToolResult(ok, "\n".join(part for part in parts if part), summary)
