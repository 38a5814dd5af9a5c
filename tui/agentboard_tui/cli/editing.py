"""`set` and `undo`: edits of tasks in their files, from a script."""

from __future__ import annotations

import argparse
from datetime import datetime

from agentboard_agents.project import Project
from agentboard_agents.survey import Unknown, survey
from agentboard_tasks.edit import Edit, EditConflict, Editor, PatchRefused
from agentboard_tasks.files import Root
from agentboard_tasks.model import State
from agentboard_tasks.workspace import set_task
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["set_state", "undo"]


def set_state(options: argparse.Namespace, output: Output) -> int:
    """Give a task another state, in its file."""
    project = open_project(options)
    try:
        task = survey(project).task(options.task)
        edit = set_task(
            _editor(project),
            task,
            State(options.state),
            today=datetime.now().astimezone().date().isoformat(),
            reason=options.reason,
            strict=True,
        )
    except (Unknown, EditConflict, PatchRefused) as reason:
        raise Failure(str(reason)) from reason
    return _report(output, edit)


def undo(options: argparse.Namespace, output: Output) -> int:
    """Take the last edit back."""
    try:
        edit = _editor(open_project(options)).undo()
    except (EditConflict, PatchRefused) as reason:
        raise Failure(str(reason)) from reason
    return _report(output, edit)


def _editor(project: Project) -> Editor:
    return Editor(Root(project.root), Root(project.make_state()))


def _report(output: Output, edit: Edit) -> int:
    if output.json:
        output.value({"file": edit.file, "why": edit.why, "changed": edit.before != edit.after})
    else:
        output.line(f"{edit.file}: {edit.why}")
    return Exit.DONE
