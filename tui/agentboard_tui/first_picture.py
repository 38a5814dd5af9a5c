"""The picture of the board as it was left, shown while everything that can draw a new one is imported.

What `show` needs is imported within milliseconds; it gives up silently wherever the picture would not fit.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` would cost as much as the whole picture
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FILE", "hand_over", "keep", "show", "take_away"]

FILE = "picture"
CAP = 1024 * 1024
ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H"
LEAVE = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
LOOKS = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "TEXTUAL_COLOR_SYSTEM")
"""Variables that decide how a picture is drawn."""

shown: set[int] = set()
"""Descriptors whose screen is a picture that nobody has taken over yet."""


def show(directory: str) -> bool:
    """Show the kept picture of the project at or above a directory; say whether there was one."""
    from agentboard_agents import places

    try:
        if not (os.isatty(0) and os.isatty(1)):
            return False
        size = os.get_terminal_size(1)
        with open(os.path.join(places.state_of(places.find_root(directory)), FILE), "rb") as file:
            head, _, lines = file.read(CAP).partition(b"\n")
        if head != _head(size.columns, size.lines):
            return False
        os.write(1, ENTER + lines)
    except (OSError, places.NotARepository):
        return False  # the board itself meets the same fault, and has words for it
    shown.add(1)
    return True


def hand_over() -> None:
    """The board draws from here on."""
    shown.clear()


def take_away() -> None:
    """Give the terminal back if the board never came."""
    while shown:
        os.write(shown.pop(), LEAVE)


def keep(state: str, lines: Sequence[str], width: int) -> None:
    """Keep the picture of a board beside its store: a line, with its colours, for each of the screen."""
    from agentboard_tasks.files import FileFault, Root

    body = "\r\n".join(lines).encode("utf-8", "replace")
    try:
        Root(state).write(FILE, _head(width, len(lines)) + b"\n" + body, mode=0o600, durable=False)
    except FileFault:
        return  # the next board opens without it


def _head(columns: int, rows: int) -> bytes:
    looks = "\0".join(os.environ.get(name, "") for name in LOOKS)
    return f"{columns}x{rows} {looks!r}".encode("utf-8", "backslashreplace")
