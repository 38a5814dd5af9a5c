"""What a run works with: the files of its project, its definition and task, its repository, box and tools."""

from __future__ import annotations

import os

import msgspec
from msgspec import Struct

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.owned_paths import Area, avoided
from agentboard_agents.project import Project, slug
from agentboard_agents.projection import Run
from agentboard_agents.protocols.preparation import Ground, ground_of, prd_of
from agentboard_agents.repository import Repository
from agentboard_agents.repository.fault import BadName, GitFault
from agentboard_agents.repository.names import checked_branch
from agentboard_agents.repository.snapshot import Kept
from agentboard_agents.sandbox import Sandbox, box_for, choose
from agentboard_agents.sandbox.box import Box
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import Survey, survey
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.layout import Coordination
from agentboard_tasks.model import Task

__all__ = ["Equipment", "base_of", "branch_name", "equip", "start_of"]


class Equipment(Struct, frozen=True):
    """Everything that a run needs besides its control; paths on disk are absolute."""

    project: Project
    survey: Survey
    definition: AgentDefinition
    spec: RunSpec
    task: Task | None
    repository: Repository
    sandbox: Sandbox
    coordination: Coordination
    worktree: str

    @property
    def root(self) -> Root:
        """The project's files."""
        return Root(self.project.root)

    @property
    def ground(self) -> Ground:
        """What the brief is made from."""
        return ground_of(self.survey, self.definition, self.spec)

    @property
    def editor(self) -> Editor:
        """What edits the team's live files."""
        return Editor(self.root, Root(self.project.make_state()))

    @property
    def fence(self) -> tuple[str, ...] | None:
        """The directories outside which the agent's file tools write nothing."""
        return (self.definition.working_directory,) if self.definition.working_directory else None

    @property
    def avoided(self) -> tuple[Area, ...]:
        """The areas of the repository that the agent's definition tells it to leave alone."""
        own = self.definition
        return avoided(own.body, f"{own.stem} {own.name} {own.working_directory or ''}")

    @property
    def shared_paths(self) -> tuple[str, ...]:
        """The paths that never enter a commit of the agent, and those in them that do."""
        shared = self.coordination
        copied = self.survey.config.setup.copy
        return (*shared.directories, *shared.files, *copied, *map(Kept, sorted(shared.branched)))

    def box(self) -> Box:
        """Return the box of the agent's commands and of the gates."""
        configured = self.survey.config.agent(self.definition.stem, self.definition.name)
        return box_for(
            self.project.root,
            self.worktree,
            self.repository.git.places.common_dir,
            working_directory=self.definition.working_directory or "",
            directories=tuple(filter(self._live, self.coordination.mounted)),
            network=configured.network,
        )

    def _live(self, directory: str) -> bool:
        """Make a directory of the team that is missing: what a command writes there has to be live at once.

        One that a link leads to, or that cannot be made, is not shown to commands.
        """
        try:
            self.root.make_directory(directory)
        except FileFault:
            return False
        return True


def equip(project: Project, run: Run) -> Equipment:
    """Load what a run needs; it reads only.

    Raises:
        RunFault: when the agent or the task is not there.
    """
    spec = run.spec
    found = survey(msgspec.structs.replace(project, within=beside(spec.definition)))
    definition = next((one for one in found.team.agents if one.file == spec.definition), None)
    definition = definition or found.team.find(spec.agent)
    if definition is None:
        raise RunFault(f"the agent {spec.agent} is gone: {spec.definition} cannot be read")
    task = found.workspace.find(spec.task) if spec.task else None
    if spec.task and task is None:
        raise RunFault(f"the task {spec.task} is gone from its file")
    repository = Repository(project.root, project.state)
    return Equipment(
        project,
        found,
        definition,
        spec,
        task,
        repository,
        choose(),
        found.layout.coordination(found.workspace.coordinated, tracked_beside(repository, found)),
        os.path.join(project.worktrees, run.id),
    )


def tracked_beside(repository: Repository, found: Survey) -> tuple[str, ...]:
    """Return what git tracks, where an artifacts directory could hold some of it."""
    commit = repository.head().commit
    there = any(os.path.isdir(os.path.join(found.project.root, path)) for path in found.layout.artifacts)
    return repository.files(commit) if commit is not None and there else ()


def beside(definition: str) -> str:
    """Return the directory whose own `.claude/agents` holds a definition; the root's is empty."""
    above, found, _ = definition.partition(".claude/agents/")
    return above.strip("/") if found and not os.path.isabs(definition) else ""


def start_of(equipment: Equipment) -> tuple[str, str | None]:
    """Return the commit that the run's work starts from, and the branch that it is meant for.

    Raises:
        GitFault: when the repository has no commit, or the wanted branch is gone.
    """
    repository, wanted = equipment.repository, equipment.spec.base
    if wanted is None:
        return base_of(equipment), repository.head().branch
    commit = repository.tip(wanted)
    if commit is None:
        raise GitFault(f"the branch {wanted!r} is gone", hint="dispatch again, from another branch")
    return commit, wanted


def base_of(equipment: Equipment) -> str:
    """Return the commit that the run's work starts from.

    The branch that a PRD names is where earlier runs left its stories: a run goes on from the last of them.

    Raises:
        GitFault: when the repository has no commit.
        RunFault: when git refuses the name that the PRD has.
    """
    repository, own = equipment.repository, branch_of_prd(equipment)
    base = repository.base()
    if own is None:
        return base
    reached, number = repository.tip(own), 2
    while reached and (later := repository.tip(f"{own}-{number}")):
        if repository.merge_base(reached, later) != reached:
            break
        reached, number = later, number + 1
    return reached or base


def branch_name(equipment: Equipment) -> str:
    """Return the branch that the run's work should be on: the PRD's own, else one named by agent and task."""
    spec, task = equipment.spec, equipment.task
    about = task.key if task else spec.title or spec.run
    return branch_of_prd(equipment) or f"ab/{slug(spec.stem)}/{slug(about)}"


def branch_of_prd(equipment: Equipment) -> str | None:
    """Return the branch that the PRD of a Ralph loop names.

    Raises:
        RunFault: when git refuses it.
    """
    prd = prd_of(equipment.ground) if equipment.spec.protocol == "ralph" else None
    if prd is None or not prd.branch:
        return None
    try:
        return checked_branch(prd.branch)
    except BadName as fault:
        how = f"correct it there, then: agentboard retry {equipment.spec.run}"
        raise RunFault(f"{prd.file}: the branch {fault} ({how})") from fault
