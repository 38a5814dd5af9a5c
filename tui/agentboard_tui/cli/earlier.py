"""`versions`: what a shared file held before, and any of it back on stdout."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime

from agentboard_agents.project import Project
from agentboard_tasks.files import Root
from agentboard_tasks.versions import Version, Versions
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["versions"]


def versions(options: argparse.Namespace, output: Output) -> int:
    """List the versions of a file that are kept, the newest first, or print one of them as it was."""
    project = open_project(options)
    file = _relative(project, options.directory, options.file)
    kept = Versions(Root(project.state)) if os.path.isdir(project.state) else None
    found = kept.of(file) if kept is not None else []
    if kept is not None and options.digest is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(kept.load(_named(found, options.digest)))
        sys.stdout.buffer.flush()
        return Exit.DONE
    if options.digest is not None:
        _named(found, options.digest)
    forms = [{"file": file, "version": one.digest, "time": _time(one.time)} for one in found]
    if output.json:
        output.value(forms)
    else:
        rows = [(form["version"][:12], form["time"]) for form in forms]
        output.table(("VERSION", "SEEN"), rows, f"no version of {file} is kept: a board keeps what it sees")
    return Exit.DONE


def _relative(project: Project, directory: str | None, file: str) -> str:
    place = os.path.abspath(os.path.join(directory or os.curdir, file))
    return os.path.relpath(
        os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place)), project.root
    )


def _named(found: list[Version], name: str) -> Version:
    near = [version for version in found if name and version.digest.startswith(name)]
    if len(near) != 1:
        raise Failure(f"no version {name!r} is kept (agentboard versions FILE lists them)")
    return near[0]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
