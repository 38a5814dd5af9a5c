"""The PRD and the progress log of a Ralph loop: only agentboard sets `passes` and writes entries."""

from __future__ import annotations

import asyncio
from typing import Any

from agentboard_agents.session import Session
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.edit import EditConflict, Patch, PatchRefused
from agentboard_tasks.files import FileFault
from agentboard_tasks.formats import prd as prds
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Prd, State, Task

__all__ = ["append_entry", "hold_claims", "read_prd"]


def read_prd(session: Session, file: str) -> Prd:
    """Return the PRD as its file is now.

    Raises:
        RunFault: when it cannot be read; whoever broke it mends it, and the run is tried again.
    """
    try:
        return prds.parse(session.equipment.root.read(file).data, file)
    except (FileFault, FormatError, prds.NotAPrd) as fault:
        raise RunFault(f"{file} cannot be read: {fault}") from fault


async def hold_claims(
    session: Session, file: str, story: Task, passes: dict[str, bool], passed: bool
) -> None:
    """Put back every `passes` that the agent set itself, and record it as a claim."""

    async def act() -> Any:
        return await asyncio.to_thread(put_back, session, file, passes)

    for key in await session.place.step("claims", act):
        so = "the checks pass" if passed else "the checks do not pass"
        fact = so if key == story.key else "another story was at work"
        session.tell("claim_checked", claim=f"#{key} passes", fact=fact, holds=passed and key == story.key)


def put_back(session: Session, file: str, passes: dict[str, bool]) -> list[str]:
    """Set `passes` as it was before the agent worked; return the stories that it had set."""
    now = read_prd(session, file)
    claimed = [one.key for one in now.stories if one.state is State.DONE and not passes.get(one.key, False)]
    for key in claimed:
        why = f"{file}: agentboard alone sets passes of {key}"
        session.equipment.editor.apply(file, setting(key), why=why)
    return claimed


def setting(key: str) -> Patch:
    """Return the patch that says that a story does not pass."""
    return lambda data: prds.set_passes(data, key, False)


async def append_entry(session: Session, file: str, entry: bytes) -> None:
    """Append an entry to the log, once."""

    async def act() -> Any:
        return await asyncio.to_thread(append, session, file, entry)

    problem = await session.place.step("log entry", act)
    if problem:
        session.tell("problem_found", severity="warning", message=problem)


def append(session: Session, file: str, entry: bytes) -> str:
    """Append an entry unless it is there; return what went wrong."""

    def patch(data: bytes) -> bytes:
        return data if entry.strip() in data else data + (entry if data else entry.lstrip())

    try:
        session.equipment.editor.apply(file, patch, why=f"{file}: a new entry", create=True)
    except (PatchRefused, EditConflict, FileFault) as fault:
        return f"{file}: the entry could not be written: {fault}"
    return ""
