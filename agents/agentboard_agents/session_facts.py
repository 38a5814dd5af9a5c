"""What a run leaves behind, held against the facts when it ends: the agent's words, and its assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from agentboard_agents.assumptions import ASSUMPTION, OPTIONS, Found, assumptions_in, confirmed, item_name
from agentboard_agents.claims_files import Told, Tree, false_of_files, told_of_files
from agentboard_agents.claims_said import Claimed, claims_said
from agentboard_agents.session import Session
from agentboard_tasks.files import FileFault, Root

__all__ = ["hold_words"]

MOST_ASSUMPTIONS = 50


async def hold_words(session: Session) -> None:
    """Record what the agent's words claim beside the facts; ask a person about the assumptions it made."""
    text = "\n".join([session.said, *session.texts])
    for checked in claims_said(text, session.gates):
        session.claim(checked)
    await hold_files(session, told_of_files(text))
    changed = session.work.at != session.work.branch.base
    found = list(assumptions_in(await session.work.diff()))[:MOST_ASSUMPTIONS] if changed else []
    for one in found:
        raise_assumption(session, one)
    forget_others(session, {item_name(session.spec.run, one) for one in found})


async def hold_files(session: Session, told: Sequence[Told]) -> None:
    """Record what the agent says of files and is not so; what is so, its diff shows."""
    if not told:
        return

    def look() -> Any:
        return msgspec.to_builtins(list(false_of_files(told, tree_of(session, told))))

    for checked in msgspec.convert(await session.step("files said", look), list[Claimed]):
        session.claim(checked)


def tree_of(session: Session, told: Sequence[Told]) -> Tree:
    """Return the files of the base and of the branch, and of those that are named also what git ignores."""
    repository, work = session.equipment.repository, session.work
    before = frozenset(repository.files(work.branch.base))
    now = frozenset(repository.files(work.tip()))
    tree = Tree(before, now, session.definition.working_directory or "")
    named = {path for one in told for name in (one.path, one.to) if name for path in tree.exact(name)}
    live = {path for path in named if session.equipment.coordination.holds(path)}
    there = {path for path in named if is_there(session.equipment.root if path in live else work.files, path)}
    return msgspec.structs.replace(tree, before=before - live, now=(now - live) | there)


def is_there(root: Root, path: str) -> bool:
    """Tell whether there is something at a path."""
    try:
        return root.stamp(path) is not None
    except FileFault:
        return False  # it leads out of the tree


def raise_assumption(session: Session, found: Found) -> None:
    """Record an assumption; one that a person confirmed in an earlier round is not asked about again."""
    name = item_name(session.spec.run, found)
    data = {"text": found.text, "file": found.file, "line": found.line}
    item = session.desk.store.item(name) if session.desk else None
    if item is None or not confirmed(item.answer or ""):
        data |= {"item": name, "options": list(OPTIONS), "about": ASSUMPTION}
    session.tell("assumption_found", **data)


def forget_others(session: Session, names: set[str]) -> None:
    """Close what is asked about assumptions that the change no longer makes."""
    for item in session.desk.store.inbox() if session.desk else ():
        if item.run == session.spec.run and item.about == ASSUMPTION and item.id not in names:
            key = f"gone {item.id} {session.place.round.number}"
            session.place.control.emit_once(
                key, "item_closed", item=item.id, text="it is gone from the change"
            )
