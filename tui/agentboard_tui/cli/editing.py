"""`set` and `undo`: edits of tasks in their files, from a script."""

from __future__ import annotations

import argparse
import time

from agentboard_agents.project import Project
from agentboard_agents.survey import Unknown, survey
from agentboard_agents.task_states import set_by_hand, undo_by_hand
from agentboard_tasks.edit import Edit, EditConflict, PatchRefused
from agentboard_tasks.model import State, Task
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["set_state", "undo"]

PATIENCE = 0.5
PAUSE = 0.05
MOMENT_NS = 1_000_000_000
"""Since when a file may still be half-written."""
CARD = "frontmatter"
"""The format of a task that is a file of its own: it has a status, and nothing beside it for a reason."""


def set_state(options: argparse.Namespace, output: Output) -> int:
    """Give a task another state, in its file."""
    project = open_project(options)
    try:
        task = _task(project, options.task)
        edit = set_by_hand(project, task, State(options.state), reason=options.reason)
    except (Unknown, EditConflict, PatchRefused) as reason:
        raise Failure(str(reason)) from reason
    if options.reason and task.format == CARD:
        output.say(f"the reason is not kept: {task.source.file} has no place for one")
    return _report(output, edit)


def _task(project: Project, name: str) -> Task:
    """Return the task that is meant; a file that is being written just now is given a moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        here = survey(project)
        try:
            return here.task(name)
        except Unknown:
            newest = max((one.stamp.mtime_ns for one in here.workspace.files.values()), default=0)
            if time.time_ns() - newest > MOMENT_NS or time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)


def undo(options: argparse.Namespace, output: Output) -> int:
    """Take the last edit back."""
    try:
        edit = undo_by_hand(open_project(options))
    except (EditConflict, PatchRefused) as reason:
        raise Failure(str(reason)) from reason
    return _report(output, edit)


def _report(output: Output, edit: Edit) -> int:
    if output.json:
        output.value({"file": edit.file, "why": edit.why, "changed": edit.before != edit.after})
    else:
        output.line(f"{edit.file}: {edit.why}")
    return Exit.DONE
