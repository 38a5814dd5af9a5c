"""Opening a file in the user's own editor, with the board out of the way."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from agentboard_tui.station import Station

__all__ = ["open_editor"]


def open_editor(app: Station, root: str, file: str, line: int = 1) -> str | None:
    """Open `file` (relative to `root`, or absolute) and wait; return what went wrong, if anything."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not named:
        return f"no $EDITOR is set; the file is {file}:{line}"
    path = os.path.join(root, file)
    try:
        with app.suspend():
            subprocess.run([*shlex.split(named), path], check=False, cwd=root)  # noqa: S603  the user's own editor
    except SuspendNotSupported:
        return "this terminal cannot be lent to an editor"
    except (OSError, ValueError) as fault:
        return f"{named} did not start: {fault}"
    return None
