"""Outputs too long to show: kept whole in a file that the agent can read, outside of its worktree."""

from __future__ import annotations

import re
from contextlib import suppress

from msgspec.structs import replace

from agentboard_agents.sandbox.box import Box
from agentboard_agents.tools.context import ToolContext
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.layout import Coordination

__all__ = ["PLACE", "boxed", "fenced", "fitted", "is_output"]

PLACE = "/agentboard-output"
"""What the agent calls the directory, for its file tools and in its commands."""

LARGEST = 8 * 1024 * 1024
MOST_FILES = 64
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def is_output(path: str) -> bool:
    """Tell whether a path leads to a kept output."""
    return path.startswith(f"{PLACE}/")


def fitted(context: ToolContext, name: str, text: str, cap: int) -> str:
    """Return `text`, or its head and tail and where the whole of it is, when it is longer than `cap`."""
    if len(text) <= cap:
        return text
    half = cap // 2
    where = _kept(context, name, text)
    missing = f"… [{len(text) - 2 * half:,} characters left out{where}] …"
    return f"{text[:half]}\n{missing}\n{text[-half:]}"


def _kept(context: ToolContext, name: str, text: str) -> str:
    """Keep a text and say where; a disk that takes none costs the middle of the text, not the call."""
    if context.outputs is None:
        return ""
    try:
        number = _room(context.outputs)
        file = f"{number:04d}-{UNSAFE.sub('-', name)[:40]}.txt"
        context.outputs.write(file, text.encode("utf-8", "replace")[:LARGEST])
    except FileFault:
        return ""
    return f"; all of it: Read {PLACE}/{file}"


def _room(outputs: Root) -> int:
    """Return the next number, and make room for it: of many files the oldest goes."""
    names = sorted(entry.name for entry in outputs.entries() if entry.kind == "file")
    for name in names[: max(0, len(names) - MOST_FILES + 1)]:
        with suppress(FileFault):
            outputs.remove(name)
    last = names[-1].partition("-")[0] if names else ""
    return int(last) + 1 if last.isdigit() else 1


def fenced(box: Box, fence: tuple[str, ...] | None, shared: Coordination) -> Box:
    """Return a box in which only the fence and the team's live files can be written."""
    return box if fence is None else replace(box, fence=(*fence, *shared.directories, *shared.files))


def boxed(context: ToolContext) -> Box:
    """Return the box of a command: what it may write, and the kept outputs to be read."""
    box = fenced(context.box, context.fence, context.coordination)
    if context.outputs is None:
        return box
    return replace(box, read_only=(*box.read_only, (context.outputs.path, PLACE)))
