"""One project's files as values: task lists, PRDs, progress logs, artifacts, notes, and their problems."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import chain

from msgspec import Struct

from agentboard_tasks.files import FileFault, Root, Stamp
from agentboard_tasks.formats.summary import Outcome
from agentboard_tasks.layout import Coordination, Kind, Layout
from agentboard_tasks.model import (
    Artifact,
    Consultation,
    Note,
    Prd,
    Problem,
    ProgressLog,
    Summary,
    Task,
    TaskList,
)
from agentboard_tasks.workspace_claude import Team, read_teams
from agentboard_tasks.workspace_edit import set_task
from agentboard_tasks.workspace_read import Loaded, Stale, read_file
from agentboard_tasks.workspace_survey import Seen, survey
from agentboard_tasks.workspace_tasks import find_task, in_order, tasks_of_each

__all__ = [
    "Coordination",
    "Kind",
    "Layout",
    "Stale",
    "Workspace",
    "changed_files",
    "load",
    "reload",
    "set_task",
]


COORDINATED = frozenset({Kind.TASKS, Kind.MAYBE_TASKS, Kind.PRD, Kind.PROGRESS})


class Workspace(Struct, frozen=True, dict=True):
    """What the files of a project say; `files` is what each file was read into."""

    lists: tuple[TaskList, ...] = ()
    prds: tuple[Prd, ...] = ()
    progress: tuple[ProgressLog, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    summaries: tuple[Summary, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[Note, ...] = ()
    protocols: tuple[str, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    requirements: str | None = None
    problems: tuple[Problem, ...] = ()
    teams: tuple[Team, ...] = ()  # of Claude Code
    stale: tuple[Stale, ...] = ()
    files: Mapping[str, Loaded] = {}
    surveyed: tuple[Problem, ...] = ()

    @cached_property
    def tasks_by_file(self) -> tuple[tuple[Task, ...], ...]:
        """The tasks of each file, in file order; what an unchanged file has is the same value as before."""
        return tasks_of_each(in_order((*self.lists, *self.prds)))

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """Every task, in file order."""
        return tuple(chain.from_iterable(self.tasks_by_file))

    @cached_property
    def by_id(self) -> Mapping[str, Task]:
        """Every task by its id."""
        return {task.id: task for task in self.tasks}

    def find(self, name: str) -> Task | None:
        """Return the task with this id, else the only one with this key, else with this title."""
        return self.by_id.get(name) or find_task(self.tasks, name)

    def keeps(self, path: str) -> bool:
        """Tell whether versions of a file are kept: one that the team shares, with text in it."""
        loaded = self.files.get(path)
        value = loaded.value if loaded is not None else None
        if isinstance(value, Artifact):
            return value.kind not in {"image", "binary"}
        return value is not None and not path.startswith("/")

    @property
    def unread(self) -> tuple[str, ...]:
        """The task lists and PRDs that are there and cannot be read."""
        kinds = COORDINATED - {Kind.PROGRESS}
        unread = (path for path, one in self.files.items() if one.problems and one.value is None)
        return tuple(path for path in unread if self.files[path].kind in kinds)

    @property
    def coordinated(self) -> tuple[str, ...]:
        """The task lists, PRDs and logs that exist, for `Layout.coordination`."""
        return tuple(
            path for path, loaded in self.files.items() if loaded.kind in COORDINATED and loaded.value
        )


def load(root: Root, layout: Layout, before: Workspace | None = None, home: str | None = None) -> Workspace:
    """Read a project; files that are as they were in `before` are not parsed again.

    Args:
        root: the project.
        layout: what is where in it.
        before: an earlier reading.
        home: the user's home directory, where Claude Code keeps teams; by default they stay as in `before`.
    """
    found = survey(root, layout)
    known: Mapping[str, Loaded] = before.files if before else {}
    files = {path: read_file(root, layout, path, seen, known.get(path)) for path, seen in found.files.items()}
    files |= elsewhere(known) if home is None else teams(home, root.path, known)
    return build(files, tuple(found.problems))


def elsewhere(known: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Return what was read from outside the project: it has absolute paths."""
    return {path: loaded for path, loaded in known.items() if path.startswith("/")}


def teams(home: str, project: str, known: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Read the teams of Claude Code; one that is as it was stays the same value."""
    read = {team.tasks.file: team for team in read_teams(home, project).values()}
    return {
        path: known[path]
        if path in known and known[path].value == team
        else Loaded(Kind.OTHER_TOOL, team.stamp, value=team, problems=team.problems)
        for path, team in read.items()
    }


def reload(before: Workspace, root: Root, layout: Layout, paths: Iterable[str]) -> Workspace:
    """Read again what changed among `paths`: files or directories, relative to the root.

    Returns `before` itself when nothing changed.
    """
    wanted = {path.strip("/") for path in paths}
    files = dict(before.files)
    if any(reaches_further(before, root, layout, path) for path in wanted):
        after = load(root, layout, before)
    else:
        for path in wanted:
            refresh(files, root, layout, path)
        after = build(files, before.surveyed) if files != before.files else before
    return after if changed_files(before, after) or after.surveyed != before.surveyed else before


def reaches_further(before: Workspace, root: Root, layout: Layout, path: str) -> bool:
    """Tell whether a path stands for more than one file: a directory, or one that is gone with its files."""
    if path in before.files or layout.kind(path) is not None:
        stamp = root_stamp(root, path)
        return stamp is not None and not stat.S_ISREG(stamp.mode)
    stamp = root_stamp(root, path)
    is_directory = stamp is not None and stat.S_ISDIR(stamp.mode)
    return is_directory or any(file.startswith(f"{path}/") for file in before.files)


def refresh(files: dict[str, Loaded], root: Root, layout: Layout, path: str) -> None:
    """Read one file again, or forget it when it is gone."""
    kind = layout.kind(path)
    stamp = root_stamp(root, path)
    if kind is None or stamp is None:
        files.pop(path, None)
    else:
        files[path] = read_file(root, layout, path, Seen(kind, stamp), files.get(path))


def root_stamp(root: Root, path: str) -> Stamp | None:
    """Return the stamp of a path; `None` when there is nothing that could be read."""
    try:
        return root.stamp(path)
    except FileFault:
        return None


def build(files: Mapping[str, Loaded], surveyed: tuple[Problem, ...]) -> Workspace:
    """Put the values of all files together, in order of their paths."""
    ordered = {path: files[path] for path in sorted(files)}
    values = [loaded.value for loaded in ordered.values()]
    found = ordered.items()
    verdicts = [loaded.summary for loaded in ordered.values()]
    texts = [loaded.value for _, loaded in found if loaded.kind is Kind.REQUIREMENTS]
    return Workspace(
        lists=(
            *(value for value in values if isinstance(value, TaskList)),
            *(value.tasks for value in values if isinstance(value, Team)),
        ),
        teams=tuple(value for value in values if isinstance(value, Team)),
        prds=tuple(value for value in values if isinstance(value, Prd)),
        progress=tuple(value for value in values if isinstance(value, ProgressLog)),
        artifacts=tuple(value for value in values if isinstance(value, Artifact)),
        summaries=tuple(verdict for verdict in verdicts if isinstance(verdict, Summary)),
        outcomes=tuple(verdict for verdict in verdicts if isinstance(verdict, Outcome)),
        notes=tuple(value for value in values if isinstance(value, Note)),
        consultations=tuple(value for value in values if isinstance(value, Consultation)),
        protocols=tuple(path for path, loaded in found if loaded.kind is Kind.PROTOCOL),
        requirements=next((text for text in reversed(texts) if isinstance(text, str)), None),
        problems=(*surveyed, *(problem for loaded in ordered.values() for problem in loaded.problems)),
        stale=tuple(loaded.stale for loaded in ordered.values() if loaded.stale is not None),
        files=ordered,
        surveyed=surveyed,
    )


def changed_files(before: Workspace, after: Workspace) -> frozenset[str]:
    """Return the files that appeared, went, or were read into something else."""
    paths = before.files.keys() | after.files.keys()
    return frozenset(path for path in paths if before.files.get(path) is not after.files.get(path))
