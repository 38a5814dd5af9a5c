"""JSON with places: values, the spans of members and elements, duplicate keys, and where it is broken."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn, TypeGuard

from msgspec import Struct

from agentboard_tasks.formats.errors import FormatError, encoding_problems, error
from agentboard_tasks.formats.lines import decode
from agentboard_tasks.model import Problem

__all__ = [
    "Json",
    "Lines",
    "Member",
    "Place",
    "dump",
    "elements",
    "is_list",
    "is_object",
    "members",
    "place",
    "read_json",
    "read_value",
]

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of them
_LINE_END = re.compile(r"\r\n|\n|\r")
_STRANGE = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN|-?Infinity|\d{4300,})')
_SPACE = re.compile(r"[ \t\r\n]*")


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


class Place(Struct, frozen=True):
    """A line and column, counted from 1."""

    line: int
    column: int


class Member(Struct, frozen=True):
    """One member of an object: offsets of its key and of its value in the text."""

    key: str
    key_start: int
    key_end: int
    start: int
    end: int


class Lines:
    """The places of many offsets in one text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def place(self, offset: int) -> Place:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def place(text: str, offset: int) -> Place:
    """The line and column of an offset."""
    return Lines(text[:offset]).place(offset)


def read_json(data: bytes, file: str) -> tuple[str, Json]:
    """The text of a JSON file and its value.

    Raises:
        FormatError: it is not JSON; the problem says at which line and column.
    """
    for problem in encoding_problems(data, file):
        raise FormatError(problem)
    text = decode(data)
    start = _after_space(text, 1 if text.startswith("\ufeff") else 0)
    value, end = read_value(text, start, file)
    rest = _after_space(text, end)
    if rest < len(text):
        where = place(text, rest)
        raise FormatError(
            error(
                file,
                where.line,
                "text after the end of the JSON value: nothing in the file counts",
                column=where.column,
                hint="remove it; a bracket may be one too many, or the file half-written",
            )
        )
    return text, value


def read_value(text: str, start: int, file: str) -> tuple[Json, int]:
    """The JSON value at an offset, and where it ends.

    Raises:
        FormatError: there is none.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as fault:
        raise FormatError(_broken(text, fault.pos, file, fault.msg)) from None
    except RecursionError:
        raise FormatError(_broken(text, start, file, "nested too deeply")) from None
    except ValueError as fault:
        at = _no_value_in(text, start)
        raise FormatError(_broken(text, at, file, str(fault).splitlines()[0])) from None


def _no_value_in(text: str, start: int) -> int:
    """Where the first word or number is that Python's reader refuses though it could be read."""
    found = (match for match in _STRANGE.finditer(text, start) if match[1])
    match = next(found, None)
    return match.start() if match else start


def _broken(text: str, offset: int, file: str, reason: str) -> Problem:
    where = place(text, offset)
    hint = "the file may be half-written; a comma, quote or bracket is missing or too many"
    return error(file, where.line, f"not valid JSON: {reason}", column=where.column, hint=hint)


def _after_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def members(text: str, start: int) -> list[Member]:
    """The members of the valid JSON object that starts at an offset, duplicates too."""
    found: list[Member] = []
    position = _after_space(text, start + 1)
    while text[position] != "}":
        key, key_end = _DECODER.raw_decode(text, position)
        value_start = _after_space(text, _after_space(text, key_end) + 1)
        _, end = _DECODER.raw_decode(text, value_start)
        found.append(Member(str(key), position, key_end, value_start, end))
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)
    return found


def elements(text: str, start: int) -> list[tuple[int, int]]:
    """The spans of the elements of the valid JSON array that starts at an offset."""
    found: list[tuple[int, int]] = []
    position = _after_space(text, start + 1)
    while text[position] != "]":
        _, end = _DECODER.raw_decode(text, position)
        found.append((position, end))
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)
    return found


def dump(value: Json, *, ascii_only: bool) -> str:
    """A value on one line, escaped as the file it goes into."""
    return json.dumps(value, ensure_ascii=ascii_only)
