"""The five ways of working, one module each; this is where a name finds its module."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from agentboard_agents.brief_text import joined
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.protocols import (
    brief_brief,
    changeset_brief,
    checklist_brief,
    consultation_brief,
    consultation_waiting,
    ralph_brief,
)
from agentboard_agents.protocols.preparation import Brief, Ground, ground_of
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import Survey

__all__ = ["BRIEFS", "Brief", "brief_for"]

BRIEFS: dict[str, Callable[[Ground], Brief]] = {
    "brief": brief_brief.prepare,
    "changeset": changeset_brief.prepare,
    "ralph": ralph_brief.prepare,
    "consultation": consultation_brief.prepare,
    "checklist": checklist_brief.prepare,
}
"""Name of a way of working to what makes its brief."""


def brief_for(survey: Survey, definition: AgentDefinition, spec: RunSpec) -> Brief:
    """Return what the agent will be told in the run that `spec` describes; nothing is written."""
    prepare = BRIEFS.get(spec.protocol, checklist_brief.prepare)
    ground = ground_of(survey, definition, spec)
    return with_consultations(ground, prepare(ground))


def with_consultations(ground: Ground, brief: Brief) -> Brief:
    """Return a brief with the consultations that wait for its agent."""
    waiting = consultation_waiting.waiting_for(ground)
    if not waiting:
        return brief
    opening = joined([consultation_waiting.section(waiting), brief.opening])
    return structs.replace(brief, opening=opening, consultations=tuple(one.file for one in waiting))
