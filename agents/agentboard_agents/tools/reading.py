"""Read: a text file with numbered lines, a page at a time."""

from __future__ import annotations

import asyncio
import difflib
import posixpath
from typing import Annotated

from msgspec import Meta

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import Place, reason_of, resolve
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import decoded, looks_binary, numbered
from agentboard_tasks.files import FileFault, Missing, TooLarge

__all__ = ["ReadArguments", "bytes_of", "read"]

CAP = 16 * 1024 * 1024
LINES = 2_000
CHARACTERS = 100_000


class ReadArguments(Arguments, frozen=True):
    """Which file, and which of its lines."""

    file_path: Annotated[str, Meta(description="The file: absolute, or relative to your working directory")]
    offset: Annotated[int, Meta(ge=1, description="First line to show, counted from 1")] = 1
    limit: Annotated[int, Meta(ge=1, description="How many lines to show")] = LINES


async def read(context: ToolContext, arguments: ReadArguments) -> ToolResult:
    """Show lines of a file."""
    place = resolve(context, arguments.file_path)
    data = await asyncio.to_thread(bytes_of, place)
    if place.shared:
        context.seen[place.rel] = data
    if looks_binary(data):
        raise ToolRefused(
            f"{place.shown} is a binary file of {len(data):,} bytes; look at it with Bash (file, xxd)"
        )
    lines = decoded(data).removeprefix("\ufeff").removesuffix("\n").split("\n") if data else []
    page = lines[arguments.offset - 1 :][: arguments.limit]
    if lines and not page:
        raise ToolRefused(
            f"{place.shown} has {len(lines):,} lines; line {arguments.offset:,} is beyond its end"
        )
    page = _fitting(page)
    content = numbered(page, arguments.offset) if page else "(the file is empty)"
    left = len(lines) - (arguments.offset - 1) - len(page)
    if left > 0:
        content += f"\n… {left:,} more lines; continue with offset={arguments.offset + len(page)}"
    return ToolResult(True, content, f"Read {place.shown} {len(page)} lines")


def _fitting(lines: list[str]) -> list[str]:
    """Return the first lines that together are short enough to show; at least one."""
    room = CHARACTERS
    for count, line in enumerate(lines):
        room -= min(len(line), LINES) + 8
        if room < 0:
            return lines[: max(1, count)]
    return lines


def bytes_of(place: Place) -> bytes:
    """Return a whole file.

    Raises:
        ToolRefused: when it cannot be read, with what to do instead.
    """
    try:
        return place.root.read(place.rel, CAP).data
    except Missing:
        raise ToolRefused(_missing(place)) from None
    except TooLarge as fault:
        raise ToolRefused(f"{place.shown}: {fault.reason}; use Grep, or Bash with sed -n") from None
    except FileFault as fault:
        stamp = _directory(place)
        raise ToolRefused(
            f"{place.shown} is a directory; use LS" if stamp else reason_of(fault, place)
        ) from None


def _directory(place: Place) -> bool:
    try:
        place.root.entries(place.rel)
    except FileFault:
        return False
    return True


def _missing(place: Place) -> str:
    """Say that a file is not there, and which name it may be meant for."""
    above, name = posixpath.split(place.rel)
    try:
        names = [entry.name for entry in place.root.entries(above)]
    except FileFault:
        return f"{place.shown} does not exist, nor does its directory"
    near = difflib.get_close_matches(name, names[:2_000], n=1)
    return f"{place.shown} does not exist" + (f"; did you mean {near[0]}?" if near else "")
