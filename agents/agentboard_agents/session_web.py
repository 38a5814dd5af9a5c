"""WebFetch and WebSearch: tools that the model's API carries out itself, offered where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from agentboard_agents.runtimes.port import Block
from agentboard_agents.session_equipment import Equipment

__all__ = ["NAMES", "Web", "web_of"]

NAMES = ("WebFetch", "WebSearch")
MOST_USES = 10
OFFERED: dict[str, Block] = {
    "WebFetch": {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": MOST_USES},
    "WebSearch": {"type": "web_search_20250305", "name": "web_search", "max_uses": MOST_USES},
}
"""Name in a definition to the API's own tool (https://docs.anthropic.com/en/docs/agents-and-tools)."""


class Web(Struct, frozen=True):
    """What of the web an agent has: definitions for the API, and for each name that it lacks, why."""

    definitions: tuple[Block, ...] = ()
    offered: tuple[str, ...] = ()
    absent: Mapping[str, str] = {}


def web_of(equipment: Equipment) -> Web:
    """Return what the agent of a run has."""
    definition = equipment.definition
    wanted = [
        name
        for name in NAMES
        if (definition.tools is None or name in listed(definition.tools))
        and name not in definition.refused_tools
    ]
    reason = missing(equipment)
    if reason:
        return Web(absent=dict.fromkeys(NAMES, reason))
    others = {name: "your definition does not list it" for name in NAMES if name not in wanted}
    own = {name: f"call {OFFERED[name]['name']}, which the API carries out itself" for name in wanted}
    return Web(tuple(OFFERED[name] for name in wanted), tuple(wanted), {**others, **own})


def listed(tools: tuple[str, ...]) -> set[str]:
    """Return the names in a list of tools, without what restricts their use."""
    return {name.partition("(")[0].strip() for name in tools}


def missing(equipment: Equipment) -> str:
    """Return why the web is out of reach for a run, or nothing."""
    if equipment.spec.runtime != "anthropic":
        return (
            f"the {equipment.spec.runtime} runtime has no web: only the model's own API can fetch and search"
        )
    if not equipment.survey.config.agent(equipment.definition.stem, equipment.definition.name).network:
        return "no network is allowed for you; a person can set `network: true` in their own configuration"
    return ""
