"""What the side panels show of the task files: lists by state, the newest progress, the shared artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from agentboard_agents.task_marks import with_marks
from agentboard_tasks.model import (
    Artifact,
    Consultation,
    Note,
    Problem,
    ProgressEntry,
    ProgressLog,
    State,
    Summary,
    Task,
)

if TYPE_CHECKING:
    from agentboard_tasks.workspace import Workspace

__all__ = [
    "EMPTY_FILES",
    "STATE_LABELS",
    "ArtifactRow",
    "FilesView",
    "ProgressRow",
    "TaskGroup",
]

STATE_LABELS: dict[State, str] = {
    State.IN_PROGRESS: "In progress",
    State.BLOCKED: "Blocked",
    State.TODO: "To do",
    State.OTHER: "Other",
    State.DONE: "Done",
    State.SKIPPED: "Skipped",
}
"""States of tasks in the order in which a person wants to see them."""

PROGRESS_SHOWN = 200
PATTERNS_SHOWN = 20


class TaskGroup(Struct, frozen=True, dict=True):
    """The tasks of one file in one state."""

    file: str
    state: State
    tasks: tuple[Task, ...]

    @cached_property
    def agents(self) -> AbstractSet[str | None]:
        """Whose tasks these are."""
        return frozenset(task.agent for task in self.tasks)

    def of(self, agent: str | None) -> Sequence[Task]:
        """Return the tasks of an agent, all of them without one."""
        if agent is None or self.agents == {agent}:
            return self.tasks
        return [task for task in self.tasks if task.agent == agent] if agent in self.agents else ()


class ProgressRow(Struct, frozen=True):
    """One entry of a progress log with the file that it is in."""

    file: str
    entry: ProgressEntry


class ArtifactRow(Struct, frozen=True):
    """An artifact and how it stands: `mark` is ok, problem, blocked or plain."""

    artifact: Artifact
    mark: str
    note: str = ""


class FilesView(Struct, frozen=True):
    """The files of a project, arranged for the panels."""

    tasks: tuple[Task, ...] = ()
    groups: tuple[TaskGroup, ...] = ()
    progress: tuple[ProgressRow, ...] = ()
    artifacts: tuple[ArtifactRow, ...] = ()
    claimed: Mapping[str, Task] = {}  # agent stem -> the task that its files say is in progress
    upcoming: Mapping[str, Task] = {}  # agent stem -> its first task to do
    problems: tuple[Problem, ...] = ()
    stale: tuple[str, ...] = ()  # files whose last good value is shown
    notes: tuple[Note, ...] = ()
    consultations: tuple[Consultation, ...] = ()  # questions that agents left for each other

    def counts(self) -> dict[State, int]:
        """Return how many tasks are in each state."""
        found: dict[State, int] = {}
        for group in self.groups:
            found[group.state] = found.get(group.state, 0) + len(group.tasks)
        return found


EMPTY_FILES = FilesView()


class Arranged(Struct, frozen=True):
    """The tasks of one file for the panels: as `read` there, those in `begun` in progress anyway."""

    read: tuple[Task, ...]
    begun: AbstractSet[str]
    tasks: tuple[Task, ...]
    groups: tuple[TaskGroup, ...]
    claimed: Mapping[str, Task]
    upcoming: Mapping[str, Task]


class Arranger:
    """Arranges one workspace after another; the tasks of a file that did not change stay the same values."""

    def __init__(self) -> None:
        self._known: dict[str, Arranged] = {}

    def view(self, workspace: Workspace, begun: AbstractSet[str] = frozenset()) -> FilesView:
        """Arrange a workspace for the panels; `begun` are the tasks that are in progress anyway."""
        files = [self._arranged(tasks, begun) for tasks in workspace.tasks_by_file if tasks]
        self._known = {file.read[0].source.file: file for file in files}
        return FilesView(
            tasks=tuple(chain.from_iterable(file.tasks for file in files)),
            groups=tuple(chain.from_iterable(file.groups for file in files)),
            progress=_progress(workspace),
            artifacts=_artifacts(workspace),
            claimed=_first_of_all([file.claimed for file in files]),
            upcoming=_first_of_all([file.upcoming for file in files]),
            problems=tuple(workspace.problems),
            stale=tuple(kept.file for kept in workspace.stale),
            notes=workspace.notes,
            consultations=workspace.consultations,
        )

    def _arranged(self, read: tuple[Task, ...], begun: AbstractSet[str]) -> Arranged:
        known = self._known.get(read[0].source.file)
        if known is not None and known.read is read and known.begun == begun:
            return known
        tasks = with_marks(read, begun)
        claimed, upcoming = (first_by_agent(tasks, state) for state in (State.IN_PROGRESS, State.TODO))
        return Arranged(read, begun, tasks, group_tasks(tasks), claimed, upcoming)


def _first_of_all(found: Sequence[Mapping[str, Task]]) -> dict[str, Task]:
    """Return for each agent the task of the first file that has one."""
    return {agent: task for tasks in reversed(found) for agent, task in tasks.items()}


def group_tasks(tasks: Iterable[Task]) -> tuple[TaskGroup, ...]:
    """Group tasks by file (in file order), then by state (in the order of `STATE_LABELS`)."""
    files: dict[str, dict[State, list[Task]]] = {}
    for task in tasks:
        files.setdefault(task.source.file, {}).setdefault(task.state, []).append(task)
    return tuple(
        TaskGroup(file, state, tuple(states[state]))
        for file, states in files.items()
        for state in STATE_LABELS
        if state in states
    )


def first_by_agent(tasks: Iterable[Task], state: State) -> dict[str, Task]:
    """Return for each agent its first task in `state`."""
    found: dict[str, Task] = {}
    for task in tasks:
        if task.state is state and task.agent is not None:
            found.setdefault(task.agent, task)
    return found


def _progress(workspace: Workspace) -> tuple[ProgressRow, ...]:
    rows = [
        ProgressRow(log.file, entry)
        for log in workspace.progress
        for entry in reversed(log.entries)
        if entry.kind != "patterns"
    ]
    rows.sort(key=lambda row: row.entry.time or "", reverse=True)
    patterns = [row for log in workspace.progress for row in _patterns(log)]
    return (*rows[:PROGRESS_SHOWN], *patterns[:PROGRESS_SHOWN])


def _patterns(log: ProgressLog) -> list[ProgressRow]:
    """Return the name of a log that begins with patterns, or has nothing else yet, and the patterns."""
    found = [line.strip() for line in log.patterns.splitlines() if line.strip(" -*#\t")]
    if not found and any(entry.kind != "patterns" for entry in log.entries):
        return []
    rows = [ProgressEntry(log.file, 1, kind="log")]
    rows += [ProgressEntry(line, 1, kind="pattern") for line in found[:PATTERNS_SHOWN]]
    return [ProgressRow(log.file, entry) for entry in rows]


def _artifacts(workspace: Workspace) -> tuple[ArtifactRow, ...]:
    summaries = {summary.file: summary for summary in workspace.summaries}
    newest = sorted(workspace.artifacts, key=lambda artifact: (-artifact.time, artifact.path))
    return tuple(_artifact(artifact, summaries.get(artifact.path)) for artifact in newest)


def _artifact(artifact: Artifact, summary: Summary | None) -> ArtifactRow:
    if artifact.problems:
        return ArtifactRow(artifact, "problem", artifact.problems[0].message)
    if summary is not None and summary.blockers:
        return ArtifactRow(artifact, "blocked", summary.blockers[0])
    if summary is not None or artifact.kind in {"schema", "openapi", "json"}:
        return ArtifactRow(artifact, "ok")
    return ArtifactRow(artifact, "plain")
