"""`agentboard [DIR]`: opening the board."""

from __future__ import annotations

import os
import sys

from agentboard_agents.project import Project
from agentboard_tui.cli.failure import Exit, Failure

__all__ = ["open_board", "tell_textual"]

TEXTUAL = {"TEXTUAL_FPS": "1000", "ESCDELAY": "50"}
"""What Textual reads when it is imported: frames a second that it may paint, so that a key shows at once (the
board itself asks for 20 at most), and milliseconds until escape is a key: as long as editors wait."""


def open_board(directory: str, *, color: bool = True) -> int:
    """Open the board on the project at or above `directory`, in this terminal."""
    project = Project.open(directory)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure(
            "the board needs a terminal; `agentboard status` prints the same without one", Exit.USAGE
        )
    if not color:
        os.environ["NO_COLOR"] = "1"
    tell_textual()
    from agentboard_tui.app import open_board as show

    return show(project)


def tell_textual() -> None:
    """Set what the user has not set; before Textual is imported."""
    for name, value in TEXTUAL.items():
        os.environ.setdefault(name, value)
