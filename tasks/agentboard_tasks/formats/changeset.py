"""Change sets: files created, modified and deleted in one answer, taken whole or refused whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast

from msgspec import Struct

from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.jsontext import Json, is_list, is_object, read_json, read_value
from agentboard_tasks.formats.lines import encode
from agentboard_tasks.formats.pathrules import clashes, path_faults
from agentboard_tasks.formats.repeats import repeated_members

__all__ = ["Change", "ChangeSet", "ChangeSetRefused", "parse", "prose_of"]

Action = Literal["create", "modify", "delete"]
_ACTIONS = ("create", "modify", "delete")
_NAME = "the change set"
_LARGEST = 16_777_216  # characters
_MOST_FILES = 2_000
_MOST_WORK = 20_000_000  # characters that are looked at in vain
_OPENING = re.compile(r'\{\s{0,40}"files"')
_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")


class Change(Struct, frozen=True):
    """One file of a change set; `content` is empty for a deletion."""

    path: str
    action: Action
    content: str = ""


class ChangeSet(Struct, frozen=True):
    """A valid set; whether its files exist as it assumes is for the one who applies it to say."""

    files: tuple[Change, ...]
    explanation: str


class ChangeSetRefused(FormatError):
    """The set is not taken; `reasons` are all that is wrong with it, `sound` its well-formed changes."""

    def __init__(self, reasons: Sequence[str], sound: Sequence[Change] = ()) -> None:
        super().__init__(error(_NAME, 1, "; ".join(reasons), hint="answer with the whole set again"))
        self.reasons = tuple(reasons)
        self.sound = tuple(sound)


def parse(text: str) -> ChangeSet:
    """The change set in an answer: the JSON object alone, in one fence, or with plain prose around it.

    Raises:
        ChangeSetRefused: it is not there, not unambiguous, or not allowed, with every reason.
    """
    if len(text) > _LARGEST:
        raise ChangeSetRefused([f"the answer is longer than {_LARGEST} characters"])
    source = _object_text(text)
    try:
        _, value = read_json(encode(source), _NAME)
    except FormatError as fault:
        raise ChangeSetRefused([f"line {fault.problem.line}: {fault.problem.message}"]) from None
    return _checked(value, source)


def prose_of(text: str) -> str:
    """What an answer that holds one change set says beside it.

    Raises:
        ChangeSetRefused: it holds none, or several.
    """
    before, _, after = text.partition(_object_text(text))
    return before + after


def _object_text(text: str) -> str:
    """The part of an answer that is the object."""
    bare = text.removeprefix("\ufeff").strip()
    if bare.startswith("{") and bare.endswith("}"):
        return bare
    fenced = _fenced_objects(bare)
    found = fenced or _naked_objects(bare)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ChangeSetRefused(["no JSON object with `files` in the answer"])
    raise ChangeSetRefused([f"{len(found)} JSON objects with `files` in the answer; exactly one is expected"])


def _fenced_objects(text: str) -> list[str]:
    """The contents of code fences that look like the object; an unclosed fence goes on to the end."""
    found: list[str] = []
    fence, content = "", list[str]()
    for line in [*text.split("\n"), ""]:
        mark = _FENCE.match(line)
        if not fence:
            fence, content = (mark[1] if mark else ""), []
        elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            found.append("\n".join(content).strip())
            fence = ""
        else:
            content.append(line)
    if fence:
        found.append("\n".join(content).strip())
    return [inner for inner in found if inner.startswith("{") and '"files"' in inner]


def _naked_objects(text: str) -> list[str]:
    """Objects with `files` in prose; a brace in the prose that opens no JSON is passed over."""
    found: list[str] = []
    position, misses = text.find("{"), 0
    while position >= 0 and misses * (len(text) - position) < _MOST_WORK:
        try:
            value, end = read_value(text, position, _NAME)
        except FormatError:
            end, value, misses = position + 1, None, misses + 1
        if is_object(value) and "files" in value:
            found.append(text[position:end])
        position = text.find("{", end)
    if not found and (start := _broken_object(text)) >= 0:
        return [text[start:]]
    return found


def _broken_object(text: str) -> int:
    match = _OPENING.search(text)
    return match.start() if match else -1


def _checked(value: Json, source: str) -> ChangeSet:
    if not is_object(value):
        raise ChangeSetRefused(["an object with `files` and `explanation` was expected"])
    reasons = [f"the member `{name}` is given twice" for name in repeated_members(source)]
    files = value.get("files")
    if not is_list(files):
        raise ChangeSetRefused([*reasons, "`files` must be a list"])
    explanation = value.get("explanation", "")
    if not isinstance(explanation, str):
        reasons.append("`explanation` must be text")
    if not files:
        reasons.append("`files` is empty")
    if len(files) > _MOST_FILES:
        reasons.append(f"more than {_MOST_FILES} files")
    found = [_change(item, number, reasons) for number, item in enumerate(files[:_MOST_FILES], 1)]
    changes = tuple(one for one in found if one is not None)
    reasons += clashes([(one.path, one.action == "delete") for one in changes])
    if reasons:
        raise ChangeSetRefused(reasons, changes)
    return ChangeSet(changes, explanation)


def _change(item: Json, number: int, reasons: list[str]) -> Change | None:
    if not is_object(item):
        reasons.append(f"file {number}: an object was expected")
        return None
    path, action, content = item.get("path"), item.get("action"), item.get("content")
    name = f"file {number} ({path!r:.200})"
    before = len(reasons)
    reasons += [f"{name}: {fault}" for fault in _path_faults(path)]
    if action not in _ACTIONS:
        reasons.append(f"{name}: unknown action {action!r:.80}; one of {', '.join(_ACTIONS)} was expected")
    reasons += [f"{name}: {fault}" for fault in _content_faults(action, content)]
    if len(reasons) > before:
        return None
    return Change(str(path), cast("Action", action), "" if action == "delete" else str(content))


def _path_faults(path: Json) -> list[str]:
    return path_faults(path) if isinstance(path, str) else ["`path` must be text"]


def _content_faults(action: Json, content: Json) -> list[str]:
    if action == "delete":
        return [] if content is None or isinstance(content, str) else ["`content` must be text"]
    if content is None:
        return ["`content` is missing"]
    if not isinstance(content, str):
        return ["`content` must be text"]
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        return ["`content` has characters that no UTF-8 file can hold"]
    return []
