"""Taking a change set out of an answer: read, permitted, approved where it must be, applied as a whole."""

from __future__ import annotations

import os
from typing import Any

from msgspec import Struct

from agentboard_agents.permissions import EACH_TIME, approved
from agentboard_agents.protocols.changeset_apply import (
    Bench,
    aimed,
    applied,
    dependency_files,
    forgotten,
    misfits,
)
from agentboard_agents.session import Session
from agentboard_agents.turns import Reply
from agentboard_tasks.files import Root
from agentboard_tasks.formats.changeset import ChangeSet, ChangeSetRefused, parse

__all__ = ["Refused", "Taken", "must_ask", "set_in", "take"]

MOST_SHOWN = 100
MOST_EXPLANATION = 2_000


class Taken(Struct, frozen=True):
    """A set that was applied: its files by what was done with them, and why."""

    files: tuple[tuple[str, str], ...]
    explanation: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that are there now because of it."""
        return tuple(path for path, action in self.files if action != "delete")

    @property
    def shown(self) -> tuple[str, ...]:
        """What was done, a line for each file."""
        return tuple(f"{action} {path}" for path, action in self.files)


class Refused(Exception):
    """A set that was not applied, with every reason; and what it would have done, if it could be read."""

    def __init__(self, reasons: tuple[str, ...] | list[str], changes: ChangeSet | None = None) -> None:
        super().__init__("\n".join(f"- {reason}" for reason in reasons))
        self.reasons = tuple(reasons)
        self.explanation = changes.explanation if changes else ""
        self.files = lines(changes) if changes else ()


def set_in(reply: Reply) -> str:
    """Return what of an answer is to be the set: all of it, unless one that was cut is begun anew. Pure."""
    if reply.whole == reply.text:
        return reply.text
    try:
        parse(reply.whole)
    except ChangeSetRefused:
        return reply.text
    return reply.whole


async def take(session: Session, text: str) -> Taken:
    """Apply the change set of an answer.

    Raises:
        Refused: when it is not a set, does not fit the files, or a person says no.
    """
    bench = bench_of(session, session.place.unique("set"))
    try:
        changes = parse(text)
    except ChangeSetRefused as refused:
        rest = ChangeSet(refused.sound, "")
        raise Refused((*refused.reasons, *await unfit(session, bench, rest))) from refused
    reasons = await unfit(session, bench, changes)
    if reasons:
        raise Refused(reasons, changes)
    question = must_ask(changes, session.definition.maturity)
    if question:
        answer = await session.ask("permission", f"{question}\n{shown(changes)}", EACH_TIME)
        if not approved(answer):
            raise Refused([f"a person did not allow it: {answer}"], changes)
    reasons = await apply_set(session, bench, changes)
    if reasons:
        raise Refused(reasons, changes)
    return Taken(tuple((change.path, change.action) for change in changes.files), changes.explanation)


async def unfit(session: Session, bench: Bench, changes: ChangeSet) -> list[str]:
    """Return every reason why a well-formed set cannot be applied here."""
    if not changes.files:
        return []
    equipment = session.equipment
    reasons = misfits(changes, equipment.shared_paths, equipment.fence, equipment.avoided)
    reasons += await forbidden(session, changes)
    reasons += await session.step("look at changes", lambda: aimed(bench, changes)[1])
    return reasons


async def forbidden(session: Session, changes: ChangeSet) -> list[str]:
    """Return what the permission rules have against files of a set."""
    found: list[str] = []
    for change in changes.files:
        given: dict[str, object] = {"file_path": os.path.join("/project", change.path)}
        denied = await session.permissions.permit("Write", given)
        found += [f"{change.path}: {denied}"] if denied else []
    return found


async def apply_set(session: Session, bench: Bench, changes: ChangeSet) -> list[str]:
    """Apply a set in a durable step; return every reason why it was not."""

    def act() -> Any:
        return applied(bench, changes)

    reasons: list[str] = await session.step("apply changes", act)
    if not reasons:
        files = [{"path": change.path, "action": change.action} for change in changes.files]
        session.tell("changes_applied", files=files, explanation=changes.explanation[:MOST_EXPLANATION])
        await session.step("changes are kept", lambda: forgotten(bench))
    return reasons


def bench_of(session: Session, name: str) -> Bench:
    """Return where the sets of a run are applied: its work tree, and agentboard's state around it."""
    state = Root(session.equipment.project.make_state())
    return Bench(state, os.path.relpath(session.work.files.path, state.path), name)


def must_ask(changes: ChangeSet, maturity: str | None) -> str:
    """Return what an agent of this maturity must ask first, empty when it need not."""
    if maturity == "D1":
        return "May I apply this change set?"
    deleted = [change.path for change in changes.files if change.action == "delete"]
    risky = list(dict.fromkeys([*deleted, *dependency_files(changes)]))
    return f"May I delete or change {', '.join(risky)}?" if maturity == "D2" and risky else ""


def shown(changes: ChangeSet) -> str:
    """Return a set in a few lines."""
    more = len(changes.files) - MOST_SHOWN
    rest = [f"… and {more} more files"] if more > 0 else []
    return "\n".join([changes.explanation, *lines(changes)[:MOST_SHOWN], *rest])


def lines(changes: ChangeSet) -> tuple[str, ...]:
    """Return what a set does, a line for each file."""
    return tuple(f"{change.action} {change.path}" for change in changes.files)
