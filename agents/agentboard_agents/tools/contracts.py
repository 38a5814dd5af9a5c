"""Contracts in the shared artifacts, checked as they are written: the agent is told what does not hold."""

from __future__ import annotations

import asyncio
import posixpath
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice

from msgspec.structs import replace

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.spec import ToolResult
from agentboard_tasks.files import Entry, FileFault, Stamp
from agentboard_tasks.model import Problem
from agentboard_tasks.workspace_artifacts import artifact_kind, read_artifact

__all__ = ["checked"]

WRITING = frozenset({"Write", "Edit", "MultiEdit", "Bash"})
KINDS = frozenset({"schema", "openapi", "json", "summary", "outcome"})
"""Kinds of artifacts that others rely on to have a form."""

MOST_FILES = 500
MOST_ENTRIES = 5_000
MOST_TOLD = 10
Stamps = dict[str, Stamp]


async def checked(context: ToolContext, name: str, act: Callable[[], Awaitable[ToolResult]]) -> ToolResult:
    """Use a tool; where it leaves a contract that does not hold, the result says which, where and why."""
    if name not in WRITING or not context.coordination.artifacts:
        return await act()
    before = await asyncio.to_thread(stamps, context)
    result = await act()
    problems = await asyncio.to_thread(problems_since, context, before)
    if not problems:
        return result
    found = tuple(f"{one.file}:{one.line}:{one.column}: {one.message}" for one in problems[:MOST_TOLD])
    told = "\n".join(
        ["Other agents rely on what you wrote, and it does not hold:", *(f"- {one}" for one in found)]
    )
    return replace(result, content=f"{result.content}\n\n{told}", problems=found)


def stamps(context: ToolContext) -> Stamps:
    """Return how each contract is now."""
    found: Stamps = {}
    for path in islice(contracts(context), MOST_FILES):
        stamp = context.project.stamp(path)
        if stamp is not None:
            found[path] = stamp
    return found


def contracts(context: ToolContext) -> Iterator[str]:
    """Yield the contracts in the directories of artifacts, the upper ones first, without what is hidden."""
    directories = deque(context.coordination.artifacts)
    seen = 0
    while directories and seen < MOST_ENTRIES:
        directory = directories.popleft()
        entries = listed(context, directory)
        seen += len(entries) + 1
        for entry in entries:
            path = posixpath.join(directory, entry.name)
            if entry.kind == "directory":
                directories.append(path)
            elif artifact_kind(path) in KINDS:
                yield path


def listed(context: ToolContext, directory: str) -> list[Entry]:
    """Return what is in a directory, nothing where it cannot be read."""
    try:
        return [entry for entry in context.project.entries(directory) if not entry.name.startswith(".")]
    except FileFault:
        return []


def problems_since(context: ToolContext, before: Stamps) -> list[Problem]:
    """Return what is wrong with the contracts that changed."""
    found: list[Problem] = []
    for path, stamp in stamps(context).items():
        if before.get(path) != stamp:
            artifact, _ = read_artifact(context.project, path, stamp, None)
            found += artifact.problems
    return found
