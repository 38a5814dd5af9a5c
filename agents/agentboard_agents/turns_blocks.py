"""The blocks of a reply that are not plain text: what people see of them, and what of them is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from agentboard_agents.redaction import known_redacted, redacted
from agentboard_agents.runtimes.port import Block, Turn

__all__ = ["shown_blocks", "without_secrets"]

MOST_THINKING = 8_000
MOST_OUTPUT = 8_000


def shown_blocks(content: Sequence[Block], turn: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events that show thinking, and the tools that the API itself used."""
    for block in content:
        kind = str(block.get("type", ""))
        if kind == "thinking" and block.get("thinking"):
            yield "thinking", {"turn": turn, "text": str(block["thinking"])[:MOST_THINKING]}
        elif kind == "server_tool_use":
            name, given = str(block.get("name", "")), block.get("input", {})
            summary = f"{name} {first_value(given)}".strip()
            yield "tool_called", {"call": block.get("id"), "tool": name, "input": given, "summary": summary}
        elif kind.endswith("_tool_result"):
            yield "tool_finished", finished(block, kind.removesuffix("_tool_result"))


def finished(block: Block, name: str) -> dict[str, Any]:
    """Return what came of a tool that the API used; an error has a type that says so."""
    content: Any = block.get("content")
    entries = cast("list[object]", content if isinstance(content, list) else [content])
    errors = [entry for entry in entries if "error" in str(part(entry, "type"))]
    lines = [
        str(part(entry, "url") or part(entry, "title") or part(entry, "error_code")) for entry in entries
    ]
    summary = f"{name}: {part(errors[0], 'error_code')}" if errors else f"{name}: {len(entries)} results"
    output = "\n".join(line for line in lines if line)[:MOST_OUTPUT]
    call = block.get("tool_use_id")
    return {"call": call, "tool": name, "ok": not errors, "summary": summary, "output": output}


def part(value: object, name: str) -> object:
    """Return a member of what should be an object."""
    return value.get(name, "") if isinstance(value, dict) else ""  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def first_value(given: object) -> str:
    """Return the first text of a tool's input: the query, the address."""
    members: list[object] = list(given.values()) if isinstance(given, dict) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return next((member for member in members if isinstance(member, str)), "")[:160]


def without_secrets(turn: Turn) -> Turn:
    """Return a turn in which none of our own secrets occurs.

    Thinking that names one is dropped: its signature would no longer hold.
    """
    kept = [block for block in turn.content if not spoils(block)]
    return msgspec.structs.replace(turn, content=redacted(kept, known_redacted))


def spoils(block: Block) -> bool:
    """Tell whether a block is thinking with a secret in it."""
    text = block.get("thinking")
    return isinstance(text, str) and known_redacted(text) != text
