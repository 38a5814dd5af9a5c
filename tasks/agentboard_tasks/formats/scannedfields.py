"""A reading of front matter that is not valid YAML: only a known key at column 0 starts a new value."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from textwrap import dedent

from agentboard_tasks.formats.commas import split_outside
from agentboard_tasks.formats.knownkeys import LONG_KEYS
from agentboard_tasks.formats.yamlvalues import DuplicateKey, Value

__all__ = ["key_at", "scan_fields"]

_PROPERTY = re.compile(r"(?:&[\w-]+|![\w!:/.<>-]*)[ \t]+")
"""An anchor or a tag before a value; YAML with these is scanned, for it is refused."""
_PROSE = frozenset({"description", "prompt", "initialprompt"})
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,63})[ \t]{0,8}:(?=\s|\Z)")


def key_at(line: str) -> str | None:
    """The key that a line at column 0 would start, or None."""
    match = _KEY.match(line)
    return match[1] if match else None


def scan_fields(lines: list[str], known: frozenset[str]) -> tuple[dict[str, Value], list[DuplicateKey]]:
    """The fields of front matter lines, each with everything up to the next key.

    Args:
        lines: the lines between the fences, without line ends.
        known: keys in their right spelling; they match in any case.
    """
    folded = frozenset(key.casefold() for key in known)
    parts: dict[str, list[str]] = {}
    duplicates: list[DuplicateKey] = []
    current = ""
    for number, line in enumerate(lines):
        if line.startswith("#") and current.casefold() not in _PROSE:
            continue  # a comment, or so it was meant
        key = key_at(line)
        if key is None or not _starts(key, current, parts.keys(), folded):
            if current:
                parts[current].append(line)
            continue
        if key in parts:
            duplicates.append((key, number))
        current = key
        parts[key] = [line[line.index(":") + 1 :].strip()]
    return {key: _value(text) for key, text in parts.items()}, duplicates


def _starts(key: str, current: str, held: AbstractSet[str], known: frozenset[str]) -> bool:
    """Whether what looks like a key is one: in a long value, only one that is known and not there yet."""
    if current.casefold() not in LONG_KEYS:
        return True
    return key.casefold() in known and key not in held


def _value(parts: list[str]) -> Value:
    first, rest = _bare(parts[0]), parts[1:]
    entries = [part.strip() for part in rest if part.strip()]
    if not first and entries and all(entry.startswith("- ") for entry in entries):
        return [_unquoted(entry[2:].strip()) for entry in entries]
    if first.startswith("[") and first.endswith("]") and not entries:
        return [_unquoted(item.strip()) for item in split_outside(first[1:-1]) if item.strip()]
    if first in ("|", ">", "|-", ">-", "|+", ">+"):
        return dedent("\n".join(rest)).strip("\n")
    return _unquoted("\n".join([first, *rest]).strip())


def _bare(first: str) -> str:
    while match := _PROPERTY.match(first):
        first = first[match.end() :]
    return first


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1]
    return text
