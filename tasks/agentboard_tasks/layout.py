"""Where things are in a project: which path is a task list, a PRD, a progress log, an artifact, a note.

Everything here is computed from paths alone. Well-known places always count; definitions and configuration
name further ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from agentboard_tasks.formats.keys import name_key
from agentboard_tasks.formats.lines import agent_of

__all__ = ["Coordination", "Kind", "Layout"]


class Kind(StrEnum):
    """What a file of the project is to the team."""

    TASKS = "tasks"
    MAYBE_TASKS = "maybe_tasks"  # markdown that is a task list if it has boxes
    PRD = "prd"
    PROGRESS = "progress"
    ARTIFACT = "artifact"
    NOTE = "note"
    PROTOCOL = "protocol"
    CONSULTATION = "consultation"  # a question that one agent left for another
    REQUIREMENTS = "requirements"
    OTHER_TOOL = "other_tool"  # tasks that another tool keeps, read only


RULES: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\.claude/tasks/(?:.+/)?[^/]+\.md", Kind.TASKS),
        (
            r"(?:tasks|todo|fix_plan)\.md|@fix_plan\.md|\.ralph/@?fix_plan\.md|specs/[^/]+/tasks\.md",
            Kind.TASKS,
        ),
        (r"(?:tasks/(?:[^/]*_)?prd|prd|scripts/ralph/prd|\.ralph/prd)\.json", Kind.PRD),
        (r"(?:tasks/(?:[^/]*_)?|scripts/ralph/|\.ralph/)?progress\.(?:txt|md)", Kind.PROGRESS),
        (r"\.claude/(?:agents-memory|agent-memory)/.+/[^/]+\.md", Kind.NOTE),
        (r"\.claude/agents-shared/deferred/[^/]+\.md", Kind.CONSULTATION),
        (r"\.claude/agents-shared/(?:.+/)?[^/]+", Kind.PROTOCOL),
        (r"(?:docs/)?requirements\.md", Kind.REQUIREMENTS),
        (r"tasks/[^/]+\.md", Kind.MAYBE_TASKS),
        (r"(?:\.taskmaster/)?tasks/tasks\.json|\.beads/(?:issues|beads)\.jsonl", Kind.OTHER_TOOL),
    )
)
"""The first pattern that a whole path matches says what it is."""

SINGLE_FILES = (
    "tasks.md", "TODO.md", "fix_plan.md", "prd.json", "progress.txt", "progress.md",
    "scripts/ralph/prd.json", "scripts/ralph/progress.txt", ".ralph/prd.json", ".ralph/progress.txt",
    ".ralph/progress.md", ".ralph/fix_plan.md",
)  # fmt: skip
SOURCE = re.compile(
    r".+\.(?:pyi?|[cm]?[jt]sx?|go|rs|java|kts?|scala|c|cc|cpp|h|hpp|cs|rb|php|swift|vue|svelte|ex|exs|sh)",
    re.IGNORECASE,
)
"""Names of source code; documents and data in an artifacts directory are artifacts, tracked or not."""
SHARED_DIRECTORIES = (
    ".claude/tasks",
    ".claude/agents-memory",
    ".claude/agent-memory",
    ".claude/agents-shared",
)
ARTIFACT_DIRECTORIES = (".claude/artifacts", ".agentboard/artifacts")
LISTED_DIRECTORIES = ("", "tasks", "docs", "scripts/ralph", ".ralph", ".taskmaster/tasks", ".beads")
"""Directories whose own entries may be of interest, but not what is beneath them."""
FEATURES = "specs"
SINGLE_KINDS = frozenset({Kind.TASKS, Kind.PRD, Kind.PROGRESS})


class Coordination(Struct, frozen=True):
    """What is one live copy for the whole team: directories with all they hold, and single files.

    It never enters an agent's commit, but for `branched`: source that git tracks in an artifacts directory.
    """

    directories: tuple[str, ...]
    files: tuple[str, ...]
    artifacts: tuple[str, ...] = ()
    branched: frozenset[str] = frozenset()

    @property
    def mounted(self) -> tuple[str, ...]:
        """The directories that hold nothing but what is shared, so that a command can be given them whole."""
        return tuple(
            directory
            for directory in self.directories
            if not any(beneath(path, directory) for path in self.branched)
        )

    def holds(self, path: str) -> bool:
        """Tell whether a path is shared; files that do not exist yet count by their place."""
        if path in self.branched:
            return False
        if path in self.files or any(beneath(path, directory) for directory in self.directories):
            return True
        return kind_by_rule(path) in SINGLE_KINDS


class Layout(Struct, frozen=True):
    """The well-known places, and those that definitions and configuration name.

    All paths are relative to the project root. `found` are existing task lists, PRDs and logs.
    """

    artifacts: tuple[str, ...] = ARTIFACT_DIRECTORIES
    task_lists: tuple[str, ...] = ()
    prds: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    owners: dict[str, str] = {}  # file -> stem of the agent whose definition names it
    stems: dict[str, str] = {}  # name or stem of an agent, as `name_key` spells it -> its stem
    found: tuple[str, ...] = ()

    def kind(self, path: str) -> Kind | None:
        """Return what a path is; `None` when the team has no use for it."""
        named = self.named_kind(path)
        if named is not None:
            return named
        by_rule = kind_by_rule(path)
        if by_rule is None and any(beneath(path, directory) for directory in self.artifacts):
            return None if hidden(path, self.artifacts) else Kind.ARTIFACT
        return by_rule

    def named_kind(self, path: str) -> Kind | None:
        """Return what a definition or the configuration says a path is."""
        tables = (
            (self.task_lists, Kind.TASKS),
            (self.prds, Kind.PRD),
            (self.progress, Kind.PROGRESS),
            (self.protocols, Kind.PROTOCOL),
        )
        for paths, kind in tables:
            if path in paths:
                return kind
        in_memory = path.endswith(".md") and any(beneath(path, directory) for directory in self.memory)
        return Kind.NOTE if in_memory else None

    def owner(self, path: str) -> str | None:
        """Return the stem of a file's agent: whom it is named after, if defined, else who names the file."""
        named_after = self.stems.get(name_key(agent_of(path) or "")) if path.endswith(".md") else None
        return named_after or self.owners.get(path)

    @property
    def trees(self) -> tuple[str, ...]:
        """Directories that are read with all their own directories."""
        every = tuple(dict.fromkeys((*SHARED_DIRECTORIES, *self.memory, *self.artifacts)))
        return tuple(path for path in every if not any(beneath(path, other) for other in every))

    @property
    def listed(self) -> tuple[str, ...]:
        """Directories of which only the entries themselves are read."""
        named = (*self.task_lists, *self.prds, *self.progress, *self.protocols)
        return tuple(
            dict.fromkeys((*LISTED_DIRECTORIES, FEATURES, *(path.rpartition("/")[0] for path in named)))
        )

    @property
    def watched(self) -> tuple[str, ...]:
        """What a `Watcher` is to watch: listed directories, those with features, and whole trees (`/**`)."""
        return (*self.listed, f"{FEATURES}/**", *(f"{directory}/**" for directory in self.trees))

    def coordination(self, found: Iterable[str] = (), tracked: Iterable[str] = ()) -> Coordination:
        """Return what is shared live.

        Args:
            found: further files, such as the task files of a workspace.
            tracked: what git tracks; source among it in an artifacts directory stays on the agents' branches.
        """
        named = (*self.task_lists, *self.prds, *self.progress, *self.protocols, *self.found, *found)
        directories = tuple(path for path in self.trees if path)
        single = dict.fromkeys((*SINGLE_FILES, *named))
        files = tuple(path for path in single if not any(beneath(path, place) for place in directories))
        artifacts = tuple(path for path in self.artifacts if path)
        branched = frozenset(
            path
            for path in tracked
            if SOURCE.fullmatch(path)
            and any(beneath(path, place) for place in artifacts)
            and path not in named
        )
        return Coordination(directories, files, artifacts, branched)


def kind_by_rule(path: str) -> Kind | None:
    """Return what a path is by the well-known places."""
    return next((kind for pattern, kind in RULES if pattern.fullmatch(path)), None)


def beneath(path: str, directory: str) -> bool:
    """Tell whether a path is inside a directory."""
    return bool(directory) and path.startswith(f"{directory}/")


def hidden(path: str, directories: Iterable[str]) -> bool:
    """Tell whether a file inside one of these directories has a hidden part below it, such as `.x.swp`."""
    below = (path[len(directory) + 1 :] for directory in directories if beneath(path, directory))
    return any(part.startswith(".") or part.endswith("~") for rest in below for part in rest.split("/"))
