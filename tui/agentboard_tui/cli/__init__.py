"""The command line: what scripts and people type, and the plain-text face of everything the board shows."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run `agentboard` with the arguments of this process and return its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from agentboard_tui.version import VERSION

        sys.stdout.write(f"agentboard {VERSION}\n")
        return 0
    if arguments == ["status", "--json"]:
        from agentboard_tui.cli.glancing import print_kept

        if print_kept():
            return 0
    from agentboard_tui.cli.entry import run

    return run(arguments)
