"""A project as its files show it now: configuration, team and workspace, loaded together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentboard_agents.config import Config, load_config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.project import Project
from agentboard_agents.team import Team, load_team
from agentboard_agents.team_layout import layout_of
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats import teamfile
from agentboard_tasks.formats.teamfile import TeamFile
from agentboard_tasks.layout import Layout
from agentboard_tasks.model import Problem, Task
from agentboard_tasks.workspace import Workspace, load
from agentboard_tasks.workspace_read import TASKS_CAP
from agentboard_tasks.workspace_tasks import candidates

__all__ = ["TEAM_FILE", "Survey", "Unknown", "survey", "survey_at_rest", "task_at_rest"]

TEAM_FILE = "tasks.md"
PATIENCE = 0.5
PAUSE = 0.05
MOMENT_NS = 1_000_000_000


class Unknown(Exception):
    """An agent or task that the project does not have."""


class Ambiguous(Unknown):
    """A name that several tasks have."""


class Survey(Struct, frozen=True):
    """What the files of a project say, before any run is looked at."""

    project: Project
    config: Config
    team: Team
    layout: Layout
    workspace: Workspace
    team_file: TeamFile = TeamFile("tasks.md", (), (), ())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with definitions, coordination files and configuration."""
        return (*self.team.problems, *self.workspace.problems, *self.config.problems)

    def agent(self, name: str) -> AgentDefinition:
        """Return the agent called `name`, or whose file is.

        Raises:
            Unknown: with the names that there are.
        """
        found = self.team.find(name)
        if found is None:
            raise Unknown(
                f"no agent {name!r} here; there {_listing([agent.name for agent in self.team.agents])}"
            )
        return found

    def task(self, name: str) -> Task:
        """Return the task with the id `name`, or the only one that it can mean.

        Raises:
            Unknown: when there is none, or more than one.
        """
        found = self.workspace.find(name)
        if found is None:
            several = candidates(self.workspace.tasks, name)
            if several:
                ids = ", ".join(task.id for task in several[:6])
                raise Ambiguous(f"{len(several)} tasks are called {name!r}: say which by its id: {ids}")
            unread = self.workspace.unread[:3]
            why = f"; {', '.join(unread)} cannot be read (`agentboard check` says why)" if unread else ""
            raise Unknown(f"no task {name!r} here; `agentboard tasks` lists them{why}")
        return found


def survey(project: Project, before: Survey | None = None, root: Root | None = None) -> Survey:
    """Load everything that the board shows of a project's files.

    Args:
        project: whose files are read.
        before: an earlier survey; what is as it was then is not parsed again, and a file that cannot be read
            now keeps its last good value.
        root: what the files are read through.
    """
    root = root or Root(project.root)
    config = load_config(project)
    home = os.path.expanduser("~")
    known = before.team if before else None
    team = load_team(root, home=home, config=config, working_directory=project.within, before=known)
    team_file = read_team_file(root)
    layout = layout_of(team, config, team_file)
    workspace = load(root, layout, before.workspace if before else None, home)
    return Survey(project, config, team, layout, workspace, team_file)


def survey_at_rest(project: Project) -> Survey:
    """Load everything; lists that cannot be read and are being written just now are given a moment."""
    looks = _looks(project)
    return next(here for here, last in looks if last or not _just_written(here, here.workspace.unread))


def task_at_rest(project: Project, name: str) -> Task:
    """Return the task that is meant; one that is not there is waited for while files are being written.

    Raises:
        Unknown: when there is none, or more than one.
    """
    here = next(here for here, last in _looks(project) if last or _is_told(here, name))
    return here.task(name)


def _is_told(here: Survey, name: str) -> bool:
    """Tell whether a name can be taken as it is: it is a task's, or several tasks', or nothing is in flux."""
    try:
        here.task(name)
    except Unknown as unknown:
        return isinstance(unknown, Ambiguous) or not _just_written(here, here.workspace.files)
    return True


def _looks(project: Project) -> Iterator[tuple[Survey, bool]]:
    """Yield what the files say, again and again for a moment, and whether that is the last time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield survey(project), False
        time.sleep(PAUSE)
    yield survey(project), True


def _just_written(here: Survey, files: Iterable[str]) -> bool:
    """Tell whether one of some files was changed so lately that it may be half-written."""
    newest = max((here.workspace.files[path].stamp.mtime_ns for path in files), default=0)
    return time.time_ns() - newest < MOMENT_NS


def read_team_file(root: Root) -> TeamFile:
    """Read the root `tasks.md` for who is active, where lists are, and where agents must agree."""
    try:
        data = root.read(TEAM_FILE, cap=TASKS_CAP).data
    except FileFault:
        data = b""
    return teamfile.parse(data, TEAM_FILE)


def _listing(names: list[str]) -> str:
    if not names:
        return "are none: agentboard looks in .claude/agents/*.md, .opencode/agent/ and agents/*.md"
    shown = ", ".join(names[:8])
    return f"is {shown}" if len(names) == 1 else f"are {shown}{', …' if len(names) > 8 else ''}"
