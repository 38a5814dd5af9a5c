"""How much a boxed command may use, and which of these limits hold on this machine.

A process limit by rlimit does not bind root; there a pids control group takes its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import time

from msgspec import Struct

from agentboard_agents.sandbox.box import Limit

__all__ = ["OPEN_FILES", "PROCESSES", "DiskWatch", "Group", "describe", "launcher", "pids_root"]

PROCESSES = 1_024
OPEN_FILES = 8_192
FILE_BLOCKS = 8 * 1024 * 1024
"""Largest file, in blocks of 512 bytes: 4 GiB."""
FREE_FLOOR = 512 * 1024 * 1024
"""Free bytes of the worktree's disk below which a command that has eaten some is stopped."""
INODE_FLOOR = 10_000
PLENTY = 2**63
MOST_WRITTEN = 8 * 1024**3
"""Bytes that one command may write into its worktree: one file is limited, but not their number."""

PREFIX = "agentboard-"

JOIN = 'echo {limit} > "$0/pids.max" && echo $$ > "$0/cgroup.procs" || exit 125; '
FIRST_TO_GO = "{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null; "
"""When memory runs out, the kernel ends this before agentboard, or anything else of the user's."""

LIMIT = f"{FIRST_TO_GO}ulimit -c 0; ulimit -n {OPEN_FILES} 2>/dev/null; ulimit -f {FILE_BLOCKS}; "

_numbers = itertools.count()


class Group(Struct, frozen=True):
    """A pids control group of one command; `None` as its path where there is none to be had."""

    path: str | None

    @classmethod
    def make(cls) -> Group:
        """Create one for a command that is about to start."""
        root = pids_root()
        if root is None:
            return cls(None)
        path = os.path.join(root, f"{PREFIX}{os.getpid()}-{next(_numbers)}")
        try:
            os.mkdir(path, 0o755)
        except OSError:
            return cls(None)
        return cls(path)

    async def remove(self) -> None:
        """Remove it; a dying process may hold it for a moment more."""
        for _ in range(500 if self.path else 0):
            try:
                os.rmdir(self.path or "")
            except FileNotFoundError:
                return
            except OSError:
                await asyncio.sleep(0.002)
            else:
                return


@functools.cache
def pids_root() -> str | None:
    """Return the directory in which pids groups can be made here, `None` if there is none."""
    for candidate in _candidates():
        probe = os.path.join(candidate, f"{PREFIX}{os.getpid()}-probe")
        try:
            os.mkdir(probe)
        except OSError:
            continue
        usable = os.path.exists(os.path.join(probe, "pids.max"))
        os.rmdir(probe)
        if usable:
            _sweep(candidate)
            return candidate
    return None


def _candidates() -> list[str]:
    """Return where this process's own groups are mounted, the old hierarchy first."""
    found: list[str] = []
    with contextlib.suppress(OSError), open("/proc/self/cgroup", "rb") as file:
        for raw in file:
            line = os.fsdecode(raw)
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if "pids" in controllers.split(","):
                found.insert(0, "/sys/fs/cgroup/pids" + path.rstrip("/"))
            elif not controllers:
                found.append("/sys/fs/cgroup" + path.rstrip("/"))
    return found


def _sweep(root: str) -> None:
    """Remove groups of workers that died; a group that still holds a process stays."""
    for name in os.listdir(root):
        owner = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            with contextlib.suppress(OSError):
                os.rmdir(os.path.join(root, name))


def launcher(group: Group) -> list[str]:
    """Return the start of a command line that takes the limits on and then becomes what follows it."""
    join = JOIN.format(limit=PROCESSES) if group.path else ""
    return ["/bin/sh", "-c", join + LIMIT + 'exec "$@"', group.path or "sh"]


class DiskWatch:
    """Tells when a running command has written too much, or the disk under its worktree runs full."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._began = time.time()
        self._before = self._free()

    def _free(self) -> tuple[int, int]:
        """Return free bytes and free inodes; a file system without a limit on these has plenty."""
        figures = os.statvfs(self._directory)
        return figures.f_bavail * figures.f_frsize, figures.f_favail if figures.f_files else PLENTY

    def __call__(self) -> str:
        """Return why the command must be stopped, or nothing."""
        (size, number), (size_before, number_before) = self._free(), self._before
        if (size < FREE_FLOOR and size < size_before) or (number < INODE_FLOOR and number < number_before):
            return "the disk is nearly full"
        if size_before - size > MOST_WRITTEN and self._has_written(MOST_WRITTEN):
            return f"it wrote more than {MOST_WRITTEN / 1024**3:.1f} GiB into the worktree"
        return ""

    def _has_written(self, most: int) -> bool:
        """Tell whether the files of the worktree that changed since the beginning take more than `most`."""
        total = 0
        for directory, _, names in os.walk(self._directory):
            for name in names:
                with contextlib.suppress(OSError):
                    found = os.lstat(os.path.join(directory, name))
                    total += found.st_blocks * 512 if found.st_ctime >= self._began - 1 else 0
            if total > most:
                return True
        return False


def describe() -> tuple[Limit, ...]:
    """Return the limits on resources and whether they hold."""
    root = os.geteuid() == 0
    group = pids_root()
    processes = (
        f"at most {PROCESSES} by a pids control group"
        if group
        else "none: rlimits do not bind root and no pids control group can be made"
        if root
        else f"at most {PROCESSES} by rlimit"
    )
    return (
        Limit("processes", group is not None or not root, processes),
        Limit("open files", True, f"at most {OPEN_FILES} for each process"),
        Limit("file size", True, "4 GiB for each file"),
        Limit("core dumps", True, "off"),
        Limit(
            "disk",
            True,
            f"a command is stopped above {MOST_WRITTEN // 1024**3} GiB, or when the disk is nearly full",
        ),
        Limit("memory", True, "when it runs out, a command is ended before anything else"),
    )
