"""`agentboard [DIR]`: opening the board."""

from __future__ import annotations

import os
import sys

from agentboard_agents.project import Project
from agentboard_tui.cli.failure import Exit, Failure

__all__ = ["open_board"]

FRAMES = "1000"
"""Frames a second that Textual may paint: a key shows at once; the board itself asks for at most 20."""


def open_board(directory: str, *, color: bool = True) -> int:
    """Open the board on the project at or above `directory`, in this terminal."""
    project = Project.open(directory)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure(
            "the board needs a terminal; `agentboard status` prints the same without one", Exit.USAGE
        )
    if not color:
        os.environ["NO_COLOR"] = "1"
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    from agentboard_tui.app import open_board as show

    return show(project)
