"""Glob and LS: which files there are."""

from __future__ import annotations

import asyncio
import posixpath
from typing import Annotated

from msgspec import Meta

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import reason_of, resolve, shown
from agentboard_agents.tools.patterns import PathPattern
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import one_line
from agentboard_agents.tools.walking import SKIPPED, Found, Walk, listing
from agentboard_tasks.files import FileFault

__all__ = ["GlobArguments", "LsArguments", "glob", "ls"]

MOST_FOUND = 200
MOST_LISTED = 400
DEEPEST = 3


class GlobArguments(Arguments, frozen=True):
    """A path pattern and where to look."""

    pattern: Annotated[str, Meta(description="Such as **/*.py or src/**/test_*.{ts,tsx}")]
    path: Annotated[str | None, Meta(description="Directory to look in; default: your working directory")] = (
        None
    )


class LsArguments(Arguments, frozen=True):
    """A directory, and names to leave out."""

    path: Annotated[str, Meta(description="The directory; default: your working directory")] = "."
    ignore: Annotated[list[str], Meta(max_length=50, description="Name patterns to leave out")] = []  # noqa: RUF012  msgspec copies it


async def glob(context: ToolContext, arguments: GlobArguments) -> ToolResult:
    """Find files by name, the newest first."""
    place = resolve(context, arguments.path or ".")
    start, text = _start_of(context, place.rel, arguments.pattern)
    pattern = PathPattern(text)
    walk = Walk(context, start)

    def search() -> list[Found]:
        return [
            found for found in walk.files() if pattern.matches(posixpath.relpath(found.rel, start or "."))
        ]

    try:
        found = await asyncio.to_thread(search)
    except FileFault as fault:
        raise ToolRefused(reason_of(fault, place)) from None
    found.sort(key=lambda one: (-one.entry.stamp.mtime_ns, one.rel))
    lines = [shown(context, one.rel) for one in found[:MOST_FOUND]] or ["no file matches"]
    if len(found) > MOST_FOUND:
        lines.append(f"… {len(found) - MOST_FOUND:,} more; use a narrower pattern")
    if walk.stopped:
        lines.append("… the search stopped early: too many files; give a path")
    return ToolResult(True, "\n".join(lines), f"Glob {one_line(arguments.pattern)} {len(found)} files")


def _start_of(context: ToolContext, rel: str, pattern: str) -> tuple[str, str]:
    """Return where to search and for what: the fixed directories in front of a pattern become its start."""
    fixed: list[str] = []
    names = pattern.split("/")
    while len(names) > 1 and not any(sign in names[0] for sign in "*?[{"):
        fixed.append(names.pop(0))
    if not fixed:
        return rel, pattern
    prefix = "/".join(fixed) or "/"
    absolute = prefix if prefix.startswith("/") else "/project/" + posixpath.join(rel, prefix)
    return resolve(context, absolute).rel, "/".join(names)


async def ls(context: ToolContext, arguments: LsArguments) -> ToolResult:
    """Show a directory as a tree."""
    place = resolve(context, arguments.path or ".")
    ignored = [PathPattern(pattern, anywhere=True) for pattern in arguments.ignore]
    tree = _Tree(context, ignored)
    try:
        await asyncio.to_thread(tree.grow, place.rel, 0)
    except FileFault as fault:
        raise ToolRefused(reason_of(fault, place)) from None
    content = "\n".join([f"{place.shown}/", *tree.lines])
    if tree.cut:
        content += f"\n… more than {MOST_LISTED} entries; list a directory of it, or use Glob"
    return ToolResult(True, content, f"LS {place.shown} {len(tree.lines)} entries")


class _Tree:
    """Lines of a directory tree, cut when they are too many."""

    def __init__(self, context: ToolContext, ignored: list[PathPattern]) -> None:
        self.lines: list[str] = []
        self.cut = False
        self._context = context
        self._ignored = ignored

    def grow(self, rel: str, depth: int) -> None:
        """Add the entries of a directory and of those in it."""
        for _, entry in listing(self._context, rel):
            path = posixpath.join(rel, entry.name)
            if any(pattern.matches(path) for pattern in self._ignored):
                continue
            if len(self.lines) >= MOST_LISTED:
                self.cut = True
                return
            mark = {"directory": "/", "link": " (link, not followed)", "other": " (special)"}.get(
                entry.kind, ""
            )
            self.lines.append(f"{'  ' * (depth + 1)}{entry.name}{mark}")
            if entry.kind == "directory" and entry.name not in SKIPPED and depth + 1 < DEEPEST:
                self.grow(path, depth + 1)
