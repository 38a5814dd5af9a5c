"""What an editing tool was asked to change, as lines of a small diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, cast

__all__ = ["CHANGERS", "change_lines"]

CAP = 20_000
"""Characters of each side that are compared."""

MOST_LINES = 400
CHANGERS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})


def change_lines(tool: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return lines that begin with `+`, `-` or a space; none for a tool that changes no file."""
    if tool not in CHANGERS:
        return ()
    lines: list[str] = []
    for before, after in _pairs(tool, given):
        if lines:
            lines.append("  …")
        lines += _compared(before, after)
        if len(lines) > MOST_LINES:
            return (*lines[:MOST_LINES], "  … and more")
    return tuple(lines)


def _pairs(tool: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if tool in {"Write", "NotebookEdit"}:
        yield "", _text(given.get("content") or given.get("new_source"))
        return
    edits = given.get("edits")
    for edit in cast("list[object]", edits) if isinstance(edits, list) else [given]:
        if isinstance(edit, Mapping):
            part = cast("Mapping[str, Any]", edit)
            yield _text(part.get("old_string")), _text(part.get("new_string"))


def _text(value: object) -> str:
    return value[:CAP] if isinstance(value, str) else ""


def _compared(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    if not old:
        return [f"+ {line}" for line in new[:MOST_LINES]]
    compared = difflib.unified_diff(old[:MOST_LINES], new[:MOST_LINES], n=2, lineterm="")
    return [f"{line[0]} {line[1:]}" for line in compared if not line.startswith(("---", "+++", "@@"))]
