"""Path patterns: `*` and `?` within a name, `**` across names, `{a,b}` alternatives."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from agentboard_agents.tools.spec import ToolRefused

__all__ = ["PathPattern"]

LONGEST = 400
MOST_ALTERNATIVES = 64
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


class PathPattern:
    """A compiled pattern; one without a slash may match at any depth when `anywhere` is set."""

    def __init__(self, pattern: str, *, anywhere: bool = False) -> None:
        if not pattern or len(pattern) > LONGEST or "\0" in pattern:
            raise ToolRefused("a pattern must have 1 to 400 characters and no NUL")
        prefix = ["**"] if anywhere and "/" not in pattern else []
        self._alternatives = [[*prefix, *_parts(text)] for text in _expanded(pattern)]

    def matches(self, path: str) -> bool:
        """Whether a relative path matches."""
        names = path.split("/")
        return any(_matches(parts, names) for parts in self._alternatives)


def _parts(pattern: str) -> list[str]:
    return [part for part in pattern.split("/") if part not in {"", "."}]


def _expanded(pattern: str) -> list[str]:
    """Return the pattern once for every choice of alternatives."""
    done, todo = list[str](), [pattern]
    while todo:
        text = todo.pop()
        braces = BRACES.search(text)
        if braces is None:
            done.append(text)
        else:
            todo += [text[: braces.start()] + part + text[braces.end() :] for part in braces[1].split(",")]
        if len(done) + len(todo) > MOST_ALTERNATIVES:
            raise ToolRefused(f"the pattern has more than {MOST_ALTERNATIVES} alternatives")
    return done


def _matches(parts: list[str], names: list[str]) -> bool:
    """Match by a row of states, so that no pattern takes more than parts × names steps."""
    row = [True] + [False] * len(names)
    for part in parts:
        if part == "**":
            reached = False
            row = [reached := reached or state for state in row]
        else:
            row = [False] + [
                state and fnmatchcase(name, part) for state, name in zip(row, names, strict=False)
            ]
    return row[-1]
