"""The PRD and the progress log of a Ralph loop: only agentboard sets `passes` and writes entries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.session import Session
from agentboard_agents.session_marks import said_done
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.edit import EditConflict, Patch, PatchRefused
from agentboard_tasks.files import FileFault
from agentboard_tasks.formats import prd as prds
from agentboard_tasks.formats import progress
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Prd, State, Task

__all__ = [
    "append_entry",
    "finished_in",
    "hold_claims",
    "log_tail",
    "own_entries",
    "put_back_at_once",
    "read_prd",
    "take_entries",
]


def read_prd(session: Session, file: str) -> Prd:
    """Return the PRD as its file is now.

    Raises:
        RunFault: when it cannot be read; whoever broke it mends it, and the run is tried again.
    """
    try:
        return prds.parse(session.equipment.root.read(file).data, file)
    except (FileFault, FormatError, prds.NotAPrd) as fault:
        raise RunFault(f"{file} cannot be read: {fault}") from fault


ANOTHER = "another story was at work"
LOG_TAIL = 32_000
MOST_SEEN = 10_000
MOST_LOG = 4 * 1024 * 1024


async def hold_claims(
    session: Session,
    file: str,
    story: Task,
    passes: dict[str, bool],
    fact: str,
    *,
    holds: bool,
    since: float = 0.0,
) -> None:
    """Put back every `passes` that the agent set itself, and record it as a claim.

    What a person said with `agentboard set` after the time `since` is no claim.
    """

    async def act() -> Any:
        return await asyncio.to_thread(claimed, session, file, passes, since)

    for key in await session.place.step("claims", act):
        own = key == story.key
        claim = f"#{key} passes" if own else f"#{key} passes, said at #{story.key}"
        session.tell("claim_checked", claim=claim, fact=fact if own else ANOTHER, holds=holds and own)
        await session.step(f"put back {key}", partial(put_back, session, file, key))


def put_back_at_once(session: Session, file: str, passes: dict[str, bool], since: float) -> None:
    """Put back what an agent set itself, in a run that is cancelled and takes no further step."""
    try:
        for key in claimed(session, file, passes, since):
            put_back(session, file, key)
    except (RunFault, PatchRefused, EditConflict, FileFault):
        return  # the file cannot be read or written: there is nothing to put back that anybody could read


def claimed(session: Session, file: str, passes: dict[str, bool], since: float) -> list[str]:
    """Return the stories whose `passes` the agent has set itself."""
    said = (
        said_done(session.equipment, file, since) | seen_elsewhere(session, since)
        if since
        else frozenset[str]()
    )
    new = (one for one in read_prd(session, file).stories if not passes.get(one.key, False))
    return [one.key for one in new if one.state is State.DONE and one.id not in said]


def seen_elsewhere(session: Session, since: float) -> frozenset[str]:
    """Return the ids of the stories that somebody else was seen to finish in the file itself."""
    if session.desk is None:
        return frozenset()
    seen = session.desk.store.events(run=session.spec.run, kinds=("finished_elsewhere",), limit=MOST_SEEN)
    return frozenset(str(one.data.get("task")) for one in seen if instant(one.time) >= since)


def instant(time: str) -> float:
    """Return the seconds since the epoch of an event's time, which is kept in milliseconds."""
    return datetime.fromisoformat(time).timestamp() + 0.001


def finished_in(data: bytes, file: str) -> frozenset[str]:
    """Return the keys of the stories that pass."""
    return frozenset(one.key for one in prds.parse(data, file).stories if one.state is State.DONE)


def put_back(session: Session, file: str, key: str) -> None:
    """Set `passes` of a story as it was before the agent worked."""
    session.equipment.editor.apply(file, setting(key), why=f"{file}: agentboard alone sets passes of {key}")


def setting(key: str) -> Patch:
    """Return the patch that says that a story does not pass."""
    return lambda data: prds.set_passes(data, key, False)


async def take_entries(
    session: Session,
    file: str,
    story: Task,
    stories: Mapping[str, str],
    before: int,
    fact: str,
    *,
    holds: bool,
) -> list[str]:
    """Take back what the agent itself wrote into the log about stories; return the learnings about its own.

    What it says is a claim; agentboard's own entry says it again when the story has passed. `stories` are
    the titles of all by their keys.
    """

    def look() -> Any:
        known = {**stories, story.key: ""}
        return msgspec.to_builtins(own_entries(log_from(session, file, before), known))

    found = msgspec.convert(await session.step("own log entries", look), list[OwnEntry])
    if not found:
        return []
    for key in dict.fromkeys(own.story for own in found):
        own = key == story.key
        claim = f"#{key} is completed in {file}" + ("" if own else f", said at #{story.key}")
        session.tell("claim_checked", claim=claim, fact=fact if own else ANOTHER, holds=holds and own)
    problem = await session.step(
        "own entries out", lambda: taken_out(session, file, [own.text for own in found])
    )
    if problem:
        session.tell("problem_found", severity="warning", message=problem)
    return [text for own in found if own.story == story.key for text in own.learnings]


class OwnEntry(Struct, frozen=True):
    """A log entry about a story that an agent wrote itself."""

    story: str
    text: str
    learnings: tuple[str, ...]


def own_entries(added: bytes, stories: Mapping[str, str]) -> list[OwnEntry]:
    """Return the entries about some stories in what came to the end of a log. Pure.

    Where `stories` names a title, an entry with another one is about a story of somebody else's.
    """
    lines = added.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    entries = progress.parse(added, "").entries
    starts = [*(entry.line - 1 for entry in entries), len(lines)]
    found: list[OwnEntry] = []
    for entry, start, end in zip(entries, starts, starts[1:], strict=False):
        key = (entry.task or "").lstrip("#")
        if entry.kind == "entry" and key in stories and is_same(entry.title, stories[key]):
            found.append(OwnEntry(key, "".join(lines[start:end]), entry.learnings))
    return found


def is_same(title: str | None, of: str) -> bool:
    """Tell whether an entry's title can be that of a story; one that says none can."""
    return not title or not of or " ".join(title.split()).casefold() == " ".join(of.split()).casefold()


def taken_out(session: Session, file: str, texts: list[str]) -> str:
    """Take texts out of the log; return what went wrong."""

    def patch(data: bytes) -> bytes:
        for text in texts:
            head, found, tail = data.rpartition(text.encode("utf-8", "surrogateescape"))
            data = head + tail if found else data
        return data

    try:
        session.equipment.editor.apply(file, patch, why=f"{file}: agentboard alone writes entries")
    except (PatchRefused, EditConflict, FileFault) as fault:
        return f"{file}: the agent's own entry could not be taken out: {fault}"
    return ""


def log_tail(session: Session, file: str) -> tuple[str, int]:
    """Return the end of a log, and its size in bytes; a log that cannot be read is empty."""
    stamp = session.equipment.root.stamp(file)
    size = stamp.size if stamp else 0
    data = log_from(session, file, max(0, size - LOG_TAIL))
    return data.decode("utf-8", "replace"), size


def log_from(session: Session, file: str, offset: int) -> bytes:
    """Return what a log holds from an offset on."""
    try:
        return session.equipment.root.read_from(file, offset, MOST_LOG)
    except FileFault:
        return b""


async def append_entry(session: Session, file: str, entry: bytes) -> None:
    """Append an entry to the log, once, also where another round has written the same in the same second."""
    alike = await session.step("entries alike", lambda: log_from(session, file, 0).count(entry.strip()))

    async def act() -> Any:
        return await asyncio.to_thread(append, session, file, entry, alike)

    problem = await session.place.step("log entry", act)
    if problem:
        session.tell("problem_found", severity="warning", message=problem)


def append(session: Session, file: str, entry: bytes, alike: int) -> str:
    """Append an entry unless it is there beside the `alike` ones before it; return what went wrong."""

    def patch(data: bytes) -> bytes:
        return data if data.count(entry.strip()) > alike else data + (entry if data else entry.lstrip())

    try:
        session.equipment.editor.apply(file, patch, why=f"{file}: a new entry", create=True)
    except (PatchRefused, EditConflict, FileFault) as fault:
        return f"{file}: the entry could not be written: {fault}"
    return ""
