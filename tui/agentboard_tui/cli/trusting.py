"""`trust`: what the repository wants to run or to allow, and the yes that is remembered outside of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import msgspec

from agentboard_agents.project import Project
from agentboard_agents.survey import survey
from agentboard_agents.trust import Trust, Want, load_trust
from agentboard_agents.trust_wants import wants
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.output import Output

__all__ = ["trust"]

WORDS = {
    "gate": "run as a quality gate",
    "mcp": "start an MCP server",
    "hook": "run a hook (agentboard itself runs none)",
    "setup": "run when a work tree is made",
    "copy": "copy into each work tree, where agents read it",
    "allow": "let agents do unasked",
    "permissionMode": "let agents ask less",
}
"""Kind of a wish to what it means."""


def trust(options: argparse.Namespace, output: Output) -> int:
    """Show what the repository wants; with a yes, remember it. Exit 1 while something waits for one."""
    place = options.place or options.directory or "."
    if not os.path.isdir(place):
        raise Failure(f"no such directory: {place}", Exit.USAGE)
    project = Project.open(place)
    found, known = wants(survey(project)), load_trust(project)
    new = [one for one in found if not known.has(one)]
    if output.json and not options.yes:
        show(found, known, output)
        return Exit.FAILED if new else Exit.DONE
    if not output.json:
        show(found, known, output)
    if new and not (options.yes or agreed(len(new), project, output)):
        output.say(f"{len(new)} not trusted: they do not run, and allow nothing (agentboard trust --yes)")
        return Exit.FAILED
    known = known.remember(new) if new else known
    if output.json:
        show(found, known, output)
    output.say(
        "all of it is trusted, as it stands now" if found else "this repository wants nothing of its own"
    )
    return Exit.DONE


def show(found: Sequence[Want], known: Trust, output: Output) -> None:
    """Print each wish with its exact content."""
    if output.json:
        output.value([{**msgspec.to_builtins(one), "trusted": known.has(one)} for one in found])
        return
    for one in found:
        mark = "trusted" if known.has(one) else "NEW"
        output.line(f"{mark:8}{WORDS.get(one.kind, one.kind)}: {one.name}  ({one.file})")
        if one.detail != one.name:
            output.raw("\n".join(f"        {line}" for line in one.detail.splitlines()))


def agreed(count: int, project: Project, output: Output) -> bool:
    """Ask at the keyboard; where there is none the answer is no."""
    if not sys.stdin.isatty() or output.json:
        return False
    output.say(f"Trust these {count} for {project.root}? They are asked for again when they change. [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
