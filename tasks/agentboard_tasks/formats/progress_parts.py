"""The labelled parts of one log entry: completion time, learnings, files, in the spellings that logs use."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Parts", "read_parts"]

_LABEL = re.compile(
    r"[ \t]*(?:[-*+][ \t]+)?[*_#]{0,4}[ \t]?"
    r"(?P<label>[A-Za-z][A-Za-z /()-]{1,50}?)[*_]{0,2}:[*_]{0,2}[ \t]*(?P<rest>.*)\Z"
)
_BULLET = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\d{1,3}[.)])[ \t]+(?P<text>.*)\Z")
_LEARNINGS = ("learnings", "learned", "lessons", "patterns discovered", "gotchas", "notes for future")
_FILES = ("files modified", "files changed", "modified files", "changed files", "files")
_TIMES = ("completed", "raised", "date", "time", "timestamp", "completed at", "finished")
_TASKS = ("task", "story", "story id", "task id")
_QUOTED = re.compile(r"[*_]{0,2}`([^`]+)`")
_NONE = frozenset({"none", "-", "n/a", "(none)"})


class Parts(Struct):
    """What the lines of an entry say."""

    learnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    time: str | None = None
    task: str | None = None


class _Reader:
    """The part that the current line belongs to, and how far its label is indented."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {"learnings": [], "files": []}
        self.time: str | None = None
        self.task: str | None = None
        self.part = ""
        self.indent = 0
        self.label_is_bullet = False  # then only deeper bullets belong to the part

    def take(self, line: str) -> None:
        label = _LABEL.match(line[:2_000])
        part = _part_of(label["label"].strip().casefold()) if label else ""
        if label and part:
            self.start(part, label["rest"].strip(), len(line) - len(line.lstrip()))
            self.label_is_bullet = _BULLET.match(line) is not None
            return
        bullet = _BULLET.match(line)
        if not self.part or not line.strip():
            return
        if bullet and not (self.label_is_bullet and len(bullet["indent"]) <= self.indent):
            self.found[self.part].append(bullet["text"].strip())
        elif not bullet and line[:1] in " \t" and self.found[self.part]:
            self.found[self.part][-1] += " " + line.strip()
        else:
            self.part = ""

    def start(self, part: str, rest: str, indent: int) -> None:
        if part == "time":
            self.time, self.part = rest or None, ""
        elif part == "task":
            self.task, self.part = rest.split(" ")[0].lstrip("#").rstrip(":") or None, ""
        else:
            self.part, self.indent = part, indent
            self.found[part].extend(_inline(part, rest))


def _inline(part: str, rest: str) -> list[str]:
    if not rest or rest.casefold() in _NONE:
        return []
    return [item.strip() for item in rest.split(",") if item.strip()] if part == "files" else [rest]


def _part_of(label: str) -> str:
    if label.startswith(_LEARNINGS):
        return "learnings"
    if label in _FILES:
        return "files"
    if label in _TIMES:
        return "time"
    return "task" if label in _TASKS else ""


def _path(file: str) -> str:
    """What is between the first backticks, such as those of "`a.py` (new)", else the whole."""
    quoted = _QUOTED.match(file)
    return quoted[1] if quoted else file.strip("`")


def read_parts(lines: list[str]) -> Parts:
    """The labelled parts among the lines of an entry."""
    reader = _Reader()
    for line in lines:
        reader.take(line)
    files = tuple(_path(file) for file in reader.found["files"] if file.casefold() not in _NONE)
    learnings = tuple(text for text in reader.found["learnings"] if text.casefold() not in _NONE)
    return Parts(learnings, files, reader.time, reader.task)
