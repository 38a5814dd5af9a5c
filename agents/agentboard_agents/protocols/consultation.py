"""The way of working in a hierarchy: load what the team knows, consult others, remember, flag concerns."""

from __future__ import annotations

from agentboard_agents.protocols.conclusion import concluded
from agentboard_agents.protocols.consultation_notes import flag_concern, save_memory
from agentboard_agents.protocols.consultation_others import consult_actions
from agentboard_agents.session import Outcome, Session

__all__ = ["work"]


async def work(session: Session) -> Outcome:
    """Do the task of the run."""
    session.extras = [
        *consult_actions(session, session.spec.depth),
        save_memory(session.equipment),
        flag_concern(session),
    ]
    await session.converse(session.brief.opening)
    return await concluded(session)
