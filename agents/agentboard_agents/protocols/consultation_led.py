"""The work of a lead's run: read what it is asked, look at the work, answer."""

from __future__ import annotations

import asyncio

import msgspec

from agentboard_agents.answering import answered_by, places
from agentboard_agents.protocols.consultation_others import Caller, answered
from agentboard_agents.session import Session
from agentboard_agents.session_git import Branch
from agentboard_agents.session_nested import Asked, Nest

__all__ = ["work_for"]


async def work_for(session: Session, model: str) -> None:
    """Let the lead answer, read only, in the work tree of the agent that asks."""
    place, desk = session.place, session.desk
    assert desk is not None  # a worker's session has one
    run = await asyncio.to_thread(desk.store.run, session.spec.run)
    asking = await asyncio.to_thread(desk.store.run, session.spec.parent or "")
    assert run is not None
    tree = places(desk, asking)
    session.work.branch = Branch(
        asking.branch or "" if asking else "", asking.base or "" if asking else "", tree
    )
    place.control.emit_once("started", "run_started", worktree=tree)
    own = msgspec.structs.replace(session.equipment, worktree=tree, task=None)
    asker = asking.agent if asking else "an agent"
    chain = (asking.stem,) if asking else ()
    caller = Caller(session, desk, place, asker, own, model, session.spec.depth - 1, chain, False)
    nest = Nest(place, desk.control(run.id), own, session.ledger, model)
    reply = await answered(caller, Asked(session.definition, session.spec.prompt or ""), nest)
    answered_by(desk, run, reply.text)
