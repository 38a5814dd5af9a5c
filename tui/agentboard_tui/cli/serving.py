"""`worker`: the process that runs the agents."""

from __future__ import annotations

import argparse

from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["worker"]


def worker(options: argparse.Namespace, _output: Output) -> int:
    """Serve the project until there is nothing to do."""
    from agentboard_agents.worker import main

    project = open_project(options)
    if options.engine_url:
        raise Failure("--engine-url: workers on several machines are not built yet", Exit.USAGE)
    return main(project)
