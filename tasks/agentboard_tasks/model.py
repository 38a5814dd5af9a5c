"""The values that files on disk are read into.

Text in these values is raw: it goes back to files and to models as it came. What a person sees
passes through `agentboard_tasks.text.SafeText` first.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

__all__ = [
    "Artifact",
    "Claim",
    "Consultation",
    "Contradiction",
    "Note",
    "Prd",
    "Problem",
    "ProgressEntry",
    "ProgressLog",
    "Severity",
    "Source",
    "State",
    "Summary",
    "Task",
    "TaskList",
]


class State(StrEnum):
    """The state of a task, as every format is mapped onto it."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    SKIPPED = "skipped"
    OTHER = "other"


class Severity(StrEnum):
    """How much a problem matters: errors hide data, warnings surprise, infos explain."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Problem(Struct, frozen=True):
    """Something wrong in a file: where it is, what was expected, what to do."""

    severity: Severity
    file: str
    line: int
    message: str
    column: int = 1
    hint: str = ""


class Source(Struct, frozen=True, gc=False):
    """A place in a file: path relative to the project root, line counted from 1."""

    file: str
    line: int


class Contradiction(Struct, frozen=True, gc=False):
    """Two facts in one file about one task that cannot both be true."""

    section: State
    box: State


class Task(Struct, frozen=True, gc=False):
    """One piece of work, from any format.

    `id` is `<file stem>:<explicit id>` or `<file stem>:<hash of the text>[.<ordinal>]`; it survives moved
    lines and changes of state and section, and never starts with a dash. `key` is its part after the colon.
    Items with one text are told apart by their order in the file alone: when one moves past the other they
    swap ids, so `agentboard set` refuses if the item that is meant is not as it was (`workspace_edit`).
    `agent` is the file stem of the owning agent, where the file names one.
    """

    id: str
    key: str
    title: str
    state: State
    source: Source
    format: str  # checklist, prd, frontmatter, fix_plan, or the name of a foreign tool
    agent: str | None = None
    priority: int | None = None
    section: str | None = None
    marker: str = " "
    body: str = ""  # description and indented detail
    criteria: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parent: str | None = None
    completed: str | None = None  # as the file spells it
    reason: str | None = None  # why it is blocked
    checkpoint: bool = False  # stop for a human after it
    contradiction: Contradiction | None = None
    read_only: bool = False


class TaskList(Struct, frozen=True):
    """A markdown file of tasks."""

    file: str
    title: str
    agent: str | None
    tasks: tuple[Task, ...]
    sections: bool  # headings carry the state (the fifth way of working)
    problems: tuple[Problem, ...] = ()


class Prd(Struct, frozen=True):
    """A PRD in JSON: a feature and its user stories as tasks."""

    file: str
    feature: str
    branch: str | None
    overview: str
    agent: str | None
    needs: tuple[str, ...]  # agents whose PRDs come first
    stories: tuple[Task, ...]
    team: str  # "backend" of backend_prd.json, else ""
    problems: tuple[Problem, ...] = ()


class ProgressEntry(Struct, frozen=True):
    """One entry of a progress log."""

    title: str
    line: int
    task: str | None = None
    time: str | None = None
    kind: str = "entry"  # entry, blocker, patterns, session
    learnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    body: str = ""


class ProgressLog(Struct, frozen=True):
    """The tail of a progress log."""

    file: str
    entries: tuple[ProgressEntry, ...]
    size: int
    patterns: str = ""
    problems: tuple[Problem, ...] = ()


class Claim(Struct, frozen=True):
    """Something that an agent says about its work."""

    claim: str
    value: str


class Summary(Struct, frozen=True):
    """An agent's output summary with its JSON block, types smoothed out."""

    file: str
    agent: str | None
    completed: str
    done: bool | None
    blockers: tuple[str, ...]
    next_action: str
    files_modified: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    files_count: int | None = None  # where it says how many, and not which
    acts: dict[str, str] = {}  # a file as it is named -> created, modified or deleted, where that is said


class Artifact(Struct, frozen=True):
    """A file in the shared artifacts directory."""

    path: str
    kind: str  # summary, outcome, schema, openapi, json, markdown, image, text, binary
    agent: str | None
    time: float  # modification time, seconds since the epoch
    size: int
    problems: tuple[Problem, ...] = ()


class Note(Struct, frozen=True):
    """A memory note of an agent."""

    file: str
    agent: str
    date: str | None
    topic: str


class Consultation(Struct, frozen=True):
    """A question that one agent left for another; `lead` is whom the asker answers to, empty for none.

    `answer` is empty while it is open; `asked` is a date, `run` the run that left it.
    """

    file: str
    asker: str
    addressee: str
    lead: str
    question: str
    asked: str = ""
    run: str = ""
    answer: str = ""
