"""Files as text for a model: decoded without loss, with the line ends and the mark that they have."""

from __future__ import annotations

from agentboard_agents.tools.spec import ToolRefused

__all__ = ["changed_lines", "decoded", "encoded", "like", "looks_binary", "numbered", "one_line"]

SNIFF = 8_192
LONGEST_LINE = 2_000


def looks_binary(data: bytes) -> bool:
    """Whether `data` is no text."""
    return b"\0" in data[:SNIFF]


def decoded(data: bytes) -> str:
    """Return bytes as text; bytes that are not UTF-8 survive the way back."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Return text as bytes.

    Raises:
        ToolRefused: for half of a surrogate pair.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ToolRefused(f"the text holds a character that is none (at {error.start})") from None


def like(existing: str, text: str) -> str:
    """Return `text` with the line ends of `existing`, where all of those are CRLF."""
    ends = existing.count("\n")
    if not ends or existing.count("\r\n") != ends:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def numbered(lines: list[str], first: int) -> str:
    """Return lines as `cat -n` shows them."""
    return "\n".join(f"{number:>6}\t{_cut(line)}" for number, line in enumerate(lines, first))


def _cut(line: str) -> str:
    line = line.removesuffix("\r").encode("utf-8", "replace").decode("utf-8")
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}… [{len(line):,} characters]"


def changed_lines(before: str, after: str) -> tuple[int, int]:
    """Return how many lines came and went between two versions, apart from what they share at both ends."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return len(new) - start - end, len(old) - start - end


def one_line(text: str, limit: int = 60) -> str:
    """Return text as one short line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
