"""Every problem in a project's files, in one list: where it is, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from agentboard_agents import definition
from agentboard_agents.check_work import open_parts, refused_branch
from agentboard_agents.config import PROJECT_FILE, Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.permission_settings import load_settings
from agentboard_agents.survey import Survey
from agentboard_agents.team import Team
from agentboard_agents.trust_wants import MCP_FILE
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.formats import frontmatter, taskfile
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.jsontext import read_json
from agentboard_tasks.formats.teamfile import TeamFile
from agentboard_tasks.model import Prd, Problem, Severity, TaskList
from agentboard_tasks.workspace import Workspace
from agentboard_tasks.workspace_artifacts import read_artifact

__all__ = ["problems", "problems_of"]

ADD_FILE = "create it, or correct the path"
ADD_AGENT = "add a definition in .claude/agents, or correct the name"


def problems(root: Root, here: Survey) -> tuple[Problem, ...]:
    """Return what is wrong in definitions, task files, PRDs, logs, artifacts and configuration.

    Besides what each reader found, names are followed across files: owners, leads, peers, and
    files that a definition wants to read.
    """
    team, workspace, config = here.team, here.workspace, here.config
    found = [*team.problems, *workspace.problems, *config.problems]
    found += settings_problems(root)
    found += unknown_owners(team, workspace)
    found += unknown_needs(team, workspace.prds)
    found += unknown_colleagues(team)
    found += missing_files(root, team)
    found += unknown_configured(team, config)
    found += unknown_in_team_file(root, team, here.team_file)
    found += (problem for prd in workspace.prds for problem in refused_branch(root, prd.file, prd))
    found += (problem for listed in workspace.lists for problem in open_parts(listed))
    return tuple(sorted(dict.fromkeys(found), key=place))


def settings_problems(root: Root) -> Iterator[Problem]:
    """Find what is wrong in settings of permissions and in the list of servers of tools."""
    for settings in load_settings(root.path):
        yield from settings.problems
    try:
        read_json(root.read(MCP_FILE).data, MCP_FILE)
    except Missing:
        return
    except FileFault as fault:
        yield Problem(
            Severity.ERROR, MCP_FILE, 1, f"cannot be read: {fault.reason}: no server", hint=fault.hint
        )
    except FormatError as fault:
        yield structs.replace(fault.problem, message=f"{fault.problem.message}; no server of it is started")


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


def problems_of(directory: str, name: str, shown: str) -> tuple[Problem, ...]:
    """Return what is wrong in one file wherever it is: a definition, a PRD, a task list, an artifact.

    Args:
        directory: where the file is.
        name: its name there.
        shown: its path, for problems.
    """
    try:
        root = Root(directory)
        image = root.read(name)
        data = image.data
        if name.endswith((".md", ".markdown")) and looks_like_agent(data, shown):
            return definition.parse(data, shown).problems
        found = taskfile.parse(data, shown)
    except FileFault as fault:
        return (Problem(Severity.ERROR, shown, 1, f"cannot be read: {fault.reason}", hint=fault.hint),)
    except FormatError as fault:
        return (fault.problem,)
    if found is not None:
        written = open_parts(found) if isinstance(found, TaskList) else refused_branch(root, name, found)
        wrong = (*found.problems, *written)
        if wrong or name.endswith((".md", ".markdown")):
            return wrong
    artifact = read_artifact(root, name, image.stamp, None)[0]
    return tuple(structs.replace(problem, file=shown) for problem in artifact.problems)


def looks_like_agent(data: bytes, file: str) -> bool:
    """Tell whether a markdown file has front matter with a name or a description."""
    front = frontmatter.split(data, file)
    return front.get("name") is not None or front.get("description") is not None


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
        unknown_names = team.unknown_to(agent)
        if unknown_names:
            message = f"nobody defines {', '.join(unknown_names)}: {agent.name} cannot consult them"
            line, column = place_in(agent, unknown_names[0])
            yield Problem(Severity.INFO, agent.file, line, message, column, ADD_AGENT)


def missing_files(root: Root, team: Team) -> Iterator[Problem]:
    """Find files that a definition wants read, and that are not there."""
    for agent in team.agents:
        for path in wanted_files(agent):
            if path and not exists(root, path):
                message = f"the definition names {path}, which does not exist: {agent.name} starts without it"
                line, column = place_in(agent, path)
                yield Problem(Severity.INFO, agent.file, line, message, column, ADD_FILE)


def place_in(agent: AgentDefinition, text: str) -> tuple[int, int]:
    """Return the line and column of the first mention of a name or path in a definition's body."""
    at = agent.body.find(text)
    if at < 0:
        at = agent.body.find(text.rpartition("/")[2])
    if at < 0:
        return agent.body_line, 1
    return agent.body_line + agent.body.count("\n", 0, at), at - agent.body.rfind("\n", 0, at)


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
