"""What a trusted server of tools is shown besides the agent's box: the files that its own command names."""

from __future__ import annotations

import os

from agentboard_agents.sandbox.toolchains import beneath, find
from agentboard_agents.toolservers.named import Server

__all__ = ["shown_to"]


def shown_to(server: Server, hidden: str, home: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return what to show it read-only, as (host, inside) pairs.

    That is the tool chain of a program named by its whole path, and existing paths among its arguments: a
    person said yes to exactly these words. Nothing as wide as the home or the state directory is shown.

    Args:
        server: one that is trusted, with its variables filled in.
        hidden: agentboard's state directory.
        home: the home directory, for tests.
    """
    home = os.path.realpath(home or os.path.expanduser("~"))
    program = os.path.dirname(server.command) if os.path.isabs(server.command) else ""
    wanted = list(find(program, home).directories) if program else []
    wanted += [word for word in server.arguments if os.path.isabs(word) and os.path.exists(word)]
    kept = [path for path in wanted if not _wide(os.path.realpath(path), home, hidden)]
    return tuple((path, path) for path in dict.fromkeys(kept))


def _wide(path: str, home: str, hidden: str) -> bool:
    """Whether a path would show the home, or what agentboard keeps, as a whole or in part."""
    return beneath(home, [path]) or beneath(hidden, [path]) or beneath(path, [hidden])
