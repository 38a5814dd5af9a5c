"""The picture of the board as it was left, shown while everything that can draw a new one is imported.

What `show` needs is imported within milliseconds; it gives up silently wherever the picture would not fit.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` would cost as much as the whole picture
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["FILE", "hand_over", "keep", "show", "take_away"]

FILE = "picture"
CAP = 1024 * 1024
LEAVING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")
ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H"
LEAVE = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
LOOKS = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "TEXTUAL_COLOR_SYSTEM")
"""Variables that decide how a picture is drawn."""

shown: set[int] = set()
"""Descriptors whose screen is a picture that nobody has taken over yet."""

echoing: list[list[Any]] = []
"""The terminal's settings from before the picture."""


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
        _mind_the_terminal()
        os.write(1, ENTER + lines)
    except (OSError, places.NotARepository):
        return False  # the board itself meets the same fault, and has words for it
    return True


def _mind_the_terminal() -> None:
    """Show no keys in the picture, and leave no picture behind when a signal comes before the board."""
    import termios

    signal = _signals()
    shown.add(1)

    def leave(number: int, _frame: object) -> None:
        take_away()
        os._exit(128 + number)

    for name in LEAVING:
        signal.signal(getattr(signal, name), leave)
    try:
        settings = termios.tcgetattr(0)
        quiet = [*settings]
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, quiet)
    except termios.error:
        return
    echoing.append(settings)


def _signals() -> Any:
    """Return what `signal` wraps in enums; to import those takes as long as the whole picture."""
    return __import__("_signal")


def _echo() -> None:
    import termios

    while echoing:
        try:
            termios.tcsetattr(0, termios.TCSANOW, echoing.pop())
        except termios.error:
            return


def hand_over() -> None:
    """The board draws from here on."""
    if shown:
        signal = _signals()
        signal.signal(signal.SIGINT, signal.default_int_handler)
    shown.clear()
    _echo()


def take_away() -> None:
    """Give the terminal back if the board never came."""
    while shown:
        os.write(shown.pop(), LEAVE)
    _echo()


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
