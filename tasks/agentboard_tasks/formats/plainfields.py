"""The quick reading of simple front matter: `key: value` lines whose meaning needs no YAML parser.

It answers only where a YAML parser would answer the same; for everything else it says None.
"""

from __future__ import annotations

import re

from agentboard_tasks.formats.yamlvalues import Value

__all__ = ["read_plain"]

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*):(?: +(.*))?\Z")
_ENTRY = re.compile(r"( *)- +(.*)\Z")
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=<")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./*()+ -]*\Z")


def read_plain(text: str) -> dict[str, Value] | None:
    """The fields of a block of simple lines, or None where a full parser is needed."""
    fields: dict[str, Value] = {}
    key = ""
    indent = -1
    for line in text.split("\n"):
        if not line:
            continue
        match = _LINE.match(line)
        if match is None:
            entry = _ENTRY.match(line) if key else None
            scalar = _scalar(entry[2]) if entry else None
            if entry is None or not scalar or not _append(fields, key, scalar, len(entry[1]), indent):
                return None
            indent = len(entry[1])
            continue
        value = _value(match[2] or "")
        if value is None or match[1] in fields:
            return None
        fields[match[1]] = value
        key, indent = ("" if (match[2] or "").strip(" ") else match[1]), -1
    return fields or None


def _append(fields: dict[str, Value], key: str, scalar: str, width: int, indent: int) -> bool:
    if indent not in (-1, width):
        return False
    held = fields[key]
    if isinstance(held, list):
        held.append(scalar)
    else:
        fields[key] = [scalar]
    return True


def _value(raw: str) -> Value | None:
    if raw[:1] == "[":
        return _inline_list(raw.rstrip(" "))
    return _scalar(raw)


def _scalar(raw: str) -> str | None:
    text = raw.strip(" ")
    if not text:
        return ""
    if not text.isprintable():
        return None
    if text[0] in "'\"":
        return _quoted(text)
    if text[0] in _INDICATORS or ": " in text or " #" in text or text[-1] == ":":
        return None
    return text


def _quoted(text: str) -> str | None:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != text[0] or text[0] in inner or "\\" in inner:
        return None
    return inner


def _inline_list(raw: str) -> Value | None:
    if not raw.endswith("]"):
        return None
    inner = raw[1:-1].strip(" ")
    if not inner:
        return []
    items = [_inline_item(part.strip(" ")) for part in inner.split(",")]
    return [item for item in items if item is not None] if None not in items else None


def _inline_item(part: str) -> str | None:
    if part[:1] in ("'", '"'):
        inner = _quoted(part)
        return inner if inner is not None and _WORD.match(inner) else None
    return part if _WORD.match(part) else None
