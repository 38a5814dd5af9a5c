"""BashOutput and KillShell: what became of a command in the background."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.outputs import fitted
from agentboard_agents.tools.shells import Shell
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import one_line

__all__ = ["BashOutputArguments", "KillShellArguments", "bash_output", "kill_shell"]

CAP = 30_000
GONE = "it is not known: a background command ends with the worker that started it, and with its run"


class BashOutputArguments(Arguments, frozen=True):
    """Which background command, and which of its lines."""

    bash_id: Annotated[str, Meta(min_length=1, max_length=40, description="The name that Bash gave it")]
    filter: Annotated[str, Meta(max_length=1_000, description="Only lines with this text")] = ""


class KillShellArguments(Arguments, frozen=True):
    """Which background command."""

    shell_id: Annotated[str, Meta(min_length=1, max_length=40, description="The name that Bash gave it")]


async def bash_output(context: ToolContext, arguments: BashOutputArguments) -> ToolResult:
    """Show what a background command said since it was last asked."""
    shell = _found(context, arguments.bash_id)
    heard = shell.heard()
    lines = heard.text.splitlines()
    if arguments.filter:
        lines = [line for line in lines if _matches(arguments.filter, line)]
    text = fitted(context, shell.name, "\n".join(lines), CAP) or "(nothing new)"
    lost = [f"[{heard.dropped:,} bytes before this were dropped]"] if heard.dropped else []
    content = "\n".join([*lost, text, f"[{heard.state}]"])
    return ToolResult(True, content, f"BashOutput {shell.name} {heard.state}")


async def kill_shell(context: ToolContext, arguments: KillShellArguments) -> ToolResult:
    """End a background command."""
    shell = _found(context, arguments.shell_id)
    await shell.end()
    return ToolResult(True, f"{shell.name}: {shell.state}", f"KillShell {one_line(shell.command)}")


def _matches(wanted: str, line: str) -> bool:
    """Tell whether a line holds one of the texts that `|` separates; no pattern of the model runs."""
    return any(part in line for part in re.split(r"\|", wanted) if part)


def _found(context: ToolContext, name: str) -> Shell:
    shell = context.shells.find(name) if context.shells else None
    if shell is None:
        known = ", ".join(context.shells.names) if context.shells else ""
        raise ToolRefused(f"no background command {one_line(name)!r} ({known or 'there is none'}); {GONE}")
    return shell
