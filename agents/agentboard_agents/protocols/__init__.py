"""The five ways of working, one module each; this is where a name finds its module."""

from __future__ import annotations

from collections.abc import Callable

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.protocols import (
    brief_brief,
    changeset_brief,
    checklist_brief,
    consultation_brief,
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
    return prepare(ground_of(survey, definition, spec))
