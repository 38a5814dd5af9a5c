"""What Claude Code keeps about its own teams, read only: tasks, inboxes, and the usage in transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.jsontext import Json, is_list, is_object, read_json
from agentboard_tasks.formats.keys import task_id
from agentboard_tasks.formats.lines import decode, file_stem
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import first_text, texts
from agentboard_tasks.model import Source, State, Task

__all__ = ["Letter", "Usage", "parse_inbox", "parse_task", "parse_team", "parse_usage"]

_HINT = "Claude Code keeps this file; it may be half-written, or of another version"
_LONGEST_LINE = 16_777_216


class Letter(Struct, frozen=True):
    """One message in a teammate's inbox."""

    sender: str
    text: str
    time: str
    read: bool


class Usage(Struct, frozen=True):
    """Tokens of a transcript; every message id is counted once."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    messages: int = 0


def parse_task(data: bytes, file: str) -> Task:
    """One task file of a team (`<n>.json`).

    Raises:
        FormatError: it is not a JSON object with a subject.
    """
    _, value = read_json(data, file)
    if not is_object(value) or not first_text(value, "subject", "description"):
        raise FormatError(error(file, 1, "no task: an object with `subject` was expected", hint=_HINT))
    key = (texts(value.get("id")) or (file_stem(file),))[0].lstrip("-") or file_stem(file)
    status = first_text(value, "status")
    return Task(
        id=task_id(file, key),
        key=key,
        title=first_text(value, "subject", "description").splitlines()[0],
        state=sentence_state(status) or (State.OTHER if status else State.TODO),
        source=Source(file, 1),
        format="claude-code",
        agent=first_text(value, "owner") or None,
        body=first_text(value, "description"),
        depends_on=texts(value.get("blockedBy")),
        read_only=True,
    )


def parse_inbox(data: bytes, file: str) -> tuple[Letter, ...]:
    """The messages of an inbox, oldest first; entries of another shape are passed over.

    Raises:
        FormatError: it is not a JSON array.
    """
    _, value = read_json(data, file)
    if not is_list(value):
        raise FormatError(error(file, 1, "no inbox: an array of messages was expected", hint=_HINT))
    return tuple(_letter(item) for item in value if is_object(item) and first_text(item, "text"))


def _letter(item: dict[str, Json]) -> Letter:
    sender, text, time = (first_text(item, name) for name in ("from", "text", "timestamp"))
    return Letter(sender, text, time, item.get("read") is True)


def parse_team(data: bytes, file: str) -> tuple[str, ...]:
    """The working directories of a team's members (`config.json`), each once; none where it says none.

    Raises:
        FormatError: it is not a JSON object.
    """
    _, value = read_json(data, file)
    if not is_object(value):
        raise FormatError(error(file, 1, "no team: an object with `members` was expected", hint=_HINT))
    members = value.get("members")
    held = [value, *(one for one in (members if is_list(members) else []) if is_object(one))]
    return tuple(dict.fromkeys(path for one in held if (path := first_text(one, "cwd"))))


def parse_usage(lines: Iterable[bytes]) -> Usage:
    """The tokens that the messages of a transcript used; the last line about a message counts."""
    usages: dict[str, dict[str, Json]] = {}
    for line in lines:
        if b'"usage"' in line and len(line) <= _LONGEST_LINE:
            found = _usage(line)
            if found is not None:
                usages[found[0]] = found[1]
    used = list(usages.values())
    return Usage(
        input=sum(_count(one, "input_tokens") for one in used),
        output=sum(_count(one, "output_tokens") for one in used),
        cache_read=sum(_count(one, "cache_read_input_tokens") for one in used),
        cache_write=sum(_count(one, "cache_creation_input_tokens") for one in used),
        messages=len(used),
    )


def _usage(line: bytes) -> tuple[str, dict[str, Json]] | None:
    try:
        value: Json = json.loads(decode(line))
    except (ValueError, RecursionError):
        return None
    message = value.get("message") if is_object(value) else None
    if (
        not is_object(message)
        or not is_object(message.get("usage"))
        or not isinstance(message.get("id"), str)
    ):
        return None
    return message["id"], message["usage"]


def _count(usage: dict[str, Json], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else 0
