"""Lists on one line, whose separators do not count inside parentheses: `Bash(git log:*), Agent(a, b)`."""

from __future__ import annotations

__all__ = ["split_outside"]


def split_outside(text: str, separators: str = ",") -> list[str]:
    """A text cut at each separator character that no parenthesis encloses."""
    if "(" not in text:
        return text.split(separators) if len(separators) == 1 else text.split()
    parts: list[str] = []
    depth = start = 0
    for place, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif not depth and character in separators:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
