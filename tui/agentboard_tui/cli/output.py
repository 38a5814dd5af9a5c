"""Where a command's words go: data to stdout, narration to stderr, nothing that a terminal would obey."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from agentboard_tasks.text import SafeText
from agentboard_tasks.unicodes import json_line

__all__ = ["Output", "narrated"]


class Output:
    """stdout and stderr of one command; `json` says which form stdout carries."""

    def __init__(self, *, json: bool = False, color: bool = True) -> None:
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a locale without UTF-8 ends no list
        self.json = json
        self.color = color and sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def value(self, value: object) -> None:
        """Print one JSON value on a line of its own; bytes that are no text are U+FFFD in it."""
        sys.stdout.flush()
        sys.stdout.buffer.write(json_line(value) + b"\n")  # JSON is UTF-8, whatever the locale
        sys.stdout.buffer.flush()

    def line(self, text: str = "") -> None:
        """Print a line of data."""
        sys.stdout.write(f"{SafeText.of(text)}\n")
        sys.stdout.flush()

    def raw(self, text: str) -> None:
        """Print text of several lines, each made safe."""
        for line in text.splitlines():
            sys.stdout.write(f"{SafeText.of(line, limit=20_000)}\n")
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """Print a line of narration on stderr."""
        sys.stderr.write(f"{narrated(text)}\n")
        sys.stderr.flush()

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
        """Print rows in aligned columns, cut at the terminal's edge; `empty` where there are none."""
        body = [[str(SafeText.of(cell)) for cell in row] for row in rows]
        if not body:
            self.say(empty)
            return
        widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
        for row in (head, *body):
            padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            sys.stdout.write(_fit("  ".join(padded).rstrip()) + "\n")


def narrated(text: str) -> SafeText:
    """Return a line for stderr, which logs of other programs keep: fit for a terminal, without secrets."""
    from agentboard_agents import redaction

    redaction.learn()
    return SafeText.of(redaction.redact(text))


def _fit(line: str) -> str:
    if not sys.stdout.isatty():
        return line
    columns = shutil.get_terminal_size().columns
    return line if len(line) <= columns else line[: columns - 1] + "…"
