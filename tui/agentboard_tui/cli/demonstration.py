"""`demo`: the sample project, on the board or without a terminal."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile

from agentboard_agents.project import Project
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.output import Output

__all__ = ["demo"]


def demo(options: argparse.Namespace, output: Output) -> int:
    """Build the sample project and open it; with --headless, run its team to the end and prove the work."""
    from agentboard_tui.demo.building import CannotBuild, build_sample

    directory = options.dir or os.path.join(tempfile.mkdtemp(prefix="agentboard-demo-"), "shop-api")
    headless = options.headless
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure("the board needs a terminal; use --headless without one", Exit.USAGE)
    try:
        build_sample(directory)
    except CannotBuild as reason:
        raise Failure(str(reason)) from reason
    os.environ["AGENTBOARD_RUNTIME"] = "rehearsal"
    project = Project.open(directory)
    output.say(f"sample project: {project.root}")
    return _headless(project, output) if headless else _on_the_board(project)


def _on_the_board(project: Project) -> int:
    from agentboard_agents.client import Client
    from agentboard_tui.cli.boarding import tell_textual

    tell_textual()
    from agentboard_tui.app import open_board
    from agentboard_tui.demo.parts import PARTS
    from agentboard_tui.demo.playing import dispatch_part

    client = Client(project)
    for part in PARTS[:-1]:  # the last one is for the person at the keyboard
        dispatch_part(client, part)
    return open_board(project, demo=True)


def _headless(project: Project, output: Output) -> int:
    from agentboard_tui.demo.playing import play

    proofs = play(project, output.say)
    if output.json:
        output.value(proofs)
    for proof in proofs if not output.json else ():
        output.line(
            f"{'✓' if proof.holds else '✗'} {proof.claim}" + (f" — {proof.fact}" if not proof.holds else "")
        )
    failed = sum(not proof.holds for proof in proofs)
    output.say(f"{len(proofs) - failed} of {len(proofs)} claims proved; the project stays in {project.root}")
    return Exit.FAILED if failed or not proofs else Exit.DONE
