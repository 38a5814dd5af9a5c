"""WebFetch and WebSearch: tools that the model's API carries out itself, offered where that is allowed.

Nobody can be asked about a single use of them. What the rules deny or ask about is therefore not offered, or
kept from them by the domains that the API takes.

Nothing leaves this machine by them but the conversation, which goes to the API anyway. So an agent has them
when its definition lists them; one that lists no tools has them if its commands may use the network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from agentboard_agents.permission_policy import Policy, load_policy
from agentboard_agents.permission_rules import Rule, domain_of
from agentboard_agents.runtimes.port import Block
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.trust import load_trust

__all__ = ["NAMES", "Web", "web_of"]

NAMES = ("WebFetch", "WebSearch")
MOST_USES = 10
OFFERED: dict[str, Block] = {
    "WebFetch": {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": MOST_USES},
    "WebSearch": {"type": "web_search_20250305", "name": "web_search", "max_uses": MOST_USES},
}
"""Name in a definition to the API's own tool (https://docs.anthropic.com/en/docs/agents-and-tools)."""

DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Web(Struct, frozen=True):
    """What of the web an agent has: definitions for the API, and for each name that it lacks, why."""

    definitions: tuple[Block, ...] = ()
    offered: tuple[str, ...] = ()
    absent: Mapping[str, str] = {}


def web_of(equipment: Equipment) -> Web:
    """Return what the agent of a run has."""
    reason = missing(equipment)
    if reason:
        return Web(absent=dict.fromkeys(NAMES, reason))
    policy = load_policy(equipment.project, equipment.definition, load_trust(equipment.project))
    absent = {name: why for name in NAMES if (why := refused(equipment, policy, name))}
    wanted = tuple(name for name in NAMES if name not in absent)
    own = {name: f"call {OFFERED[name]['name']}, which the API carries out itself" for name in wanted}
    blocks = tuple({**OFFERED[name], **domains(policy, name)} for name in wanted)
    return Web(blocks, wanted, {**absent, **own})


def refused(equipment: Equipment, policy: Policy, name: str) -> str:
    """Return why an agent does not have a tool of the web, or nothing."""
    definition = equipment.definition
    if definition.tools is not None and name not in listed(definition.tools):
        return "your definition does not list it"
    if name in definition.refused_tools:
        return "your definition refuses it"
    for rule in stopping(policy, name):
        if not DOMAIN.fullmatch(domain_of(rule.specifier)):
            return f"the rule {rule} in {rule.file} is against it, and nobody can be asked about a single use"
    if domains(policy, name) == {"allowed_domains": []}:
        return "the rules leave no domain of it"
    return ""


def stopping(policy: Policy, name: str) -> list[Rule]:
    """Return the rules that deny uses of a tool, or ask about them."""
    return [rule for rule in (*policy.deny, *policy.ask) if rule.governs(name)]


def domains(policy: Policy, name: str) -> dict[str, Any]:
    """Return the domains that the API is told to keep to, or away from; it takes one list of the two."""
    blocked = sorted({domain_of(rule.specifier) for rule in stopping(policy, name)})
    only = {domain_of(rule.specifier) for rule in policy.only if rule.tool == name}
    if only:
        return {
            "allowed_domains": sorted(one for one in only if DOMAIN.fullmatch(one) and free(one, blocked))
        }
    return {"blocked_domains": blocked} if blocked else {}


def free(domain: str, blocked: list[str]) -> bool:
    """Tell whether a domain is neither blocked nor beneath one that is."""
    return not any(domain == one or domain.endswith(f".{one}") for one in blocked)


def listed(tools: tuple[str, ...]) -> set[str]:
    """Return the names in a list of tools, without what restricts their use."""
    return {name.partition("(")[0].strip() for name in tools}


def missing(equipment: Equipment) -> str:
    """Return why the web is out of reach for a run, or nothing."""
    if equipment.spec.runtime != "anthropic":
        return (
            f"the {equipment.spec.runtime} runtime has no web: only the model's own API can fetch and search"
        )
    definition = equipment.definition
    network = equipment.survey.config.agent(definition.stem, definition.name).network
    if definition.tools is None and not network:
        return "your definition does not list it, and no network is configured for you"
    return ""
