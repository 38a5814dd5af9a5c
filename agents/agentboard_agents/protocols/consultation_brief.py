"""The brief of an agent in a hierarchy: team protocol, memory, its module's guide, its colleagues."""

from __future__ import annotations

from agentboard_agents.brief_text import joined, listed
from agentboard_agents.memories import TEAM_PROTOCOL, notes_of
from agentboard_agents.protocols.preparation import Brief, Ground, opening, system_prompt

__all__ = ["DEEPEST", "colleagues", "prepare"]

DEEPEST = 3
MOST_NOTES = 20
MOST_NAMED = 200


def prepare(ground: Ground) -> Brief:
    """Return the brief of a task in a hierarchy."""
    definition = ground.definition
    named = [path for path in (definition.team_protocol, *definition.module_guides) if path]
    paths = (definition.team_protocol or TEAM_PROTOCOL, *own_notes(ground)[-MOST_NOTES:])
    text, files = opening(
        ground, (*paths, "CLAUDE.md", *definition.module_guides), [older_notes(ground), colleagues(ground)]
    )
    absent = tuple(path for path in dict.fromkeys(named) if path not in files)
    return Brief(system_prompt(definition), text, (), files, absent)


def own_notes(ground: Ground) -> list[str]:
    """Return the files of the agent's memory notes, the newest last."""
    return [note.file for note in notes_of(ground.definition, ground.workspace.notes)]


def older_notes(ground: Ground) -> str:
    """Return the names of notes that are not in the brief, for an agent that wants to read them."""
    older = own_notes(ground)[:-MOST_NOTES]
    return joined(listed("Older notes in your memory", older[-MOST_NAMED:]))


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
