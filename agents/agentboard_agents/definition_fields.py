"""Front matter with its types: keys matched without case, tools split, models named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["fold", "is_known_model", "items", "split_tools", "text_of", "tool_names", "truth"]

OPENCODE_TOOLS = {
    "read": "Read",
    "write": "Write",
    "edit": "Edit",
    "patch": "MultiEdit",
    "bash": "Bash",
    "grep": "Grep",
    "glob": "Glob",
    "list": "LS",
    "webfetch": "WebFetch",
    "websearch": "WebSearch",
    "todowrite": "TodoWrite",
    "todoread": "TodoRead",
    "task": "Task",
}
NOTHING = {"", "null", "~", "none"}
MODEL = re.compile(
    r"(?:sonnet|opus|haiku|inherit|default|opusplan|best)(?:\[1m\])?|claude-[\w.@:-]+|[\w.-]+/[\w./:@-]+"
    r"|(?:gpt|o\d|gemini|llama|mistral|deepseek|qwen|grok|kimi|glm)[\w.:-]*",
    re.IGNORECASE,
)


def fold(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields by their keys in lower case; of two spellings the one in lower case counts."""
    folded: dict[str, object] = {}
    for key, value in fields.items():
        small = key.lower()
        if small not in folded or key == small:
            folded[small] = value
    return folded


def text_of(value: object) -> str | None:
    """Return a field as one text; `None` for nothing, a list or a mapping."""
    if not isinstance(value, str) or value.strip().lower() in NOTHING:
        return None
    return value.strip()


def truth(value: object) -> bool:
    """Tell whether a field says yes; scalars are strings."""
    return str(value).strip().lower() in {"true", "yes", "on", "1", "allow", "ask"}


def items(value: object) -> tuple[str, ...]:
    """Return a field as a list: a comma string, a list, or the keys of a mapping."""
    if value is None:
        return ()
    if isinstance(value, str):
        return () if value.strip().lower() in NOTHING else tuple(split_tools(value))
    if isinstance(value, dict):
        return tuple(str(key) for key in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return tuple(part for item in value for part in split_tools(str(item)))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return ()


def tool_names(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return (tools, refused tools) of a `tools` field; `None` inherits all."""
    if not isinstance(value, dict):
        listed = items(value)
        return (None if not listed or listed == ("*",) else listed), ()
    switches: dict[str, object] = {str(key): entry for key, entry in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not switches.keys() - {"add", "remove"}:
        added = items(switches.get("add"))
        return added or None, items(switches.get("remove"))
    allowed = tuple(spelled(name) for name, switch in switches.items() if truth(switch) and name != "*")
    refused = tuple(spelled(name) for name, switch in switches.items() if not truth(switch))
    return allowed or None, refused


def spelled(name: str) -> str:
    """Return OpenCode's name of a tool as agentboard spells it."""
    return OPENCODE_TOOLS.get(name, name)


def split_tools(text: str) -> Iterator[str]:
    """Split names on commas, or on blanks where there are no commas, but never inside parentheses."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    parts = outside_parentheses(text, ",")
    if len(parts) == 1 and "(" not in text:
        parts = text.split()
    for part in parts:
        name = part.strip().strip("\"'`").strip()
        if name:
            yield name


def outside_parentheses(text: str, separator: str) -> list[str]:
    """Split a text at each separator that no parenthesis encloses."""
    if "(" not in text:
        return text.split(separator)
    parts: list[str] = [""]
    depth = 0
    for character in text:
        depth = max(0, depth + (character == "(") - (character == ")"))
        if character == separator and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def is_known_model(model: str) -> bool:
    """Tell whether a model looks like an alias, a full id or `provider/id`."""
    return MODEL.fullmatch(model) is not None
