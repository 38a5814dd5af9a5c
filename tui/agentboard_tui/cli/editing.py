"""`set` and `undo`: edits of tasks in their files, from a script."""

from __future__ import annotations

import argparse

from agentboard_agents.survey import Unknown, task_at_rest
from agentboard_agents.task_states import set_by_hand, undo_by_hand
from agentboard_tasks.edit import Edit, EditConflict, PatchRefused
from agentboard_tasks.model import State
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["set_state", "undo"]

WITHOUT_REASONS = ("frontmatter", "prd")
"""The formats in which a task has a status, and nothing beside it for a reason."""


def set_state(options: argparse.Namespace, output: Output) -> int:
    """Give a task another state, in its file."""
    project = open_project(options)
    try:
        task = task_at_rest(project, options.task)
        edit = set_by_hand(project, task, State(options.state), reason=options.reason)
    except (Unknown, EditConflict, PatchRefused) as reason:
        raise Failure(str(reason)) from reason
    if options.reason and task.format in WITHOUT_REASONS:
        output.say(f"the reason is not kept: {task.source.file} has no place for one")
    elif options.reason and options.state != State.BLOCKED:
        output.say("the reason is not kept: only what is blocked has one in its list")
    return _report(output, edit)


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
