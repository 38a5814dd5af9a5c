"""What a way of working makes of files before an agent starts: the brief, and what is missing in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from agentboard_agents.brief_text import file_text, house_rules, joined, task_text
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import Survey
from agentboard_agents.team import Team
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats import requirements
from agentboard_tasks.formats.keys import name_key
from agentboard_tasks.formats.teamfile import Coordination
from agentboard_tasks.model import Prd, Task
from agentboard_tasks.workspace import Workspace

__all__ = [
    "Brief",
    "Ground",
    "agreements_of",
    "ground_of",
    "opening",
    "requirements_of",
    "system_prompt",
    "task_of",
]

Reader = Callable[[str], str | None]
"""Gives the text of a file of the project; `None` when it cannot be read."""

MOST_READ = 256 * 1024


class Brief(Struct, frozen=True):
    """What an agent is told at the start; it must not start while `missing` names anything.

    `files` went into it, `absent` are those that its definition names and that are not there, `consultations`
    the files of questions that wait for it.
    """

    system: str
    opening: str
    missing: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    consultations: tuple[str, ...] = ()


class Ground(Struct, frozen=True):
    """What a brief is made from."""

    definition: AgentDefinition
    team: Team
    workspace: Workspace
    spec: RunSpec
    task: Task | None
    read: Reader
    points: tuple[Coordination, ...] = ()


def ground_of(survey: Survey, definition: AgentDefinition, spec: RunSpec) -> Ground:
    """Return the ground of a run in a project."""
    return Ground(
        definition,
        survey.team,
        survey.workspace,
        spec,
        survey.workspace.find(spec.task) if spec.task else None,
        reader(Root(survey.project.root)),
        survey.team_file.points,
    )


def reader(root: Root) -> Reader:
    """Return what reads the files of a project for its briefs."""

    def read(path: str) -> str | None:
        try:
            return root.read(path, cap=MOST_READ).data.decode("utf-8", "replace")
        except FileFault:
            return None

    return read


def system_prompt(definition: AgentDefinition, body: str | None = None) -> str:
    """Return the agent's own text and the rules of the house."""
    directory = definition.working_directory or ""
    fence = [directory] if directory else []
    return joined([definition.body if body is None else body, house_rules(directory, fence)])


def opening(
    ground: Ground, paths: Iterable[str | None], extra: Iterable[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return the first message: context files, further parts, and the task; with the files that went in."""
    texts = {path: ground.read(path) for path in dict.fromkeys(path for path in paths if path)}
    files = {path: text for path, text in texts.items() if text and text.strip()}
    context = [file_text(path, text) for path, text in files.items()]
    return joined([*context, *extra, task_of(ground)]), tuple(files)


def task_of(ground: Ground) -> str:
    """Return what is to be done, in the words of the task's file or of the person who asked."""
    parts = [task_text(ground.task)] if ground.task else []
    parts += [ground.spec.prompt] if ground.spec.prompt else []
    said = joined(parts) or ground.spec.title
    return f"Your task:\n\n{said}" if said else ""


def requirements_of(ground: Ground) -> str:
    """Return the part of the requirements that is about this agent, empty when there is none."""
    definition = ground.definition
    text = ground.workspace.requirements
    if definition.requirements:
        text = ground.read(definition.requirements) or text
    if not text:
        return ""
    named = (definition.requirements_section or "").removesuffix("Requirements").split()
    return requirements.section(text, named or words_of(definition.stem)) or ""


def words_of(stem: str) -> list[str]:
    """Return the words that name an agent's field: `backend` of `backend-engineer`."""
    return stem.replace("_", "-").split("-")[:1]


def agreements_of(ground: Ground) -> str:
    """Return the points of the team file at which this agent must agree with others, empty without any."""
    mine = {
        name_key(ground.definition.name),
        name_key(ground.definition.stem),
        *words_of(ground.definition.stem),
    }
    points = [point for point in ground.points if mine.intersection(map(name_key, point.sides))]
    lines = "\n".join(f"- {' ↔ '.join(point.sides)}: {point.text}" for point in points)
    return f"Agree on these with the others:\n\n{lines}" if lines else ""


def prd_of(ground: Ground) -> Prd | None:
    """Return the PRD that the agent's definition names, else the one that its task is in."""
    named = ground.definition.prd
    file = named or (ground.task.source.file if ground.task and ground.task.format == "prd" else None)
    return next((prd for prd in ground.workspace.prds if prd.file == file), None)
