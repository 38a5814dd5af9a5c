"""The weaker sandbox, by Landlock and seccomp (sandlock), and the runner for what a person approved.

Landlock cannot take `.git` out of a writable worktree, so commands ask before they run here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from agentboard_agents.sandbox import leftovers, limits, process
from agentboard_agents.sandbox.box import CAP, TIMEOUT, Box, Finished, Limit, SandboxRefused
from agentboard_agents.sandbox.toolchains import Toolchains, beneath

__all__ = ["Landlock", "Unconfined"]

READABLE = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/proc", "/dev", "/etc/alternatives",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/passwd", "/etc/group", "/etc/hosts",
    "/etc/localtime", "/etc/nsswitch.conf", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/terminfo",
    "/etc/resolv.conf",
)  # fmt: skip
WRITABLE = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/shm")  # noqa: S108


def variables_for(box: Box, path: str, temporary: str) -> dict[str, str]:
    """Return the environment of a command whose home is a directory that goes with it.

    Nothing is mounted here: programs that would be shown inside are taken from where they are.
    """
    asked = {key: value for key, value in box.environment.items() if not key.startswith("GIT_")}
    places = [_on_host(box, place) for place in asked.pop("PATH", "").split(":") if place]
    fixed = {
        "PATH": ":".join([*places, path]),
        "HOME": temporary,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        leftovers.MARK: box.worktree,
    }
    return {**fixed, **asked}


def _on_host(box: Box, place: str) -> str:
    for host, inside in box.read_only:
        if host != inside and beneath(place, [inside]):
            return os.path.join(host, os.path.relpath(place, inside))
    return place


class _Order(Struct, frozen=True):
    """One command, and how far it is confined: not at all without a policy."""

    box: Box
    argv: Sequence[str]
    cwd: str | None
    path: str
    policy: dict[str, Any] | None


def _reaper(order: _Order, temporary: str) -> process.Process:
    """Return the process that runs an order and ends with it."""
    policy = order.policy
    if policy is not None:
        policy = {**policy, "fs_writable": [*policy["fs_writable"], temporary]}
    specification = {
        "argv": list(order.argv),
        "cwd": order.cwd or order.box.worktree,
        "environment": variables_for(order.box, order.path, temporary),
        "policy": policy,
    }
    command = [sys.executable, "-I", "-m", "agentboard_agents.sandbox.reaper", json.dumps(specification)]
    return process.Process([*limits.launcher(limits.Group(None)), *command], {}, "/")


async def _run(order: _Order, timeout: float, cap: int) -> Finished:  # noqa: ASYNC109
    with _temporary() as temporary:
        started = _reaper(order, temporary)
        try:
            return await process.run(
                started, timeout=timeout, cap=cap, watch=limits.DiskWatch(order.box.worktree)
            )
        except OSError as error:
            raise SandboxRefused(f"the command could not be started: {error.strerror}") from error


def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="agentboard-", ignore_cleanup_errors=True)


class Landlock:
    """Runs commands that see the system, the tool chains and the worktree, without a network."""

    name = "sandlock"
    asks = True

    def __init__(self, toolchains: Toolchains) -> None:
        self.reason = "sandlock works here"
        self._toolchains = toolchains

    @staticmethod
    def fault() -> str:
        """Return why it cannot be used here, or nothing."""
        try:
            sandlock = importlib.import_module("sandlock")
        except (ImportError, OSError) as error:
            return f"sandlock cannot be loaded: {error}"
        version, needed = sandlock.landlock_abi_version(), sandlock.min_landlock_abi()
        return "" if version >= needed else f"sandlock needs Landlock {needed}, the kernel has {version}"

    def policy(self, box: Box) -> dict[str, Any]:
        """Return what sandlock is told about `box`."""
        readable = [*READABLE, *self._toolchains.directories, *(host for host, _ in box.read_only)]
        readable += [box.git_dir] if box.git_dir else []
        readable += [box.worktree] if box.fence is not None else []
        return {
            "fs_readable": [path for path in readable if os.path.exists(path)],
            "fs_writable": [*WRITABLE, *_writable(box)],
            "max_processes": limits.PROCESSES,
            "max_open_files": limits.OPEN_FILES,
            **({"net_allow": [":1-65535"]} if box.network else {}),
        }

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = TIMEOUT,  # noqa: ASYNC109  the signature of `Sandbox`
        cap: int = CAP,
    ) -> Finished:
        """Run `argv` in `box`; see `Sandbox.run`."""
        return await _run(_Order(box, argv, cwd, self._toolchains.path, self.policy(box)), timeout, cap)

    def launch(
        self, box: Box, argv: Sequence[str], cwd: str | None, stack: contextlib.AsyncExitStack
    ) -> process.Process:
        """Return what to start for a process that stays; see `Launches.launch`."""
        order = _Order(box, argv, cwd, self._toolchains.path, self.policy(box))
        return _reaper(order, stack.enter_context(_temporary()))

    def describe(self) -> tuple[Limit, ...]:
        """Return what holds here."""
        return (
            Limit("files", True, "the worktree is writable, tool chains are read-only, the home is absent"),
            Limit("repository", False, ".git of the worktree is writable, so every command asks first"),
            Limit("metadata", False, "modes, owners and times of the user's other files can be changed"),
            Limit("network", True, "none, unless the agent's configuration asks for it"),
            Limit("processes die with the command", True, "orphans are adopted and ended"),
            Limit("processes", True, f"at most {limits.PROCESSES}"),
            *(limit for limit in limits.describe() if limit.name != "processes"),
        )


def _writable(box: Box) -> list[str]:
    """Return what of the worktree can be written."""
    if box.fence is None:
        return [box.worktree]
    return [
        place for place in (os.path.join(box.worktree, name) for name in box.fence) if os.path.exists(place)
    ]


class Unconfined:
    """Runs what a person approved, byte for byte, without a sandbox; only its processes are kept together."""

    name = "unconfined"
    asks = True
    reason = "approved by a person"

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = TIMEOUT,  # noqa: ASYNC109  the signature of `Sandbox`
        cap: int = CAP,
    ) -> Finished:
        """Run `argv` in the worktree of `box`; see `Sandbox.run`."""
        order = _Order(box, argv, cwd, os.environ.get("PATH", os.defpath), None)
        return await _run(order, timeout, cap)

    def launch(
        self, box: Box, argv: Sequence[str], cwd: str | None, stack: contextlib.AsyncExitStack
    ) -> process.Process:
        """Return what to start for a process that stays; see `Launches.launch`."""
        order = _Order(box, argv, cwd, os.environ.get("PATH", os.defpath), None)
        return _reaper(order, stack.enter_context(_temporary()))

    def describe(self) -> tuple[Limit, ...]:
        """Return that little holds."""
        return (Limit("sandbox", False, "none; a person approved this command"),)
