"""The way of working by a task list: one task, from To Do to Completed, and the list true all the while."""

from __future__ import annotations

from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.protocols.checklist_list import list_of
from agentboard_agents.protocols.checklist_plan import keep_plan
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session
from agentboard_agents.turns_port import LimitReached, RunFault

__all__ = ["work"]

UNFINISHED = "the run ended before it was checked"


async def work(session: Session) -> Outcome:
    """Do the task of the run."""
    live = list_of(session)
    before = await live.standings() if live else {}
    session.on_plan = live.follow if live else None
    try:
        await session.converse(session.brief.opening)
        await keep_plan(session)
        verdict = await session.check()
    except (LimitReached, RunFault, StepFailed):
        if live is not None:  # what was ticked on the way has nothing behind it
            await live.settle(before, UNFINISHED, holds=False)
        raise
    if live is not None:
        fact = "the checks pass" if verdict.passed else "the checks do not pass"
        await live.settle(before, fact, holds=verdict.passed)
    return outcome_of(verdict, commit_message(session))
