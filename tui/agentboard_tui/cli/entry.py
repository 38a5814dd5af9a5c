"""From words to an exit code: parse, find the project, call the command, turn failures into one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from agentboard_tui.cli.arguments import COMMANDS, parser_for, split_directory
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.guarding import guarded
from agentboard_tui.cli.output import Output

__all__ = ["Handler", "run"]

Handler = Callable[[argparse.Namespace, Output], int]


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes one line on stderr."""
    return guarded(partial(_run, arguments))


def _run(arguments: Sequence[str]) -> int:
    directory, rest = split_directory(arguments)
    named = next((word for word in rest if word in COMMANDS), None)
    options = parser_for(named).parse_args(rest)
    if options.version:
        from agentboard_tui.version import VERSION

        sys.stdout.write(f"agentboard {VERSION}\n")
        return Exit.DONE
    output = Output(json=options.json, color=not options.no_color)
    if options.command is None:
        return _open_board(directory, options)
    if directory is not None:
        raise Failure(f"unexpected argument: {directory}", Exit.USAGE)
    return _handler(COMMANDS[options.command].handler)(options, output)


def _open_board(directory: str | None, options: argparse.Namespace) -> int:
    from agentboard_tui.cli.boarding import open_board

    place = directory or options.directory or "."
    if not os.path.isdir(place):
        raise Failure(
            f"no such command or directory: {place} (agentboard --help lists the commands)", Exit.USAGE
        )
    return open_board(place, color=not options.no_color)


def _handler(path: str) -> Handler:
    module, _, function = path.partition(":")
    handler: Handler = getattr(import_module(f"agentboard_tui.cli.{module}"), function)
    return handler
