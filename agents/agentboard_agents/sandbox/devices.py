"""The devices of a box: nodes of agentboard's own where the user is root, who could change the machine's.

To write to `/dev/null` is harmless, but its owner may also change its mode, and needs no capability for it:
as root, a command in a box could take the null device from the whole machine.
"""

from __future__ import annotations

import contextlib
import os
import stat

from agentboard_agents.sandbox.box import Limit

__all__ = ["NODES", "describe", "own_devices"]

DIRECTORY = "/dev/agentboard"
"""Beside the machine's own, where nobody but root writes, where nodes work, and nobody reads every file."""

NODES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
"""Name to its numbers: https://www.kernel.org/doc/Documentation/admin-guide/devices.txt"""

FOR_ALL = 0o666
MODE = stat.S_IFCHR | FOR_ALL


def own_devices() -> str | None:
    """Return a directory with nodes of our own, each as it should be; `None` where none are needed or had."""
    if os.geteuid() != 0:
        return None
    try:
        os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
        for name in NODES:
            _ensure(os.path.join(DIRECTORY, name), os.makedev(*NODES[name]))
        os.close(os.open(os.path.join(DIRECTORY, "null"), os.O_RDONLY))
    except OSError:
        return None
    return DIRECTORY


def _ensure(path: str, device: int) -> None:
    """Make a node, or make it anew if somebody has changed it."""
    with contextlib.suppress(FileNotFoundError):
        found = os.lstat(path)
        if (found.st_mode, found.st_uid, found.st_gid, found.st_rdev) == (MODE, 0, 0, device):
            return
        os.unlink(path)
    with contextlib.suppress(FileExistsError):
        os.mknod(path, MODE, device)
        os.chmod(path, FOR_ALL)


def describe() -> Limit:
    """Return whether the machine's devices are safe."""
    if os.geteuid() != 0:
        return Limit("devices", True, "only their owner could change them")
    if own_devices():
        return Limit("devices", True, "the box has its own")
    return Limit("devices", False, "as root, a command can change the modes of the machine's own")
