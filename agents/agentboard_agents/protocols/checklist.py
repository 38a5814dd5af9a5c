"""The way of working by a task list: one task, from To Do to Completed."""

from __future__ import annotations

from agentboard_agents.protocols.conclusion import concluded
from agentboard_agents.session import Outcome, Session

__all__ = ["work"]


async def work(session: Session) -> Outcome:
    """Do the task of the run."""
    await session.converse(session.brief.opening)
    return await concluded(session)
