"""A new work tree made ready: the files that a project wants copied, then its commands, once trusted."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.config_setup import SetUp
from agentboard_agents.redaction import known_redacted
from agentboard_agents.sandbox import SandboxRefused
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_ledger import clipped
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import copy_want, setup_want
from agentboard_agents.turns_port import RunFault, Workplace
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["set_up"]

PATIENCE = 900.0
"""Seconds that a command may take."""

OUTPUT = 8_000
LARGEST = 64 * 1024 * 1024
MOST_FILES = 2_000
HINT = "it has no network: `network: true` for the agent in your own configuration gives it one"


class Prepared(Struct, frozen=True):
    """What a project wants, by whether a person has said yes to it."""

    trusted: SetUp
    waiting: tuple[str, ...]


async def set_up(place: Workplace, equipment: Equipment) -> None:
    """Make the work tree of a run ready, in durable steps.

    A command that a dead worker had begun is begun again: it has to be one that does no harm twice.

    Raises:
        RunFault: when a command fails: the agent could not check its work.
    """
    wanted = equipment.survey.config.setup
    if not (wanted.copy or wanted.commands):
        return

    async def look() -> Any:
        return msgspec.to_builtins(await asyncio.to_thread(sorted_out, equipment, wanted))

    prepared = msgspec.convert(await place.step("set-up", look), Prepared)
    if prepared.waiting:
        tell_waiting(place, prepared.waiting)
    if prepared.trusted.copy:
        await place.step("copy files", lambda: copied(place, equipment, prepared.trusted.copy))
    for command in prepared.trusted.commands:
        failure = await place.step("set up", partial(performed, place, equipment, command))
        if failure:
            raise RunFault(f"the set-up failed: {failure}")


def sorted_out(equipment: Equipment, wanted: SetUp) -> Prepared:
    """Tell what is trusted, as it stands now, from what waits for a yes."""
    project, trust = equipment.project, load_trust(equipment.project)
    copy = tuple(path for path in wanted.copy if trust.has(copy_want(project, path)))
    commands = tuple(line for line in wanted.commands if trust.has(setup_want(project, line)))
    waiting = tuple(one for one in (*wanted.copy, *wanted.commands) if one not in {*copy, *commands})
    return Prepared(SetUp(copy, commands), waiting)


def tell_waiting(place: Workplace, waiting: tuple[str, ...]) -> None:
    """Say that something is not done, where people see it."""
    text = f"The work tree is made without {', '.join(waiting)}: they wait for trust (agentboard trust)."
    item = {"item": f"{place.run}-setup", "item_kind": "problem", "text": text}
    place.control.emit_once("setup trust", "item_raised", **item)
    place.control.emit_once("setup untrusted", "problem_found", severity="warning", message=text)


async def copied(place: Workplace, equipment: Equipment, paths: tuple[str, ...]) -> int:
    """Copy files of the checkout that the work tree lacks; what cannot be copied is told."""
    count, faults = await asyncio.to_thread(copy_all, equipment.root, Root(equipment.worktree), paths)
    for fault in faults:
        place.control.emit("problem_found", severity="warning", message=f"not copied: {fault}")
    return count


def copy_all(source: Root, target: Root, paths: tuple[str, ...]) -> tuple[int, list[str]]:
    """Return how many files were copied, and what stood in the way of others."""
    count, faults = 0, list[str]()
    for path in paths:
        try:
            for file in files_beneath(source, path):
                if target.stamp(file) is None:
                    image = source.read(file, cap=LARGEST)
                    target.write(file, image.data, mode=image.stamp.mode & 0o777, durable=False)
                    count += 1
        except FileFault as fault:
            faults.append(f"{path}: {fault.reason}")
    return count, faults


def files_beneath(source: Root, path: str) -> Iterator[str]:
    """Yield a file, or the files of a directory; links are not followed.

    Raises:
        FileFault: when there is nothing, or too much.
    """
    waiting, count = [path], 0
    while waiting:
        name = waiting.pop()
        stamp = source.stamp(name)
        if stamp is None and name == path:
            raise Missing(path, "there is no such file")
        if stamp is not None and stat.S_ISDIR(stamp.mode):
            waiting += [f"{name}/{entry.name}" for entry in source.entries(name) if entry.name != ".git"]
        elif stamp is not None and stat.S_ISREG(stamp.mode):
            count += 1
            yield name
        if count > MOST_FILES:
            raise FileFault(path, f"it has more than {MOST_FILES} files")


async def performed(place: Workplace, equipment: Equipment, command: str) -> str:
    """Run one command in the agent's own box, and report it; return why it failed, or nothing."""
    box, argv = equipment.box(), ["bash", "-c", command]
    try:
        done = await equipment.sandbox.run(box, argv, cwd=equipment.worktree, timeout=PATIENCE)
    except SandboxRefused as refused:
        return f"{command}: {refused.reason}"
    stopped = done.stopped and f"stopped after {done.seconds:.0f} s ({done.stopped})"
    failure = stopped or (f"exit {done.exit_code}" if done.exit_code else "")
    told: dict[str, Any] = {"name": command, "ok": not failure, "summary": failure or "done"}
    output = clipped(known_redacted(done.output), OUTPUT)
    place.control.emit("setup_finished", **told, output=output, seconds=done.seconds)
    if not failure:
        return ""
    last = output.strip().rpartition("\n")[2][:200]
    return f"{command}: {failure}{f' ({last})' if last else ''}" + ("" if box.network else f"; {HINT}")
