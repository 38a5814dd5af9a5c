"""What a run leaves behind, held against the facts when it ends: the agent's words, and its assumptions."""

from __future__ import annotations

from agentboard_agents.assumptions import ASSUMPTION, OPTIONS, Found, assumptions_in, confirmed, item_name
from agentboard_agents.claims_said import claims_said
from agentboard_agents.session import Session

__all__ = ["hold_words"]

MOST_ASSUMPTIONS = 50


async def hold_words(session: Session) -> None:
    """Record what the agent's words claim beside the facts; ask a person about the assumptions it made."""
    for checked in claims_said("\n".join([session.said, *session.texts]), session.gates):
        session.claim(checked)
    changed = session.work.at != session.work.branch.base
    found = list(assumptions_in(await session.work.diff()))[:MOST_ASSUMPTIONS] if changed else []
    for one in found:
        raise_assumption(session, one)
    forget_others(session, {item_name(session.spec.run, one) for one in found})


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
