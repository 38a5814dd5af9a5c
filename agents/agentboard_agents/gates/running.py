"""One run of one gate in the sandbox, read into a `Reading`."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable

import msgspec

from agentboard_agents.gates.gate import REPORT, Gate, Reading
from agentboard_agents.gates.reading_python import read_pytest, read_unittest
from agentboard_agents.gates.reading_tools import (
    read_cargo,
    read_eslint,
    read_go,
    read_jest,
    read_lines,
    read_opaque,
    read_tap,
)
from agentboard_agents.repository.snapshot import REPORTS
from agentboard_agents.sandbox import Box, Sandbox, SandboxRefused, dependencies
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["TIMEOUT", "moved", "run_gate"]

TIMEOUT = 900.0
OUTPUT_CAP = 4_000_000
REPORT_CAP = 64 * 1024 * 1024
KEPT = 40_000
QUIET = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "CI": "1",
    "NO_COLOR": "1",
    "COLUMNS": "200",
    "GOCACHE": "/tmp/go-build",  # noqa: S108  private to the box
    "CARGO_TARGET_DIR": "/tmp/cargo-target",  # noqa: S108
    "npm_config_update_notifier": "false",
}
"""Gates leave nothing in the worktree that a commit would pick up, and say the same each time."""

READERS: dict[str, Callable[[int, str, bytes], Reading]] = {
    "pytest": read_pytest,
    "unittest": read_unittest,
    "tap": read_tap,
    "jest": read_jest,
    "go": read_go,
    "cargo": read_cargo,
    "lines": read_lines,
    "eslint": read_eslint,
    "opaque": read_opaque,
}


async def run_gate(sandbox: Sandbox, box: Box, gate: Gate, project: str, limit: float = TIMEOUT) -> Reading:
    """Run one gate in `box.worktree` and read its results."""
    cwd = os.path.join(box.worktree, gate.directory)
    if not await asyncio.to_thread(os.path.isdir, cwd):
        return Reading(ran=0)
    report = f"{REPORTS}{secrets.token_hex(8)}"
    argv = [word.replace(REPORT, os.path.join(box.worktree, report)) for word in gate.argv]
    try:
        done = await sandbox.run(boxed(box, gate, project), argv, cwd=cwd, timeout=limit, cap=OUTPUT_CAP)
    except SandboxRefused as refusal:
        return Reading(fault=refusal.reason)
    data = _collected(box.worktree, report)
    output = done.output.replace(box.worktree + "/", "")
    found = READERS[gate.reader](done.exit_code, output, data)
    stopped = f"it was stopped after {done.seconds:.0f} s" if done.timed_out else done.stopped
    return msgspec.structs.replace(
        found,
        fault=stopped or found.fault,
        timed_out=done.timed_out,
        output=output[-KEPT:],
        seconds=done.seconds,
    )


def moved(box: Box, worktree: str) -> Box:
    """Return the same box around another directory: what it shows inside of the worktree moves with it."""
    old = box.worktree.rstrip("/")

    def there(text: str) -> str:
        return worktree + text[len(old) :] if text == old or text.startswith(old + "/") else text

    return msgspec.structs.replace(
        box,
        worktree=worktree,
        binds=tuple((host, there(inside)) for host, inside in box.binds),
        read_only=tuple((host, there(inside)) for host, inside in box.read_only),
        environment={name: ":".join(map(there, value.split(":"))) for name, value in box.environment.items()},
    )


def boxed(box: Box, gate: Gate, project: str) -> Box:
    """Return the box with the project's dependencies, the tree's own sources and a quiet environment."""
    found = dependencies.find(project, box.worktree, gate.directory)
    shown = {os.path.join(box.worktree, inside) for _, inside in (*box.read_only, *box.binds)}
    extra = tuple(pair for pair in found.read_only if pair[1] not in shown)
    sources = (*found.sources, os.path.join(box.worktree, gate.directory, "src"))
    paths = [*box.environment.get("PYTHONPATH", "").split(":"), *filter(os.path.isdir, sources)]
    environment = {**box.environment, **QUIET, "PYTHONPATH": ":".join(dict.fromkeys(filter(None, paths)))}
    return msgspec.structs.replace(
        box,
        read_only=(*box.read_only, *extra),
        environment={name: value for name, value in environment.items() if value},
    )


def _collected(worktree: str, report: str) -> bytes:
    place = Root(worktree)
    try:
        data = place.read(report, cap=REPORT_CAP).data
    except Missing:
        return b""
    except FileFault:
        data = b""  # a link or too large: the agent's code put it there; it counts as no report
    place.remove(report)
    return data
