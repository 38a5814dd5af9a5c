"""The way of working by a task list: one task, from To Do to Completed, and the list true all the while."""

from __future__ import annotations

from agentboard_agents.protocols.checklist_list import list_of
from agentboard_agents.protocols.checklist_plan import keep_plan
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session

__all__ = ["work"]


async def work(session: Session) -> Outcome:
    """Do the task of the run."""
    live = list_of(session)
    before = await live.standings() if live else {}
    session.on_plan = live.follow if live else None
    await session.converse(session.brief.opening)
    await keep_plan(session)
    verdict = await session.check()
    if live is not None:
        await live.settle(before, verdict)
    return outcome_of(verdict, commit_message(session))
