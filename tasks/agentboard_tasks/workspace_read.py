"""One file of the project read into its value; after a failure the last good value stays, marked stale."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct, structs

from agentboard_tasks.files import FileFault, Image, Root, Stamp
from agentboard_tasks.formats import beads, consultations, prd, progress, taskfile, taskmaster
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.lines import agent_of
from agentboard_tasks.formats.reparse import Reading
from agentboard_tasks.formats.summary import Outcome
from agentboard_tasks.layout import Kind, Layout
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
from agentboard_tasks.workspace_artifacts import read_artifact
from agentboard_tasks.workspace_claude import Team
from agentboard_tasks.workspace_survey import Seen, fault_problem

__all__ = ["Loaded", "Stale", "Value", "read_file"]

TEXT_CAP = 256 * 1024
TASKS_CAP = 4 * 1024 * 1024
TAIL = 128 * 1024
LONG = 4 * 1024
"""Bytes from which on a task list is kept beside its tasks, which weigh more than it does."""
FORMER_STORES = frozenset({"tasks/tasks.json"})
NOTE_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_ ]?(.*)")

Value = TaskList | Prd | ProgressLog | Summary | Note | Artifact | Consultation | Team | str | None


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
    reading: Reading | None = None  # of a long task list: what makes reading it again quick


class Asked(Struct, frozen=True):
    """One file that is to be read: what is known of it, whose it is, and what it was before."""

    root: Root
    path: str
    seen: Seen
    owner: str | None
    before: Loaded | None = None

    def loaded(self, value: Value = None, stamp: Stamp | None = None) -> Loaded:
        """Return what was read; `stamp` is that of the bytes themselves."""
        problems = value.problems if isinstance(value, (TaskList, Prd, ProgressLog, Artifact)) else ()
        return Loaded(self.seen.kind, stamp or self.seen.stamp, self.owner, value, problems=problems)


def read_file(root: Root, layout: Layout, path: str, seen: Seen, before: Loaded | None) -> Loaded:
    """Read a file, unless `before` is of the same stamp."""
    owner = layout.owner(path)
    known = before is not None and (before.kind, before.stamp, before.owner) == (seen.kind, seen.stamp, owner)
    if before is not None and known:
        return before
    try:
        return READERS[seen.kind](Asked(root, path, seen, owner, before))
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


def read_tasks(asked: Asked) -> Loaded:
    """Read a task list; markdown without a single task is none."""
    image = asked.root.read(asked.path, cap=TASKS_CAP)
    reading = read_long(asked, image) if len(image.data) >= LONG else None
    value = reading.value if reading is not None else taskfile.parse(image.data, asked.path)
    if value is None or (
        isinstance(value, TaskList) and not value.tasks and asked.seen.kind is Kind.MAYBE_TASKS
    ):
        return asked.loaded(stamp=image.stamp)
    if reading is not None:
        return structs.replace(asked.loaded(value, image.stamp), reading=reading)
    return asked.loaded(owned(value, asked.owner), image.stamp)


def read_long(asked: Asked, image: Image) -> Reading | None:
    """Read a long list, quickly where little of it changed; `None` if it is no plain list."""
    known = asked.before is not None and asked.before.owner == asked.owner
    before = asked.before.reading if asked.before is not None and known else None
    return taskfile.read_again(image.data, asked.path, before, asked.owner)


def read_prd(asked: Asked) -> Loaded:
    """Read a PRD."""
    image = asked.root.read(asked.path, cap=TASKS_CAP)
    return asked.loaded(owned(prd.parse(image.data, asked.path), asked.owner), image.stamp)


def read_other_tool(asked: Asked) -> Loaded:
    """Read the tasks of task-master or beads; agentboard never writes them.

    Task-master's former place is an ordinary one: JSON there counts if it is like its store.
    """
    image = asked.root.read(asked.path, cap=TASKS_CAP)
    known = asked.before is not None and asked.before.value is not None
    if asked.path in FORMER_STORES and not known and not taskmaster.is_store(image.data, asked.path):
        return asked.loaded(stamp=image.stamp)
    parse = beads.parse if asked.path.endswith(".jsonl") else taskmaster.parse
    return asked.loaded(parse(image.data, asked.path), image.stamp)


def read_progress(asked: Asked) -> Loaded:
    """Read the end of a progress log."""
    size = asked.seen.stamp.size
    offset = 0 if size <= TEXT_CAP else size - TAIL
    data = asked.root.read_from(asked.path, offset, TEXT_CAP)
    return asked.loaded(progress.parse(data, asked.path, offset=offset, size=max(size, offset + len(data))))


def read_shared(asked: Asked) -> Loaded:
    """Read an artifact as far as its kind asks for it."""
    artifact, summary = read_artifact(asked.root, asked.path, asked.seen.stamp, asked.owner)
    return structs.replace(asked.loaded(artifact), summary=summary)


def read_note(asked: Asked) -> Loaded:
    """Take a memory note from its name: `<agent>/<date>-<topic>.md`."""
    *above, name = asked.path.removesuffix(".md").split("/")
    found = NOTE_NAME.fullmatch(name)
    date, topic = (found.group(1), found.group(2)) if found else (None, name)
    agent = above[2] if len(above) > 2 else above[-1]
    return asked.loaded(Note(asked.path, agent, date, topic.replace("-", " ").strip() or name))


def read_consultation(asked: Asked) -> Loaded:
    """Read a question that was left for an agent."""
    image = asked.root.read(asked.path, cap=TEXT_CAP)
    return asked.loaded(consultations.parse(image.data, asked.path), image.stamp)


def read_text(asked: Asked) -> Loaded:
    """Read a text as it is."""
    image = asked.root.read(asked.path, cap=TEXT_CAP)
    return asked.loaded(image.data.decode("utf-8", "surrogateescape"), image.stamp)


def read_name(asked: Asked) -> Loaded:
    """Take note of a file whose content is nobody's business here."""
    return asked.loaded(asked.path)


READERS: dict[Kind, Callable[[Asked], Loaded]] = {
    Kind.TASKS: read_tasks,
    Kind.MAYBE_TASKS: read_tasks,
    Kind.PRD: read_prd,
    Kind.PROGRESS: read_progress,
    Kind.ARTIFACT: read_shared,
    Kind.NOTE: read_note,
    Kind.PROTOCOL: read_name,
    Kind.CONSULTATION: read_consultation,
    Kind.REQUIREMENTS: read_text,
    Kind.OTHER_TOOL: read_other_tool,
}


def owned(value: TaskList | Prd, owner: str | None) -> TaskList | Prd:
    """Give a file's tasks to its agent; what a task says of it stays, what a list's name says does not."""
    if owner is None:
        return value
    if isinstance(value, Prd):
        return structs.replace(value, agent=owner, stories=owned_tasks(value.stories, owner, always=True))
    by_name = value.agent is None or value.agent == agent_of(value.file)
    tasks = owned_tasks(value.tasks, owner, always=by_name and value.agent is not None)
    return structs.replace(value, agent=owner if by_name else value.agent, tasks=tasks)


def owned_tasks(tasks: tuple[Task, ...], owner: str, *, always: bool = False) -> tuple[Task, ...]:
    """Give each task without an agent to `owner`, or every one."""
    return tuple(task if task.agent and not always else structs.replace(task, agent=owner) for task in tasks)
