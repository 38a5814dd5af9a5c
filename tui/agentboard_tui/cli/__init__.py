"""The command line."""

from __future__ import annotations


def main() -> int:
    """Run `agentboard` and return its exit code."""
    from agentboard_tui.cli.parser import run  # noqa: PLC0415 - keeps `--version` free of everything else

    return run()
