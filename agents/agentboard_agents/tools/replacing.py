"""One replacement in a text: found exactly once, or everywhere on purpose."""

from __future__ import annotations

from agentboard_agents.tools.spec import ToolRefused
from agentboard_agents.tools.text import like

__all__ = ["replaced"]


def replaced(text: str, old: str, new: str, *, everywhere: bool = False) -> tuple[str, int]:
    """Return `text` with `old` replaced by `new`, and how often; line ends follow the text's own.

    Raises:
        ToolRefused: when `old` is empty, equals `new`, is not there, or is there more than once.
    """
    if not old:
        raise ToolRefused("old_string is empty; use Write to create a file")
    if old not in text:
        old, new = like(text, old), like(text, new)
    if old == new:
        raise ToolRefused("old_string and new_string are the same; nothing would change")
    count = text.count(old)
    if count == 0:
        raise ToolRefused(f"old_string was not found{_hint(text, old)}; Read the file and copy it exactly")
    if count > 1 and not everywhere:
        raise ToolRefused(
            f"old_string was found {count} times (lines {_lines(text, old)}); "
            "add lines around it so that it is unique, or set replace_all"
        )
    return text.replace(old, new), count


def _hint(text: str, old: str) -> str:
    """Say where `old` would be if white space did not count."""
    wanted = [line.strip() for line in old.strip().splitlines()]
    if not wanted:
        return ""
    lines = [line.strip() for line in text.splitlines()]
    for number in range(len(lines) - len(wanted) + 1):
        if lines[number : number + len(wanted)] == wanted:
            return f", but line {number + 1} differs from it only in white space"
    return ""


def _lines(text: str, old: str) -> str:
    places: list[str] = []
    start = text.find(old)
    while start >= 0 and len(places) < 10:
        places.append(str(text.count("\n", 0, start) + 1))
        start = text.find(old, start + len(old))
    return ", ".join(places)
