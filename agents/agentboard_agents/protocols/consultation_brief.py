"""The brief of an agent in a hierarchy: team protocol, memory, its module's guide, its colleagues."""

from __future__ import annotations

from agentboard_agents.brief_text import joined, listed
from agentboard_agents.protocols.preparation import Brief, Ground, opening, system_prompt

__all__ = ["DEEPEST", "colleagues", "prepare"]

DEEPEST = 3
MOST_NOTES = 20
TEAM_PROTOCOL = ".claude/agents-shared/team-protocol.md"


def prepare(ground: Ground) -> Brief:
    """Return the brief of a task in a hierarchy."""
    definition = ground.definition
    protocol = definition.team_protocol or TEAM_PROTOCOL
    paths = (protocol, *notes_of(ground), "CLAUDE.md", *definition.module_guides)
    text, files = opening(ground, paths, [colleagues(ground)])
    return Brief(system_prompt(definition), text, (), files)


def notes_of(ground: Ground) -> list[str]:
    """Return the newest memory notes of the agent, oldest of them first."""
    names = {ground.definition.stem, ground.definition.name}
    own = [note for note in ground.workspace.notes if note.agent in names]
    own.sort(key=lambda note: (note.date or "", note.file))
    return [note.file for note in own[-MOST_NOTES:]]


def colleagues(ground: Ground) -> str:
    """Return who the agent answers to and whom it may consult."""
    team, definition = ground.team, ground.definition
    lead = team.lead_of(definition)
    others = [
        f"{agent.name}: {agent.description}"[:200] for agent in team.agents if agent.name != definition.name
    ]
    parts = [f"Your lead: {lead.name if lead else definition.lead}"] if lead or definition.lead else []
    parts += listed("Whom you may consult with the Agent tool", others)
    parts.append(f"You are at consultation depth {ground.spec.depth} of {DEEPEST}.")
    return joined(parts)
