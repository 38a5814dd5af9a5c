"""The status of a markdown file that is one task, set in its front matter: one member, and no more."""

from __future__ import annotations

import re

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.frontmatter import FrontMatter, split
from agentboard_tasks.formats.knownkeys import TASK_KEYS
from agentboard_tasks.formats.lines import BOM, encode, line_end, text_of
from agentboard_tasks.formats.lines import split as split_lines
from agentboard_tasks.formats.taskcard import parse
from agentboard_tasks.model import State

__all__ = ["set_state"]

_NAMES = ("status", "state")
"""The members that say it; the first that is there counts."""
_MEMBER = re.compile(
    r"(?P<head>(?P<name>[A-Za-z]{5,6})[ \t]{0,8}:[ \t]*)(?P<value>\"[^\"]*\"|'[^']*'|[^\r\n]*?)"
    r"(?P<rest>[ \t]*(?:(?<=[ \t])#[^\r\n]*)?)\Z"
)
_SPELLINGS: dict[State, tuple[str, ...]] = {
    State.TODO: ("todo", "pending", "open", "not_started", "not-started", "backlog", "To Do", "Not Started"),
    State.IN_PROGRESS: ("in_progress", "in-progress", "In Progress", "doing", "active"),
    State.BLOCKED: ("blocked", "Blocked"),
    State.DONE: ("done", "completed", "complete", "closed", "Done", "Completed"),
    State.SKIPPED: ("cancelled", "skipped", "Cancelled"),
}
_KINDS = {  # how a file spells its present status says how it would spell the others
    "pending": {State.DONE: "completed", State.TODO: "pending"},
    "completed": {State.TODO: "pending"},
    "open": {State.DONE: "closed", State.TODO: "open"},
    "closed": {State.TODO: "open"},
}


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
        lines.insert(close, b"status: " + encode(_spelled("", state)) + end)
    else:
        _replace(lines, found, _end_of_value(lines, found, close, head), state)
    return b"".join(lines)


def _status_line(lines: list[bytes], close: int) -> int | None:
    """The line (from 0) of front matter where the status is."""
    found: dict[str, int] = {}
    for number in range(close):
        match = _MEMBER.match(text_of(lines[number].removeprefix(BOM)))
        if match and match["name"].casefold() in _NAMES:
            found[match["name"].casefold()] = number  # of two the last counts
    return next((found[name] for name in _NAMES if name in found), None)


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
    spelled = encode(head + _spelled(match["value"], state) + rest)
    lines[number:end] = [spelled + line_end(lines[number])]


def _spelled(held: str, state: State) -> str:
    quote = held[0] if len(held) > 1 and held[0] in "'\"" and held[-1] == held[0] else ""
    bare = held.strip("'\"")
    word = _KINDS.get(bare.casefold(), {}).get(state, _SPELLINGS[state][0])
    if "-" in bare and "_" in word:
        word = word.replace("_", "-")
    if bare[:1].isupper():
        word = word.replace("_", " ").title()
    return f"{quote}{word}{quote}"
