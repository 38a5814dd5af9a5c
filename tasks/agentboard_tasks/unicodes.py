"""Text and values for JSON, databases and other programs, which take Unicode and nothing else.

Texts that were read from files hold a lone surrogate for each byte that is not UTF-8 (PEP 383).
"""

from __future__ import annotations

import re
from typing import cast

import msgspec

__all__ = ["as_unicode", "json_line", "value_as_unicode"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def as_unicode(text: str) -> str:
    """A text with U+FFFD for each lone surrogate."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def value_as_unicode(value: object) -> object:
    """A JSON value with all its texts, names of members too, as Unicode."""
    if isinstance(value, str):
        return as_unicode(value)
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {as_unicode(name): value_as_unicode(member) for name, member in members.items()}
    if isinstance(value, list | tuple):
        return [value_as_unicode(part) for part in cast("list[object]", value)]
    return value


def json_line(value: object) -> bytes:
    """A value as one line of JSON in UTF-8, without a line end, whatever texts are in it."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(value_as_unicode(msgspec.to_builtins(value)))
