"""One file of the project read into its value; after a failure the last good value stays, marked stale."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct, structs

from agentboard_tasks.files import FileFault, Root, Stamp
from agentboard_tasks.formats import prd, progress, taskfile
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.summary import Outcome
from agentboard_tasks.layout import Kind, Layout
from agentboard_tasks.model import Artifact, Note, Prd, Problem, ProgressLog, Summary, Task, TaskList
from agentboard_tasks.workspace_artifacts import read_artifact
from agentboard_tasks.workspace_survey import Seen, fault_problem

__all__ = ["Loaded", "Stale", "Value", "read_file"]

TEXT_CAP = 256 * 1024
TASKS_CAP = 4 * 1024 * 1024
TAIL = 128 * 1024
NOTE_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_ ]?(.*)")

Value = TaskList | Prd | ProgressLog | Summary | Note | Artifact | str | None


class Stale(Struct, frozen=True):
    """A file whose last good value is shown: why, and since when (its modification time, seconds)."""

    file: str
    since: float
    reason: str


class Loaded(Struct, frozen=True):
    """What was read from a file with this stamp."""

    kind: Kind
    stamp: Stamp
    owner: str | None = None
    value: Value = None
    summary: Summary | Outcome | None = None
    problems: tuple[Problem, ...] = ()
    stale: Stale | None = None


def read_file(root: Root, layout: Layout, path: str, seen: Seen, before: Loaded | None) -> Loaded:
    """Read a file, unless `before` is of the same stamp."""
    owner = layout.owners.get(path)
    known = before is not None and (before.kind, before.stamp, before.owner) == (seen.kind, seen.stamp, owner)
    if before is not None and known:
        return before
    try:
        return READERS[seen.kind](root, path, seen, owner)
    except FileFault as fault:
        return failed(path, seen, before, fault_problem(fault, path))
    except FormatError as error:
        return failed(path, seen, before, error.problem)


def failed(path: str, seen: Seen, before: Loaded | None, problem: Problem) -> Loaded:
    """Keep the last good value; stale since the first version that could not be read."""
    if before is None or before.kind != seen.kind:
        return Loaded(seen.kind, seen.stamp, problems=(problem,))
    since = before.stale.since if before.stale else seen.stamp.mtime_ns / 1e9
    stale = Stale(path, since, problem.message) if before.value is not None else None
    return structs.replace(before, stamp=seen.stamp, problems=(problem,), stale=stale)


def read_tasks(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:
    """Read a task list; markdown without a single task is none."""
    image = root.read(path, cap=TASKS_CAP)
    value = taskfile.parse(image.data, path)
    if value is None or (isinstance(value, TaskList) and not value.tasks and seen.kind is Kind.MAYBE_TASKS):
        return Loaded(seen.kind, image.stamp, owner)
    value = owned(value, owner)
    return Loaded(seen.kind, image.stamp, owner, value, problems=value.problems)


def read_prd(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:
    """Read a PRD."""
    image = root.read(path, cap=TASKS_CAP)
    value = owned(prd.parse(image.data, path), owner)
    return Loaded(seen.kind, image.stamp, owner, value, problems=value.problems)


def read_progress(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:
    """Read the end of a progress log."""
    size = seen.stamp.size
    offset = 0 if size <= TEXT_CAP else size - TAIL
    data = root.read_from(path, offset, TEXT_CAP)
    value = progress.parse(data, path, offset=offset, size=max(size, offset + len(data)))
    return Loaded(seen.kind, seen.stamp, owner, value, problems=value.problems)


def read_shared(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:
    """Read an artifact as far as its kind asks for it."""
    artifact, summary = read_artifact(root, path, seen.stamp, owner)
    return Loaded(seen.kind, seen.stamp, owner, artifact, summary, artifact.problems)


def read_note(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:  # noqa: ARG001 (one signature for all)
    """Take a memory note from its name: `<agent>/<date>-<topic>.md`."""
    *above, name = path.removesuffix(".md").split("/")
    found = NOTE_NAME.fullmatch(name)
    date, topic = (found.group(1), found.group(2)) if found else (None, name)
    agent = above[2] if len(above) > 2 else above[-1]
    return Loaded(
        seen.kind, seen.stamp, owner, Note(path, agent, date, topic.replace("-", " ").strip() or name)
    )


def read_text(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:
    """Read a text as it is."""
    image = root.read(path, cap=TEXT_CAP)
    return Loaded(seen.kind, image.stamp, owner, image.data.decode("utf-8", "surrogateescape"))


def read_name(root: Root, path: str, seen: Seen, owner: str | None) -> Loaded:  # noqa: ARG001 (one signature for all)
    """Take note of a file whose content is nobody's business here."""
    return Loaded(seen.kind, seen.stamp, owner, path)


READERS: dict[Kind, Callable[[Root, str, Seen, str | None], Loaded]] = {
    Kind.TASKS: read_tasks,
    Kind.MAYBE_TASKS: read_tasks,
    Kind.PRD: read_prd,
    Kind.PROGRESS: read_progress,
    Kind.ARTIFACT: read_shared,
    Kind.NOTE: read_note,
    Kind.PROTOCOL: read_name,
    Kind.REQUIREMENTS: read_text,
}


def owned(value: TaskList | Prd, owner: str | None) -> TaskList | Prd:
    """Give a file's tasks to the agent whose definition names the file; a list's own word on a task stays."""
    if owner is None:
        return value
    if isinstance(value, Prd):
        return structs.replace(value, agent=owner, stories=owned_tasks(value.stories, owner, always=True))
    return structs.replace(value, agent=value.agent or owner, tasks=owned_tasks(value.tasks, owner))


def owned_tasks(tasks: tuple[Task, ...], owner: str, *, always: bool = False) -> tuple[Task, ...]:
    """Give each task without an agent to `owner`, or every one."""
    return tuple(task if task.agent and not always else structs.replace(task, agent=owner) for task in tasks)
