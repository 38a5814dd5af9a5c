"""Blockers of a change-set agent: SYNC ones stop it, ASYNC ones wait while it goes on; both expire."""

from __future__ import annotations

import hashlib
from typing import Any

from agentboard_agents.blockers import ASYNC, EXPIRED, SYNC, Twins, is_old, same_question
from agentboard_agents.events import NewEvent
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of
from agentboard_agents.session_tools import Action
from agentboard_agents.turns_port import ToolAnswer
from agentboard_tasks.model import State

__all__ = ["ask_blocker", "raise_blocker"]

MOST_TEXT = 4_000


def raise_blocker(session: Session) -> Action:
    """Return the tool that raises a blocker."""
    properties = {
        "question": {"type": "string", "description": "One specific question, with what you know already"},
        "kind": {
            "type": "string",
            "enum": [SYNC, ASYNC],
            "description": "SYNC: you stop until it is answered. ASYNC: you go on; the answer is a message",
        },
    }
    about = "Asks a person about something that blocks the task, now (SYNC) or in the meantime (ASYNC)."
    definition = schema_of("RaiseBlocker", about, properties, ["question", "kind"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        question = " ".join(str(given.get("question") or "").split())[:MOST_TEXT]
        if not question:
            return ToolAnswer(False, "a blocker needs a `question`")
        if str(given.get("kind") or SYNC).upper() == ASYNC:
            return await leave(session, question)
        answer = await ask_blocker(session, question)
        return ToolAnswer(answer != EXPIRED, answer, f"answered: {answer}")

    return Action(definition, act, repeatable=True, steps=True)


async def ask_blocker(session: Session, question: str) -> str:
    """Raise a SYNC blocker, and return the answer, or `EXPIRED`; it takes the place of the same question.

    What a person answers to another run with the same question about the same task is the answer here, too.
    """
    known = await session.step("blockers that are old", lambda: close_same(session, question))
    desk, spec = session.desk, session.spec
    twins = Twins(desk.store, spec.task, spec.run, question, known) if desk else None

    async def settled(since: str) -> str:
        answer = twins.answer() if twins else ""
        return answer or (EXPIRED if is_old(since) else "")

    if session.task is not None:
        await session.mark(session.task, State.BLOCKED, question)
    answer = await session.place.ask(
        "blocker", question, unblocks=session.unblocks, what=SYNC, settled=settled
    )
    if answer == EXPIRED:
        session.tell("blocker_expired", text=question)
    elif session.task is not None:
        await session.mark(session.task, State.IN_PROGRESS)
    return answer


async def leave(session: Session, question: str) -> ToolAnswer:
    """Raise an ASYNC blocker, unless the same question about the same task is open already."""
    item = f"{session.spec.run}-b{hashlib.sha256(question.casefold().encode()).hexdigest()[:10]}"

    def act() -> Any:
        if session.desk is None or same_question(
            session.desk.store, session.spec.task, session.spec.run, question
        ):
            return False
        data = {"item": item, "item_kind": "blocker", "text": question, "what": ASYNC}
        unblocks = list(session.unblocks)
        return session.first_time(f"~{item}", "item_raised", **data, unblocks=unblocks)

    fresh = await session.step("blocker", act)
    if not fresh:
        return ToolAnswer(
            True, "This is asked already. Go on; the answer will come as a message.", "asked already"
        )
    return ToolAnswer(True, "It is asked. Go on; the answer will come as a message.", f"blocker: {question}")


def close_same(session: Session, question: str) -> list[str]:
    """Close ASYNC blockers with the same question: the run now waits for the answer, under another item.

    Return the SYNC ones that other runs wait for.
    """
    if session.desk is None:
        return []
    store, twins = session.desk.store, list[str]()
    for item in same_question(store, session.spec.task, session.spec.run, question):
        if item.what == ASYNC:
            data = {"item": item.id, "text": f"asked again by {session.spec.run}"}
            store.append([NewEvent(item.run, item.agent, "item_closed", data, f"~again:{item.id}")])
        elif item.run != session.spec.run:
            twins.append(item.id)
    return twins
