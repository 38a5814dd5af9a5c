"""`reset-tty`: a terminal that a dead program left in disorder, put right."""

from __future__ import annotations

import argparse
import contextlib
import sys
import termios

from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.output import Output
from agentboard_tui.terminal import reset_terminal

__all__ = ["reset"]


def reset(_options: argparse.Namespace, _output: Output) -> int:
    """Turn modes off, show the cursor, make the line discipline sane."""
    reset_terminal()
    with contextlib.suppress(
        termios.error, ValueError, OSError
    ):  # stdin is no terminal: nothing to put right
        make_sane(sys.stdin.fileno())
    return Exit.DONE


def make_sane(descriptor: int) -> None:
    """Give a terminal echo, line editing and signals again."""
    mode = termios.tcgetattr(descriptor)
    mode[0] |= termios.ICRNL | termios.IXON | termios.BRKINT
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] |= termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN | termios.ECHOE | termios.ECHOK
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)
