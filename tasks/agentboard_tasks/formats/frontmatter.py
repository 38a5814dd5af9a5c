"""Front matter in every dialect in daily use: YAML, JSON, a rendered table, almost-YAML, none."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

from msgspec import Struct, structs

from agentboard_tasks.formats.errors import encoding_problems, error, note, warning
from agentboard_tasks.formats.jsontext import is_list, is_object
from agentboard_tasks.formats.knownkeys import AGENT_KEYS
from agentboard_tasks.formats.lines import decode
from agentboard_tasks.formats.plainfields import read_plain
from agentboard_tasks.formats.scannedfields import key_at, scan_fields
from agentboard_tasks.formats.tablefields import find_table
from agentboard_tasks.formats.yamlvalues import DuplicateKey, Value, YamlRefused
from agentboard_tasks.model import Problem

__all__ = ["LIMIT", "FrontMatter", "Value", "split"]

LIMIT = 65_536  # characters of front matter that are read
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[^\S\r\n]*\n", re.MULTILINE)
_NO_TEXT = re.compile("[\udc80-\udcff]")
_OPENS_FENCE = re.compile(r"(?:```|~~~)[\w-]{0,20}[ \t]*\r?\n---[ \t]*\r?\n")
"""The line of a code fence around front matter, as models write it around a whole file."""
_FENCES = {"---": "yaml", "---yaml": "yaml", "---yml": "yaml", "---json": "json"}
_SKIPPED = "Claude Code silently skips such a file"


class FrontMatter(Struct, frozen=True, gc=False):
    """The head of a markdown file: keys as they were written, every scalar as text.

    `dialect` is yaml, json, table, scanned or none; `body_line` counts from 1.
    """

    fields: dict[str, Value]
    body: str
    body_line: int
    dialect: str
    problems: tuple[Problem, ...] = ()

    def get(self, key: str) -> Value | None:
        """The value of a key in any case; the exact spelling wins."""
        if key in self.fields:
            return self.fields[key]
        wanted = key.casefold()
        return next((value for name, value in self.fields.items() if name.casefold() == wanted), None)


class _Head(Struct, frozen=True, gc=False):
    """The front matter's lines within a text: `first` is the line of its first key, counted from 0."""

    kind: str  # yaml, json, bare
    lines: list[str]
    first: int
    body: str
    body_line: int
    problems: tuple[Problem, ...]


def split(data: bytes, file: str, known: frozenset[str] = AGENT_KEYS) -> FrontMatter:
    """The front matter and the body of a markdown file; never raises.

    Args:
        data: the file.
        file: its path, for problems.
        known: keys in their right spelling, which are looked for where YAML does not hold.
    """
    text = decode(data)
    head = _find_head(text, file, known)
    if head is None:
        none = _table_or_none(text, file, known)
        wrong = encoding_problems(data, file)
        return structs.replace(none, problems=(*wrong, *none.problems)) if wrong else none
    read = _read_json if head.kind == "json" else _read_yaml
    fields, dialect, problems = read(head, file, known)
    found = (*head.problems, *_no_text(head, file), *problems, *_spelling(fields, head, file, known))
    return FrontMatter(fields, head.body, head.body_line, dialect, found)


def _find_head(text: str, file: str, known: frozenset[str]) -> _Head | None:
    if text.startswith("---\n"):
        return _fenced(text, 4, 1, "yaml", file, known, ())
    start, line = _skip_preamble(text)
    end = _line_end(text, start)
    fence = text[start:end].rstrip().casefold().replace(" ", "")
    where: tuple[Problem, ...] = ()
    if start:
        reason = "front matter does not start at the first byte of the file"
        where = (
            warning(
                file, line + 1, reason, hint="some readers, Claude Code among them, see no front matter then"
            ),
        )
    if fence in _FENCES:
        return _fenced(text, end, line + 1, _FENCES[fence], file, known, where)
    key = key_at(text[start:end].rstrip())
    if key is None or key.casefold() not in _folded(known):
        return None
    return _bare(text, start, line, file, known)


def _skip_preamble(text: str) -> tuple[int, int]:
    """Where the first line with content starts, after BOM, blank lines, comments, a fence; and its number."""
    position = 1 if text.startswith("\ufeff") else 0
    while position < min(len(text), LIMIT):
        end = _line_end(text, position)
        line = text[position:end].strip()
        if line.startswith("<!--"):
            close = text.find("-->", position)
            if close < 0 or close > LIMIT:
                break
            end = _line_end(text, close)
            if text[close + 3 : end].strip():
                break
        elif line and not _OPENS_FENCE.match(text, position):
            break
        position = end
    return position, _count_lines(text, position)


def _count_lines(text: str, end: int) -> int:
    head = text[:end]
    return head.count("\n") + head.count("\r") - head.count("\r\n")


def _line_end(text: str, start: int) -> int:
    match = _LINE.match(text, start)
    return match.end() if match else len(text)


def _fenced(
    text: str, start: int, line: int, kind: str, file: str, known: frozenset[str], where: tuple[Problem, ...]
) -> _Head | None:
    block = _plain_block(text, start)
    if block is not None:
        end = _line_end(text, start + sum(map(len, block)) + len(block))
        return _Head(kind, block, line, text[end:], line + len(block) + 2, where)
    lines: list[str] = []
    position = start
    while position < len(text) and position - start <= LIMIT:
        end = _line_end(text, position)
        content = text[position:end].rstrip("\r\n")
        if content.rstrip() in ("---", "..."):
            return _Head(kind, lines, line, text[end:], line + len(lines) + 2, where)
        lines.append(content)
        position = end
    return _unclosed(text, start, line, kind, file, known, where)


def _plain_block(text: str, start: int) -> list[str] | None:
    """The lines up to the closing fence, where LF alone ends each of them; else None."""
    if text[start - 1 : start] != "\n":
        return None
    close = _CLOSE.search(text, start, start + LIMIT)
    if close is None or text.find("\r", start, close.start()) >= 0:
        return None
    return text[start : close.start()].split("\n")[:-1]


def _unclosed(
    text: str, start: int, line: int, kind: str, file: str, known: frozenset[str], where: tuple[Problem, ...]
) -> _Head | None:
    key = key_at(text[start : _line_end(text, start)].rstrip())
    if kind != "json" and (key is None or key.casefold() not in _folded(known)):
        return None
    found = error(
        file,
        line,
        f"front matter is not closed by `---` within {LIMIT} characters",
        hint=f"close it there, and keep it short; {_SKIPPED}",
    )
    lines, position = _until_blank(text, start)
    return _Head("bare", lines, line, text[position:], line + len(lines) + 1, (*where, found))


def _until_blank(text: str, start: int) -> tuple[list[str], int]:
    lines: list[str] = []
    position = start
    while position < len(text) and position - start <= LIMIT:
        end = _line_end(text, position)
        content = text[position:end].rstrip("\r\n")
        if not content.strip():
            break
        lines.append(content)
        position = end
    return lines, position


def _bare(text: str, start: int, line: int, file: str, known: frozenset[str]) -> _Head | None:
    """Keys at the top with no opening fence, up to a closing one or to the first blank line."""
    found = warning(
        file, line + 1, "front matter has no opening `---`", hint="Claude Code reads this file as plain text"
    )
    closed = _fenced(text, start, line, "bare", file, frozenset(), (found,))
    if closed is not None and closed.kind == "bare" and "" not in closed.lines:
        return closed
    lines, position = _until_blank(text, start)
    keys = {key.casefold() for key in map(key_at, lines) if key}
    if len(keys & _folded(known).keys()) < 2:
        return None
    return _Head("bare", lines, line, text[position:], line + len(lines) + 1, (found,))


_Reading = tuple[dict[str, Value], str, list[Problem]]


def _read_yaml(head: _Head, file: str, known: frozenset[str]) -> _Reading:
    if head.kind == "bare":
        return _scan(head, file, known, [])
    block = "\n".join(head.lines)
    plain = read_plain(block)
    if plain is not None:
        return plain, "yaml", []
    from agentboard_tasks.formats.yamltext import read_mapping  # most front matter is plain and needs no YAML

    try:
        fields, duplicates = read_mapping(block)
    except YamlRefused as refused:
        return _scan(head, file, known, [_refusal(refused, head, file)])
    return fields, "yaml", _duplicates(duplicates, head, file)


def _refusal(refused: YamlRefused, head: _Head, file: str) -> Problem:
    place, column = head.first + 1 + refused.line, refused.column + 1
    if refused.valid:
        reason = f"front matter that agentboard does not take: {refused.reason}"
        return error(file, place, reason, column=column, hint="write each value out, in plain text")
    reason = f"front matter is not valid YAML: {refused.reason}"
    return error(file, place, reason, column=column, hint=f"{_SKIPPED}; quote the value")


def _no_text(head: _Head, file: str) -> list[Problem]:
    """The first line of the front matter with bytes that are not UTF-8."""
    for number, line in enumerate(head.lines):
        if not line.isascii() and (found := _NO_TEXT.search(line)):
            reason = "bytes that are not UTF-8; they are shown as U+FFFD"
            place = head.first + 1 + number
            return [warning(file, place, reason, column=found.start() + 1, hint="save the file as UTF-8")]
    return []


def _scan(head: _Head, file: str, known: frozenset[str], problems: list[Problem]) -> _Reading:
    fields, duplicates = scan_fields(head.lines, known)
    return fields, "scanned", [*problems, *_duplicates(duplicates, head, file)]


def _duplicates(duplicates: Sequence[DuplicateKey], head: _Head, file: str) -> list[Problem]:
    hint = "the last one counts; remove the other"
    return [
        warning(file, head.first + 1 + at, f"the key `{key}` is given twice", hint=hint)
        for key, at in duplicates
    ]


def _read_json(head: _Head, file: str, known: frozenset[str]) -> _Reading:
    try:
        value: object = json.loads("\n".join(head.lines), parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as fault:
        place = head.first + fault.lineno
        found = error(
            file, place, f"front matter is not valid JSON: {fault.msg}", column=fault.colno, hint=_SKIPPED
        )
        return _scan(head, file, known, [found])
    except (ValueError, RecursionError):
        return _scan(
            head, file, known, [error(file, head.first + 1, "front matter is not valid JSON", hint=_SKIPPED)]
        )
    if not is_object(value):
        return {}, "json", [_no_object(file, head)]
    return {str(key): _as_text(item) for key, item in value.items()}, "json", []


def _no_object(file: str, head: _Head) -> Problem:
    reason = "front matter is JSON, but no object: it has no fields"
    return error(file, head.first + 1, reason, hint="put the keys and values between `{` and `}`")


def _as_text(value: object) -> Value:
    if is_object(value):
        return {str(key): _as_text(item) for key, item in value.items()}
    if is_list(value):
        return [_as_text(item) for item in value]
    return (
        {True: "true", False: "false", None: "null"}[value] if isinstance(value, bool | None) else str(value)
    )


def _spelling(fields: dict[str, Value], head: _Head, file: str, known: frozenset[str]) -> list[Problem]:
    right = _folded(known)
    return [
        warning(
            file,
            _line_of(key, head),
            f"the key `{key}` is spelled `{right[key.casefold()]}`",
            hint="Claude Code ignores a key in another case; agentboard reads it",
        )
        for key in fields
        if key not in known and key.casefold() in right
    ]


@cache
def _folded(known: frozenset[str]) -> dict[str, str]:
    """The right spelling of each known key by the key without case."""
    return {key.casefold(): key for key in known}


def _line_of(key: str, head: _Head) -> int:
    for number, line in enumerate(head.lines):
        if line.startswith((f"{key}:", f"{key} :")):
            return head.first + 1 + number
    return head.first + 1


def _table_or_none(text: str, file: str, known: frozenset[str]) -> FrontMatter:
    lines = [match.rstrip("\r\n") for match in _first_lines(text, 24)]
    table = find_table(lines)
    if table is None:
        return FrontMatter({}, text, 1, "none")
    body = text[sum(len(match) for match in _first_lines(text, table.end)) :]
    head = _Head("table", [], table.first, body, table.end + 1, ())
    found = note(
        file, table.first + 1, "front matter is a rendered table", hint="Claude Code reads no fields from it"
    )
    spelling = _spelling(table.fields, head, file, known)
    return FrontMatter(table.fields, body, table.end + 1, "table", (found, *spelling))


def _first_lines(text: str, count: int) -> list[str]:
    lines: list[str] = []
    position = 0
    while position < min(len(text), LIMIT) and len(lines) < count:
        end = _line_end(text, position)
        lines.append(text[position:end])
        position = end
    return lines
