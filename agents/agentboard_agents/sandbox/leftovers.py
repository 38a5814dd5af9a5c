"""What a worker that was killed left running: ended when the next one starts.

A box dies with the worker that built it. Where there is no process namespace, something that hid from its
parent could live on; each process in a box is marked, and only such a one is ended here.
"""

from __future__ import annotations

import os

from agentboard_agents.sandbox.children import child_of

__all__ = ["MARK", "sweep"]

MARK = "AGENTBOARD_WORKTREE"
"""The variable that names the worktree of the box that a process was started in."""

MOST = 256 * 1024


def sweep(worktrees: str) -> int:
    """End every process of a box whose worktree is beneath `worktrees`; return how many there were.

    To be called by the one who holds the worker's lock, before anything is started.
    """
    mark = f"{MARK}={worktrees.rstrip('/')}/".encode("utf-8", "surrogateescape")
    ended = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and _marked(name, mark):
            child = child_of(int(name))
            if child is not None and child.alive():
                child.kill()
                ended += 1
    return ended


def _marked(pid: str, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return any(variable.startswith(mark) for variable in file.read(MOST).split(b"\0"))
    except OSError:
        return False
