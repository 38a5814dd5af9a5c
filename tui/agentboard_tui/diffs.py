"""What a run changed, read by a process of its own (git is never loaded here), cut into files and hunks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from agentboard_agents.project import Project

__all__ = ["DiffFault", "DiffLine", "FileDiff", "parse", "read_diff"]

PATIENCE = 60.0
MOST_LINES = 20_000
MOST_TEXT = 4 * 1024 * 1024


class DiffFault(Exception):
    """Why there is no diff, in one line."""


class DiffLine(Struct, frozen=True):
    """A line of a hunk: `kind` is hunk, add, remove, context or note."""

    kind: str
    text: str


class FileDiff(Struct, frozen=True):
    """The changes of one file."""

    path: str
    lines: tuple[DiffLine, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines came and went."""
        kinds = [line.kind for line in self.lines]
        return kinds.count("add"), kinds.count("remove")


class _Printed(Struct):
    diff: str = ""


def read_diff(project: Project, run: str) -> tuple[FileDiff, ...]:
    """Return what a run changed against its base. Takes as long as git takes: call it in a thread.

    Raises:
        DiffFault: when it cannot be had.
    """
    command = [sys.executable, "-P", "-m", "agentboard_tui", "-C", project.root, "diff", run, "--json"]
    environment = {**os.environ, "NO_COLOR": "1"}
    try:
        done = subprocess.run(  # noqa: S603  our own command line, no shell
            command, capture_output=True, timeout=PATIENCE, check=False, cwd="/", env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise DiffFault(f"the diff cannot be read: {fault}") from fault
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["the diff cannot be read"]
        raise DiffFault(words[-1].removeprefix("agentboard: "))
    try:
        return parse(msgspec.json.decode(done.stdout, type=_Printed).diff)
    except msgspec.MsgspecError as fault:
        raise DiffFault(f"the diff cannot be read: {fault}") from fault


KINDS = {"+": "add", "-": "remove", " ": "context", "@": "hunk", "\\": "note"}
HEADERS = ("new file", "deleted file", "rename", "similarity", "old mode", "new mode", "Binary files")


def parse(text: str) -> tuple[FileDiff, ...]:
    """Cut a unified diff into files; what is beyond the cap is counted in a last line."""
    files: list[FileDiff] = []
    path, lines = "", list[DiffLine]()
    given = text[:MOST_TEXT].splitlines()
    for line in given[:MOST_LINES]:
        if line.startswith("diff --git "):
            files += _file(path, lines)
            path, lines = _path(line), []
        elif line.startswith(("--- ", "+++ ")) and not _in_hunk(lines):
            path = _named(line, path)
        elif line.startswith(HEADERS):
            lines.append(DiffLine("note", line))
        elif line[:1] in KINDS and path:
            lines.append(DiffLine(KINDS[line[0]], line))
    if len(given) > MOST_LINES:
        lines.append(DiffLine("note", f"… {len(given) - MOST_LINES} more lines: agentboard diff shows all"))
    return (*files, *_file(path, lines))


def _in_hunk(lines: Iterable[DiffLine]) -> bool:
    return any(line.kind == "hunk" for line in lines)


def _file(path: str, lines: list[DiffLine]) -> list[FileDiff]:
    return [FileDiff(path, tuple(lines))] if path else []


def _path(line: str) -> str:
    return line.rpartition(" b/")[2] or line.removeprefix("diff --git ")


def _named(line: str, otherwise: str) -> str:
    name = line[4:].strip().strip('"')
    return otherwise if name == "/dev/null" else name[2:] if name[:2] in {"a/", "b/"} else name
