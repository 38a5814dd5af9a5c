"""The root `tasks.md` of a team: which agents are active, where their lists are, where they must agree."""

from __future__ import annotations

import re

from msgspec import Struct

from agentboard_tasks.formats.lines import text_of
from agentboard_tasks.formats.outline import Outline, read_outline

__all__ = ["Coordination", "Listed", "TeamFile", "parse"]

_BULLET = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX~!-]\][ \t]+)?(.*)\Z")
_NAMED = re.compile(
    r"[*_`]{0,3}(?P<name>[^:*`\r\n]{1,80}?)[*_`]{0,3}(?:[ \t]\([^()\r\n]{1,60}\))?"
    r"(?::[*_]{0,2}|[ \t]+[–—-]|[ \t]*→)[ \t]*(?P<rest>.*)\Z"
)
_PATH = re.compile(r"[`(\s]?(?P<path>[A-Za-z0-9_.@~-]*/?[A-Za-z0-9_./@~-]{1,200}\.(?:md|json|txt))\b")
_ONE_WAY = re.compile(
    r"[*_]{0,3}([\w -]{1,40}?)[ \t]*(?:→|->|⇒)[ \t]*([\w -]{1,40}?)[*_]{0,3}:[*_]{0,2}[ \t]*(.*)\Z"
)
_SIDES = re.compile(r"[ \t]*(?:↔|⇄|<->|<=>|⟷|/|\+|&)[ \t]*")
_AGENTS = frozenset(
    {"active sub agents", "active subagents", "active agents", "sub agents", "subagents", "agents", "team"}
)
_LISTS = frozenset({"task lists", "task list", "task files", "sub agent task lists", "agent task lists"})
_POINTS = frozenset({"coordination points", "coordination", "integration points", "dependencies"})
_WORDS = re.compile(r"[^\W_]+")


class Listed(Struct, frozen=True):
    """A line of the team file: an agent's name, what is said of it, and a path if one is given."""

    name: str
    text: str
    path: str | None
    line: int


class Coordination(Struct, frozen=True):
    """A point where agents must agree: `sides` as written, such as Backend and Frontend."""

    sides: tuple[str, ...]
    text: str
    line: int


class TeamFile(Struct, frozen=True):
    """A team's root `tasks.md`."""

    file: str
    agents: tuple[Listed, ...]
    lists: tuple[Listed, ...]
    points: tuple[Coordination, ...]


def parse(data: bytes, file: str) -> TeamFile:
    """The team file's three sections, each empty where it is missing; never raises."""
    outline = read_outline(data)
    agents = tuple(_listed(text, line) for line, text in _bullets(outline, _AGENTS))
    lists = tuple(_listed(text, line) for line, text in _bullets(outline, _LISTS))
    points = tuple(_point(text, line) for line, text in _bullets(outline, _POINTS))
    return TeamFile(file, agents, tuple(one for one in lists if one.path), points)


def _bullets(outline: Outline, titles: frozenset[str]) -> list[tuple[int, str]]:
    for index, heading in enumerate(outline.headings):
        if " ".join(_WORDS.findall(heading.text.casefold())) in titles:
            after = (
                outline.headings[index + 1].line if index + 1 < len(outline.headings) else len(outline.lines)
            )
            found = (
                (number, _BULLET.match(text_of(outline.lines[number])[:2_000]))
                for number in range(heading.end, after)
            )
            return [(number + 1, match[1].strip()) for number, match in found if match and match[1].strip()]
    return []


def _listed(text: str, line: int) -> Listed:
    path = _PATH.search(text)
    match = _NAMED.match(text)
    if match:
        return Listed(match["name"].strip(), match["rest"].strip(), path["path"] if path else None, line)
    bare = text.strip("*_` ")
    if path and path["path"] in bare:
        return Listed(path["path"].rsplit("/", 1)[-1].rsplit(".", 1)[0], text, path["path"], line)
    return Listed(bare, "", None, line)


def _point(text: str, line: int) -> Coordination:
    if one_way := _ONE_WAY.match(text):
        return Coordination((one_way[1].strip(), one_way[2].strip()), one_way[3].strip(), line)
    match = _NAMED.match(text)
    sides = _SIDES.split(match["name"].strip("*_ ")) if match else []
    if match and len(sides) > 1:
        return Coordination(tuple(side.strip() for side in sides), match["rest"].strip(), line)
    return Coordination((), text, line)
