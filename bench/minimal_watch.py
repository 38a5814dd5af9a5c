"""The least that shows a change of a file: Textual with inotify on its loop, and watchfiles as it comes."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import Static

CLOSE_WRITE = 0x8
HERE = "minimal-is-here"


def newest(file: Path) -> str:
    """Return the first task of a list."""
    return next(line for line in file.read_text().splitlines() if line.startswith("- [ ] "))[6:]


class Minimal(App[None]):
    """One line of text: the first task of a list."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def compose(self) -> ComposeResult:
        """Show that it is there."""
        yield Static(HERE)

    def on_mount(self) -> None:
        """Look at the file whenever somebody has written it."""
        library = ctypes.CDLL(None)
        self.descriptor = library.inotify_init1(os.O_NONBLOCK)
        library.inotify_add_watch(self.descriptor, os.fsencode(self.file), CLOSE_WRITE)
        asyncio.get_running_loop().add_reader(self.descriptor, self._look)

    def _look(self) -> None:
        os.read(self.descriptor, 65536)
        self.query_one(Static).update(newest(self.file))


def print_by_watchfiles(file: Path) -> None:
    """Print the first task of a list whenever watchfiles reports something."""
    from watchfiles import watch

    print(HERE, flush=True)
    for _ in watch(file.parent):
        print(newest(file), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TEXTUAL_FPS", "1000")
    watched = Path(sys.argv[2])
    if sys.argv[1] == "watchfiles":
        print_by_watchfiles(watched)
    else:
        Minimal(watched).run()
