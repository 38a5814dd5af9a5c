"""Which sandbox works on this machine: tried, not guessed, strongest first."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile

from agentboard_agents.sandbox import limits, toolchains
from agentboard_agents.sandbox.box import Box, Sandbox
from agentboard_agents.sandbox.bubblewrap import LUXURIES, Bubblewrap
from agentboard_agents.sandbox.landlock import Landlock
from agentboard_agents.sandbox.none import NoSandbox

__all__ = ["ORDER", "choose", "warning"]

ORDER = ("bubblewrap", "sandlock")
PROBE_SECONDS = 10
PROBE = ("/bin/sh", "-c", "test ! -w /proc/sys/kernel/core_pattern && echo boxed")


@functools.cache
def choose(order: tuple[str, ...] = ORDER) -> Sandbox:
    """Return the first sandbox of `order` that really runs a command here, else one that refuses all."""
    tools = toolchains.find(os.environ.get("PATH", os.defpath), os.path.expanduser("~"))
    reasons: list[str] = []
    for name in order:
        sandbox, reason = TRIALS[name](tools)
        if sandbox is not None:
            sandbox.reason = "; ".join([*reasons, reason])
            return sandbox
        reasons.append(reason)
    return NoSandbox("; ".join(reasons) or "none was allowed")


WARNINGS = {
    "sandlock": "a weaker sandbox here: every command asks first (agentboard doctor says why)",
    "none": "NO SANDBOX here: every command asks, each time, and no check runs (agentboard doctor says why)",
}


def warning(sandbox: Sandbox) -> str:
    """Return what people have to know about a sandbox that is not the best one; nothing else."""
    return WARNINGS.get(sandbox.name, "")


def _bubblewrap(tools: toolchains.Toolchains) -> tuple[Bubblewrap | None, str]:
    program = shutil.which("bwrap")
    if program is None:
        return None, "bubblewrap is not installed (package `bubblewrap`)"
    reason, lacks = "", _lacks(program)
    for user_namespace in (True, False):
        sandbox = Bubblewrap(program, tools, user_namespace=user_namespace, lacks=lacks)
        reason = _probe(sandbox)
        if not reason:
            return sandbox, f"{program} works here"
    return None, f"{program} does not work here: {reason}"


def _lacks(program: str) -> frozenset[str]:
    """Return which of the options that it could have this bubblewrap does not know."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        told = subprocess.run(  # noqa: S603  our own command line
            [program, "--help"], env={}, capture_output=True, timeout=PROBE_SECONDS, check=False
        )
        return frozenset(option for option in LUXURIES if option.encode() not in told.stdout + told.stderr)
    return frozenset()


def _probe(sandbox: Bubblewrap) -> str:
    """Return what is wrong with it, or nothing."""
    with tempfile.TemporaryDirectory(prefix="agentboard-probe-") as directory:
        command = sandbox.command(Box(directory), PROBE, None, (), limits.Group(None))
        try:
            ended = subprocess.run(  # noqa: S603  our own command line
                command,
                env={},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    if ended.stdout == b"boxed\n":
        return ""
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"exit {ended.returncode}"


def _landlock(tools: toolchains.Toolchains) -> tuple[Landlock | None, str]:
    fault = Landlock.fault()
    return (
        (None, fault)
        if fault
        else (Landlock(tools), "sandlock works here; it cannot protect .git, so commands ask")
    )


TRIALS = {"bubblewrap": _bubblewrap, "sandlock": _landlock}
