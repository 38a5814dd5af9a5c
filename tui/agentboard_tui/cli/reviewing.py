"""`diff`: what a run changed, as git shows it."""

from __future__ import annotations

import argparse

from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import find_run, open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["diff"]


def diff(options: argparse.Namespace, output: Output) -> int:
    """Print the difference between a run's base and its branch."""
    from agentboard_agents.repository import GitFault, Repository

    project = open_project(options)
    run = find_run(open_store(project), options.run)
    if run.base is None or run.branch is None:
        raise Failure(f"{run.id} has no branch yet: it has not started")
    try:
        repository = Repository(project.root, project.state)
        text = repository.diff(run.base, run.branch)
        files = repository.changed_files(run.base, run.branch)
    except GitFault as fault:
        raise Failure(str(fault)) from fault
    if output.json:
        output.value({"run": run.id, "base": run.base, "branch": run.branch, "files": files, "diff": text})
    else:
        output.raw(text)
    return Exit.DONE
