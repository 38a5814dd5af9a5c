"""What a tool is: its name, what the model is told about it, the shape of its arguments, and its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentboard_agents.tools.context import ToolContext
from agentboard_tasks.edit import PatchRefused

__all__ = ["Arguments", "Tool", "ToolRefused", "ToolResult", "ToolSpec", "schema"]


class Arguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of a tool; each tool has its own subclass."""


class ToolSpec(Struct, frozen=True):
    """A tool as the model sees it; `repeatable` says that running it twice does no harm."""

    name: str
    description: str
    input_schema: dict[str, Any]
    repeatable: bool


class ToolResult(Struct, frozen=True):
    """What a call gave: `content` for the model, `summary` in one line for people.

    `problems` are faults of what it wrote, which the content mentions.
    """

    ok: bool
    content: str
    summary: str
    problems: tuple[str, ...] = ()


class ToolRefused(PatchRefused):
    """A call that was not carried out, for a reason that the model can act on."""


class Tool(Struct, frozen=True):
    """A tool as it is carried out."""

    spec: ToolSpec
    arguments: type[Arguments]
    act: Callable[[ToolContext, Any], Awaitable[ToolResult]]


def schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments, without references and titles."""
    (top,), components = msgspec.json.schema_components([arguments], ref_template="{name}")
    flat = cast("dict[str, Any]", _inlined(top, components))
    flat.pop("description", None)
    return flat


def _inlined(node: object, components: dict[str, Any]) -> object:
    if isinstance(node, list):
        return [_inlined(item, components) for item in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    fields = cast("dict[str, Any]", node)
    if "$ref" in fields:
        return _inlined(components[fields["$ref"]], components)
    return {key: _member(key, value, components) for key, value in fields.items() if key != "title"}


def _member(key: str, value: Any, components: dict[str, Any]) -> object:
    """Return a member of a schema; the names in `properties` are names, not keywords."""
    if key == "properties":
        return {name: _inlined(part, components) for name, part in value.items()}
    return _inlined(value, components)
