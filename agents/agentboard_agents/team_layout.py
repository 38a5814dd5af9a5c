"""Where a team keeps its files: the well-known places, and those its definitions and configuration name."""

from __future__ import annotations

from collections.abc import Iterable

from agentboard_agents.body_paths import repository_path
from agentboard_agents.config import Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.team import Team
from agentboard_tasks.formats.teamfile import TeamFile
from agentboard_tasks.layout import ARTIFACT_DIRECTORIES, Layout

__all__ = ["layout_of"]

MARKDOWN = (".md", ".markdown", ".txt")


def layout_of(team: Team, config: Config | None = None, team_file: TeamFile | None = None) -> Layout:
    """Return the layout of a project from its definitions, its configuration and its team file."""
    agents = team.agents
    listed = lists_of(team, team_file)
    configured = config.artifact_directories if config else ()
    shared = [agent.shared_directory for agent in agents if agent.shared_directory]
    return Layout(
        artifacts=tuple(dict.fromkeys((*configured, *shared, *ARTIFACT_DIRECTORIES))),
        task_lists=each((*(agent.task_list for agent in agents), *listed)),
        prds=each(agent.prd for agent in agents),
        progress=each(agent.progress for agent in agents if agent.prd),
        memory=each(agent.memory_directory for agent in agents),
        protocols=each(agent.team_protocol for agent in agents),
        stems={key: agent.stem for key, agent in team.by_key.items() if agent is not None},
        owners={**{path: stem for path, stem in listed.items() if stem}, **owners(agents)},
    )


def lists_of(team: Team, team_file: TeamFile | None) -> dict[str, str | None]:
    """Map the task lists that a team file names to the file stems of the agents that it names them for."""
    found: dict[str, str | None] = {}
    for listed in team_file.lists if team_file else ():
        path = repository_path(listed.path or "")
        agent = team.find(listed.name)
        if path and path.endswith(MARKDOWN):
            found.setdefault(path, agent.stem if agent else None)
    return found


def each(paths: Iterable[str | None]) -> tuple[str, ...]:
    """Return the paths that are given, each once."""
    return tuple(dict.fromkeys(path for path in paths if path))


def owners(agents: Iterable[AgentDefinition]) -> dict[str, str]:
    """Map each task list, PRD and log to the file stem of the first agent that names it."""
    owned: dict[str, str] = {}
    for agent in agents:
        for path in (agent.task_list, agent.prd, agent.progress, agent.summary):
            if path:
                owned.setdefault(path, agent.stem)
    return owned
