"""The status of a markdown file that is one task, set in its front matter: one member, and no more."""

from __future__ import annotations

import re

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.frontmatter import FrontMatter, split
from agentboard_tasks.formats.knownkeys import TASK_KEYS
from agentboard_tasks.formats.lines import BOM, encode, line_end, text_of
from agentboard_tasks.formats.lines import split as split_lines
from agentboard_tasks.formats.spellings import spelled
from agentboard_tasks.formats.taskcard import parse
from agentboard_tasks.model import State

__all__ = ["set_state"]

_NAMES = ("status", "state")
"""The members that say it; the first that is there counts."""
_MEMBER = re.compile(
    r"(?P<head>(?P<name>[A-Za-z]{5,6})[ \t]{0,8}:[ \t]*)(?P<value>\"[^\"]*\"|'[^']*'|[^\r\n]*?)"
    r"(?P<rest>[ \t]*(?:(?<=[ \t])#[^\r\n]*)?)\Z"
)


def set_state(data: bytes, file: str, key: str, state: State) -> bytes:
    """The file with another status, spelled in the words that the file uses.

    A file without a status gets one; front matter that is JSON, or not closed, is left as it is.

    Raises:
        NoSuchTask: the file's task has another key.
    """
    listed = parse(data, file)
    if listed is None or listed.tasks[0].key != key:
        raise NoSuchTask(file, key)
    head = split(data, file, TASK_KEYS)
    lines = split_lines(data)
    close = head.body_line - 2
    closed = 0 < close < len(lines) and lines[close].strip() in (b"---", b"...")
    if listed.tasks[0].state is state or head.dialect not in ("yaml", "scanned") or not closed:
        return data
    found = _status_line(lines, close)
    if found is None:
        end = line_end(lines[close - 1])
        lines.insert(close, b"status: " + encode(spelled("", state)) + end)
    else:
        _replace(lines, found, _end_of_value(lines, found, close, head), state)
    return b"".join(lines)


def _status_line(lines: list[bytes], close: int) -> int | None:
    """The line (from 0) of front matter where the status is."""
    found: dict[str, int] = {}
    for number in range(close):
        match = _MEMBER.match(text_of(lines[number].removeprefix(BOM)))
        if match and match["name"].casefold() in _NAMES:
            found[match["name"]] = number  # of two the last counts
    ordered = sorted(found, key=lambda name: (_NAMES.index(name.casefold()), name not in _NAMES))
    return found[ordered[0]] if ordered else None


def _end_of_value(lines: list[bytes], number: int, close: int, head: FrontMatter) -> int:
    """The line after the value that starts on a line: a text may go on below, indented."""
    end = number + 1
    if isinstance(head.get(text_of(lines[number]).partition(":")[0].strip()), str):
        while end < close and lines[end][:1] in (b" ", b"\t"):
            end += 1
    return end


def _replace(lines: list[bytes], number: int, end: int, state: State) -> None:
    match = _MEMBER.match(text_of(lines[number]))
    if match is None:
        return
    head = match["head"] if match["head"][-1:] in (" ", "\t") else match["head"] + " "
    rest = f" {match['rest']}" if match["rest"].startswith("#") else match["rest"]
    value = match["value"]
    quote = value[0] if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0] else ""
    written = f"{quote}{spelled(value.strip(quote), state)}{quote}" if quote else spelled(value, state)
    lines[number:end] = [encode(head + written + rest) + line_end(lines[number])]
