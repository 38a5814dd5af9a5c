"""The program between agentboard and a command that has no process namespace: it outlives nothing.

Started as `python -m agentboard_agents.sandbox.reaper JSON`. It adopts every orphan that the command leaves
behind, ends them all when the command ends, and dies with the worker. With a policy, sandlock confines it.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from agentboard_agents.sandbox.children import descendants

__all__ = ["main"]

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SWEEP_SECONDS = 3.0


def main() -> int:
    """Run the command of the specification in `argv[1]` and return its exit code."""
    specification = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, _orphaned)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    policy = specification["policy"]
    command = specification["argv"]
    variables = specification["environment"]
    os.chdir(specification["cwd"])
    code = _followed(
        lambda: _plain(command, variables) if policy is None else _confined(command, variables, policy)
    )
    _sweep()
    return code


def _orphaned(*_: object) -> None:
    """The worker has died: end everything at once, then ourselves."""
    _sweep()
    os._exit(1)


def _followed(start: Callable[[], int]) -> int:
    """Let a child `start` the command and wait for its end, in a way that a signal interrupts."""
    pid = os.fork()
    if pid == 0:
        os._exit(start())
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _plain(command: list[str], variables: dict[str, str]) -> int:
    try:
        os.execvpe(command[0], command, variables)  # noqa: S606  argv as it came; a shell would read it anew
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode("utf-8", "surrogateescape"))
    return 127


def _confined(command: list[str], variables: dict[str, str], policy: dict[str, Any]) -> int:
    sandlock = importlib.import_module("sandlock")
    box = sandlock.Sandbox(
        **policy,
        clean_env=True,
        env=variables,
        no_coredump=True,
        cwd=os.getcwd(),
    )
    return int(box.run_interactive(command))


def _sweep() -> None:
    """Kill everything that the command left behind, until nothing is left."""
    deadline = time.monotonic() + SWEEP_SECONDS
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        for child in left:
            child.kill()
        try:
            os.wait()
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main())
