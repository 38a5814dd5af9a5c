"""Every problem in a project's files, in one list: where it is, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentboard_agents.config import PROJECT_FILE, Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.survey import Survey
from agentboard_agents.team import Team
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats.teamfile import TeamFile
from agentboard_tasks.model import Prd, Problem, Severity, TaskList
from agentboard_tasks.workspace import Workspace

__all__ = ["problems"]

ADD_FILE = "create it, or correct the path"
ADD_AGENT = "add a definition in .claude/agents, or correct the name"


def problems(root: Root, here: Survey) -> tuple[Problem, ...]:
    """Return what is wrong in definitions, task files, PRDs, logs, artifacts and configuration.

    Besides what each reader found, names are followed across files: owners, leads, peers, and
    files that a definition wants to read.
    """
    team, workspace, config = here.team, here.workspace, here.config
    found = [*team.problems, *workspace.problems, *config.problems]
    found += unknown_owners(team, workspace)
    found += unknown_needs(team, workspace.prds)
    found += unknown_colleagues(team)
    found += missing_files(root, team)
    found += unknown_configured(team, config)
    found += unknown_in_team_file(root, team, here.team_file)
    return tuple(sorted(dict.fromkeys(found), key=place))


def unknown_in_team_file(root: Root, team: Team, team_file: TeamFile) -> Iterator[Problem]:
    """Find active agents that nobody defines, and task lists that are not there."""
    for agent in team_file.agents:
        if team.find(agent.name) is None:
            message = f"{agent.name!r} is listed as an active agent, which is not defined: it gets no work"
            yield Problem(Severity.INFO, team_file.file, agent.line, message, hint=ADD_AGENT)
    for listed in team_file.lists:
        if listed.path and not exists(root, listed.path):
            message = f"the task list {listed.path} does not exist: nothing of it is shown"
            yield Problem(Severity.INFO, team_file.file, listed.line, message, hint=ADD_FILE)


def place(problem: Problem) -> tuple[str, int, int]:
    """Return what problems are ordered by."""
    return problem.file, problem.line, problem.column


def unknown_owners(team: Team, workspace: Workspace) -> Iterator[Problem]:
    """Find task files and single tasks that belong to an agent whom nobody defines."""
    sources: tuple[TaskList | Prd, ...] = (*workspace.lists, *workspace.prds)
    for source in sources:
        known = source.agent is None or team.find(source.agent) is not None
        if not known:
            yield unknown(source.file, 1, f"{kind_of(source)} is for the agent {source.agent!r}")
        tasks = source.tasks if isinstance(source, TaskList) else source.stories
        for task in tasks:
            if (
                not task.read_only
                and task.agent
                and task.agent != source.agent
                and team.find(task.agent) is None
            ):
                yield unknown(source.file, task.source.line, f"the task is for the agent {task.agent!r}")


def kind_of(source: TaskList | Prd) -> str:
    """Name a source of tasks."""
    return "the list" if isinstance(source, TaskList) else "the PRD"


def unknown(file: str, line: int, what: str) -> Problem:
    """Say that a name leads to nobody."""
    return Problem(Severity.WARNING, file, line, f"{what}, which is not defined", hint=ADD_AGENT)


def unknown_needs(team: Team, prds: Iterable[Prd]) -> Iterator[Problem]:
    """Find PRDs that wait for the PRD of an agent whom nobody defines."""
    for prd in prds:
        for name in prd.needs:
            if team.find(name) is None and all(other.team != name for other in prds):
                yield unknown(prd.file, 1, f"the PRD depends on {name!r}")


def unknown_colleagues(team: Team) -> Iterator[Problem]:
    """Find leads and peers whom nobody defines: they cannot be asked."""
    for agent in team.agents:
        names = ", ".join(team.unknown_to(agent))
        if names:
            message = f"nobody defines {names}: {agent.name} cannot consult them"
            yield Problem(Severity.INFO, agent.file, agent.body_line, message, hint=ADD_AGENT)


def missing_files(root: Root, team: Team) -> Iterator[Problem]:
    """Find files that a definition wants read, and that are not there."""
    for agent in team.agents:
        for path in wanted_files(agent):
            if path and not exists(root, path):
                message = f"the definition names {path}, which does not exist"
                yield Problem(Severity.INFO, agent.file, agent.body_line, message, hint=ADD_FILE)


def wanted_files(agent: AgentDefinition) -> tuple[str | None, ...]:
    """Return the files that an agent is to read before it works."""
    return agent.prd, agent.team_protocol, agent.requirements, *agent.module_guides


def exists(root: Root, path: str) -> bool:
    """Tell whether there is anything at a path."""
    try:
        return root.stamp(path) is not None
    except FileFault:
        return False


def unknown_configured(team: Team, config: Config) -> Iterator[Problem]:
    """Find agents that are configured and not defined."""
    for name in config.agents:
        if team.find(name) is None:
            yield unknown(PROJECT_FILE, 1, f"it configures the agent {name!r}")
