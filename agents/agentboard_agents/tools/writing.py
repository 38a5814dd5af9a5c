"""Write, Edit, MultiEdit: whole files and replacements, in the worktree or in the team's live files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import Place, reason_of, writable
from agentboard_agents.tools.reading import bytes_of
from agentboard_agents.tools.replacing import replaced
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import changed_lines, decoded, encoded, like, looks_binary, numbered
from agentboard_tasks.edit_merge import Overlap, merge
from agentboard_tasks.files import FileFault, Missing

__all__ = [
    "EditArguments",
    "MultiEditArguments",
    "Replacement",
    "WriteArguments",
    "change_file",
    "edit",
    "multi_edit",
    "write",
]

LARGEST = 4 * 1024 * 1024
AROUND = 3
FilePath = Annotated[str, Meta(description="The file: absolute, or relative to your working directory")]
Old = Annotated[str, Meta(description="Text to replace, exactly as it is in the file")]
New = Annotated[str, Meta(description="Text to put in its place")]
All = Annotated[bool, Meta(description="Replace every occurrence instead of exactly one")]


class WriteArguments(Arguments, frozen=True):
    """A file and its whole content."""

    file_path: FilePath
    content: Annotated[str, Meta(description="The whole new content")]


class EditArguments(Arguments, frozen=True):
    """A file and one replacement."""

    file_path: FilePath
    old_string: Old
    new_string: New
    replace_all: All = False


class Replacement(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several replacements."""

    old_string: Old
    new_string: New
    replace_all: All = False


class MultiEditArguments(Arguments, frozen=True):
    """A file and replacements, made in turn, all or none."""

    file_path: FilePath
    edits: Annotated[
        list[Replacement], Meta(min_length=1, max_length=200, description="Made in turn; all of them or none")
    ]


async def write(context: ToolContext, arguments: WriteArguments) -> ToolResult:
    """Create a file or replace all of it."""
    place = writable(context, arguments.file_path)
    encoded(arguments.content)

    seen = context.seen.get(place.rel)

    def whole(before: str | None) -> str:
        wanted = like(before or "", arguments.content)
        live = place.shared and before and not _own_report(context, place)
        return _merged(place, seen, before or "", wanted) if live else wanted

    before, after = await asyncio.to_thread(change_file, context, place, whole, "Write")
    verb = "Created" if before is None else "Replaced"
    lines = len(after.splitlines())
    return ToolResult(
        True, f"{verb} {place.shown} ({lines} lines)", _summary("Write", place, before or "", after)
    )


def _own_report(context: ToolContext, place: Place) -> bool:
    """Whether a file is what the agent itself reports at its end: each run writes it anew."""
    name = place.rel.rpartition("/")[2]
    return name in {f"{context.agent}-summary.md", f"{context.agent}-outcome.md"}


def _merged(place: Place, seen: bytes | None, before: str, wanted: str) -> str:
    """Return what a whole new content means for a live file that others change as well."""
    if seen is None:
        raise ToolRefused(
            f"{place.shown} is the team's live file; Read it before you replace it, or use Edit"
        )
    try:
        return decoded(merge(seen, encoded(before), encoded(wanted)))
    except Overlap:
        raise ToolRefused(f"{place.shown} was changed by others since you read it; Read it again") from None


async def edit(context: ToolContext, arguments: EditArguments) -> ToolResult:
    """Make one replacement."""
    one = Replacement(arguments.old_string, arguments.new_string, arguments.replace_all)
    return await _edited(context, "Edit", arguments.file_path, [one])


async def multi_edit(context: ToolContext, arguments: MultiEditArguments) -> ToolResult:
    """Make several replacements, all or none."""
    return await _edited(context, "MultiEdit", arguments.file_path, arguments.edits)


async def _edited(context: ToolContext, tool: str, path: str, edits: list[Replacement]) -> ToolResult:
    place = writable(context, path)
    counts: list[int] = []

    def in_turn(before: str | None) -> str:
        text = before or ""
        counts.clear()
        for number, one in enumerate(edits, 1):
            text, count = _one(text, one, number if len(edits) > 1 else 0)
            counts.append(count)
        return text

    def existing() -> tuple[str | None, str]:
        if looks_binary(bytes_of(place)):
            raise ToolRefused(f"{place.shown} is a binary file")
        return change_file(context, place, in_turn, tool)

    before, after = await asyncio.to_thread(existing)
    content = f"Edited {place.shown}: {sum(counts)} replacement{'s' if sum(counts) > 1 else ''}\n"
    return ToolResult(
        True, content + _snippet(before or "", after), _summary(tool, place, before or "", after)
    )


def _one(text: str, edit: Replacement, number: int) -> tuple[str, int]:
    encoded(edit.new_string)
    try:
        return replaced(text, edit.old_string, edit.new_string, everywhere=edit.replace_all)
    except ToolRefused as refused:
        raise ToolRefused(
            f"edit {number}: {refused.reason}; none was made" if number else refused.reason
        ) from None


def change_file(
    context: ToolContext, place: Place, change: Callable[[str | None], str], tool: str
) -> tuple[str | None, str]:
    """Change a file; in a live file the change is made to what is there at that moment."""
    seen: list[str | None] = [None]
    made: list[str] = [""]

    def patch(data: bytes) -> bytes:
        seen[0] = decoded(data)
        made[0] = change(seen[0])
        return encoded(made[0])

    try:
        if place.shared:
            context.editor.apply(place.rel, patch, why=f"{tool} by {context.agent}", create=tool == "Write")
            context.seen[place.rel] = encoded(made[0])
        else:
            before = _existing(place)
            after = patch(before) if before is not None else encoded(change(None))
            seen[0], made[0] = None if before is None else decoded(before), decoded(after)
            _refuse_huge(after)
            place.root.write(place.rel, after)
    except FileFault as fault:
        raise ToolRefused(reason_of(fault, place)) from None
    return seen[0], made[0]


def _existing(place: Place) -> bytes | None:
    try:
        return place.root.read(place.rel, LARGEST * 4).data
    except Missing:
        return None


def _refuse_huge(data: bytes) -> None:
    if len(data) > LARGEST * 4:
        raise ToolRefused(f"the file would have {len(data):,} bytes, more than {LARGEST * 4:,}")


def _summary(tool: str, place: Place, before: str, after: str) -> str:
    came, went = changed_lines(before, after)
    return f"{tool} {place.shown} +{came} −{went}"


def _snippet(before: str, after: str) -> str:
    """Return the lines around the first change, as they are now."""
    old, new = before.split("\n"), after.split("\n")
    pairs = zip(old, new, strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)) - 1)
    came, _ = changed_lines(before, after)
    start = max(0, first - AROUND)
    return numbered(new[start : first + min(came, 20) + AROUND], start + 1)
