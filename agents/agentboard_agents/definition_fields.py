"""Front matter with its types: keys matched without case, tools split, models named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentboard_tasks.formats.commas import split_outside

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
LONGEST_NOTHING = max(map(len, NOTHING))
ALL_TOOLS = {"*", "all", "all tools", "inherit"}
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
    if not isinstance(value, str):
        return None
    text = value.strip()
    return None if len(text) <= LONGEST_NOTHING and text.lower() in NOTHING else text


def truth(value: object) -> bool:
    """Tell whether a field says yes; scalars are strings."""
    return str(value).strip().lower() in {"true", "yes", "on", "1", "allow", "ask"}


def items(value: object) -> tuple[str, ...]:
    """Return a field as a list: texts split on commas outside parentheses, or the keys of a mapping."""
    return tuple(part for text in texts_of(value) for part in split_names(text))


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a field that may be a text, a list or a mapping."""
    if value is None:
        return ()
    if isinstance(value, str):
        return () if text_of(value) is None else (value,)
    if isinstance(value, dict):
        return tuple(str(key) for key in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return tuple(text for item in value for text in entry_texts(item))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return ()


def entry_texts(entry: object) -> tuple[str, ...]:
    """Return the texts of an entry of a list: a text, or a mapping with a `name`, or of names to settings."""
    if not isinstance(entry, dict):
        return (str(entry),)
    named: object = entry.get("name")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return (named,) if isinstance(named, str) else tuple(str(key) for key in entry)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def tool_names(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return (tools, refused tools) of a `tools` field; `None` inherits all, an empty list has none."""
    if not isinstance(value, dict):
        listed = tuple(name for text in texts_of(value) for name in split_tools(text))
        everything = len(listed) < 3 and " ".join(listed).lower() in ALL_TOOLS
        return (None if everything or (not listed and not is_empty_list(value)) else listed), ()
    switches: dict[str, object] = {str(key): entry for key, entry in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not switches.keys() - {"add", "remove"}:
        added = items(switches.get("add"))
        return added or None, items(switches.get("remove"))
    allowed = tuple(spelled(name) for name, switch in switches.items() if truth(switch) and name != "*")
    refused = tuple(spelled(name) for name, switch in switches.items() if not truth(switch) and name != "*")
    none_else = "*" in switches and not truth(switches["*"])
    return allowed if allowed or none_else else None, refused


def is_empty_list(value: object) -> bool:
    """Tell whether a field is a list with nothing in it, which is not the same as no field."""
    return (isinstance(value, list) and not value) or (isinstance(value, str) and value.strip() == "[]")


def spelled(name: str) -> str:
    """Return OpenCode's name of a tool as agentboard spells it."""
    return OPENCODE_TOOLS.get(name, name)


def split_tools(text: str) -> list[str]:
    """Split names on commas, or on blanks where there are no commas, but never inside parentheses."""
    found = split_names(text)
    words = split_outside(found[0], " \t\n") if len(found) == 1 else []
    return found if any(word.startswith("(") for word in words) else [*filter(None, words)] or found


def split_names(text: str) -> list[str]:
    """Split a list on one line into names, without its brackets and their quotes."""
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":
        text = text[1:-1]
    return [name for part in split_outside(text) if (name := part.strip(" \t\r\n\"'`"))]


def is_known_model(model: str) -> bool:
    """Tell whether a model looks like an alias, a full id or `provider/id`."""
    return MODEL.fullmatch(model) is not None
