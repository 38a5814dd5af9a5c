"""The command line: what scripts and people type, and the plain-text face of everything the board shows."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> int:
    """Run `agentboard` with the arguments of this process and return its exit code."""
    arguments = sys.argv[1:]
    if sys.stdout is None or sys.stderr is None:
        _open_closed_streams()
    if arguments == ["--version"] and _print_version():
        return 0
    if arguments == ["status", "--json"]:
        from agentboard_tui.cli.glancing import print_kept

        if print_kept():
            return 0
    if not arguments or (len(arguments) == 1 and _is_place(arguments[0])):
        return _board(arguments)
    from agentboard_tui.cli.entry import run

    return run(arguments)


def _open_closed_streams() -> None:
    """Give a process that was started without stdout or stderr one that goes nowhere."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _print_version() -> bool:
    """Print the version sooner than the commands are loaded; where that cannot be, they say why."""
    from agentboard_tui.version import VERSION

    try:
        sys.stdout.write(f"agentboard {VERSION}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


def _is_place(word: str) -> bool:
    """Tell whether a word can only be a directory; `tasks` is a command, also beside one of that name."""
    return (os.sep in word or word in (os.curdir, os.pardir)) and os.path.isdir(word)


def _board(arguments: list[str]) -> int:
    """Open the board; while it is imported, the terminal shows it as it was left.

    What is imported stays for good: looking for garbage in it meanwhile would cost a tenth of the start.
    """
    import gc

    from agentboard_tui import first_picture

    gc.disable()
    place = arguments[0] if arguments else os.curdir
    first_picture.show(place)
    try:
        from agentboard_tui.cli.boarding import open_board
        from agentboard_tui.cli.guarding import guarded

        return guarded(lambda: open_board(place))
    finally:
        first_picture.take_away()
