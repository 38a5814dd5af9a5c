"""Where a team keeps its files: the well-known places, and those its definitions and configuration name."""

from __future__ import annotations

from collections.abc import Iterable

from agentboard_agents.config import Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.team import Team
from agentboard_tasks.layout import ARTIFACT_DIRECTORIES, Layout

__all__ = ["layout_of"]


def layout_of(team: Team, config: Config | None = None) -> Layout:
    """Return the layout of a project from its definitions and configuration."""
    agents = team.agents
    configured = config.artifact_directories if config else ()
    shared = [agent.shared_directory for agent in agents if agent.shared_directory]
    return Layout(
        artifacts=tuple(dict.fromkeys((*configured, *shared, *ARTIFACT_DIRECTORIES))),
        task_lists=each(agent.task_list for agent in agents),
        prds=each(agent.prd for agent in agents),
        progress=each(agent.progress for agent in agents if agent.prd),
        memory=each(agent.memory_directory for agent in agents),
        protocols=each(agent.team_protocol for agent in agents),
        owners=owners(agents),
    )


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
