"""The team: every agent that is defined, who leads whom, who may be asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from agentboard_agents.config import Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.team_places import Found, read_places
from agentboard_tasks.files import Root
from agentboard_tasks.formats.keys import name_key
from agentboard_tasks.model import Problem, Severity

__all__ = ["Team", "load_team"]

NOBODY = re.compile(r"none|nobody|n/?a|-|—|user|human", re.IGNORECASE)


class Team(Struct, frozen=True):
    """The agents in order of their names, and the problems of their files."""

    agents: tuple[AgentDefinition, ...] = ()
    problems: tuple[Problem, ...] = ()
    read: Mapping[str, Found] = {}
    by_name: Mapping[str, AgentDefinition] = {}
    by_stem: Mapping[str, AgentDefinition] = {}
    by_key: Mapping[str, AgentDefinition | None] = {}

    def find(self, name: str) -> AgentDefinition | None:
        """Return the agent with this exact name, else this file stem, else the only one that reads alike."""
        return self.by_name.get(name) or self.by_stem.get(name) or self.by_key.get(name_key(name))

    def lead_of(self, agent: AgentDefinition) -> AgentDefinition | None:
        """Return the agent that `agent` answers to, if it is in the team."""
        return self.find(agent.lead) if agent.lead and not NOBODY.fullmatch(agent.lead) else None

    def peers_of(self, agent: AgentDefinition) -> tuple[AgentDefinition, ...]:
        """Return the peers of `agent` that are in the team, in the order it names them."""
        found = [peer for peer in map(self.find, agent.peers) if peer is not None]
        return tuple({peer.name: peer for peer in found if peer.name != agent.name}.values())

    def unknown_to(self, agent: AgentDefinition) -> tuple[str, ...]:
        """Return the lead and peers that `agent` names and nobody defines."""
        named = (*((agent.lead,) if agent.lead else ()), *agent.peers)
        return tuple(name for name in named if not NOBODY.fullmatch(name) and self.find(name) is None)


def load_team(
    root: Root,
    home: str | None = None,
    config: Config | None = None,
    *,
    working_directory: str = "",
    before: Team | None = None,
) -> Team:
    """Read every definition that applies to a project; of two with one name the nearest counts.

    Args:
        root: the repository.
        home: the user's home directory, whose `.claude/agents` come last.
        config: further directories of definitions.
        working_directory: where the user stands, relative to the repository; its definitions come first.
        before: an earlier load, whose unchanged files are not parsed again.
    """
    extra: Sequence[str] = config.agent_directories if config else ()
    read, problems = read_places(root, home, extra, working_directory, before.read if before else {})
    agents, shadowed = nearest([found.definition for found in read.values() if found.is_agent])
    problems += [problem for agent in agents for problem in agent.problems]
    agents = configured(agents, config) if config else agents
    return team_of(agents, problems + shadowed, read)


def configured(agents: Iterable[AgentDefinition], config: Config) -> list[AgentDefinition]:
    """Return the agents with the ways of working that the configuration chooses for them."""
    if not config.agents:
        return list(agents)
    ways = ((agent, config.agent(agent.stem, agent.name).protocol) for agent in agents)
    return [structs.replace(agent, configured_protocol=way) if way else agent for agent, way in ways]


def team_of(
    agents: Sequence[AgentDefinition],
    problems: Sequence[Problem] = (),
    read: Mapping[str, Found] | None = None,
) -> Team:
    """Build a team from definitions whose names are unique."""
    ordered = sorted(agents, key=lambda agent: (name_key(agent.name), agent.file))
    stems: dict[str, AgentDefinition] = {}
    keys: dict[str, AgentDefinition | None] = {}
    for agent in ordered:
        stems.setdefault(agent.stem, agent)
        for key in {name_key(agent.name), name_key(agent.stem)}:
            keys[key] = None if key in keys else agent
    by_name = {agent.name: agent for agent in ordered}
    return Team(tuple(ordered), tuple(problems), read or {}, by_name, stems, keys)


def nearest(found: Iterable[AgentDefinition]) -> tuple[list[AgentDefinition], list[Problem]]:
    """Keep the first definition of each name; every later one is a problem."""
    kept: dict[str, AgentDefinition] = {}
    problems: list[Problem] = []
    for agent in found:
        first = kept.setdefault(agent.name, agent)
        if first is not agent:
            problems.append(shadow(agent, first))
    return list(kept.values()), problems


def shadow(agent: AgentDefinition, first: AgentDefinition) -> Problem:
    """Explain why a definition is not used."""
    same = agent.file.rpartition("/")[0] == first.file.rpartition("/")[0]
    word = "a duplicate of" if same else "shadowed by"
    message = f"the agent {agent.name!r} is {word} {first.file}; this file is not used"
    return Problem(
        Severity.WARNING, agent.file, 1, message, hint="give it another name, or remove one of the two"
    )
