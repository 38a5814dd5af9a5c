"""The last JSON object in a text that has some of the wanted members, and where a later one is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from msgspec import Struct

from agentboard_tasks.formats.errors import warning
from agentboard_tasks.formats.jsontext import Json, is_object, place
from agentboard_tasks.model import Problem

__all__ = ["Found", "last_object"]

_BUDGET = 2_000_000  # characters that are decoded before the search ends
_MOST_TRIES = 20_000


class Found(Struct, frozen=True):
    """The object, or None, and what is wrong with the JSON."""

    value: dict[str, Json] | None
    problems: tuple[Problem, ...]


class _Broken(Struct, frozen=True):
    """The first object, from the end of the text, that is meant to be the one but is not valid."""

    offset: int
    reason: str


def last_object(text: str, keys: Sequence[str], file: str, *, least: int = 2) -> Found:
    """The last object with at least `least` of the keys."""
    names = "|".join(map(re.escape, keys))
    last = max((match.start() for match in re.finditer(rf'"(?:{names})"', text)), default=-1)
    opening = re.compile(rf'\{{[ \t\r\n]{{0,200}}"(?:{names})"')
    decoder = json.JSONDecoder()
    broken: _Broken | None = None
    budget, tries = _BUDGET, _MOST_TRIES
    brace = text.rfind("{", 0, max(last, 0))
    while brace >= 0 and budget > 0 and tries > 0:
        try:
            value, end = decoder.raw_decode(text, brace)
        except json.JSONDecodeError as fault:
            value, end = None, fault.pos
            if broken is None and opening.match(text, brace):
                broken = _Broken(fault.pos, fault.msg)
        except (ValueError, RecursionError):
            value, end = None, len(text)
        if is_object(value) and sum(key in value for key in keys) >= least:
            return Found(value, _problems(text, broken, file))
        budget, tries = budget - (end - brace), tries - 1
        brace = text.rfind("{", 0, brace)
    return Found(None, _problems(text, broken, file))


def _problems(text: str, broken: _Broken | None, file: str) -> tuple[Problem, ...]:
    if broken is None:
        return ()
    where = place(text, broken.offset)
    message = f"the JSON block is not valid, so what it says does not count: {broken.reason}"
    return (warning(file, where.line, message, column=where.column, hint="correct the JSON block"),)
