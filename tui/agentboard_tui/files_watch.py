"""The project's files for the screens: loads them in a thread, and again when the watcher saw a change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentboard_agents.project import Project
from agentboard_agents.team import Team, load_team
from agentboard_tasks.files import FileFault, Root

if TYPE_CHECKING:
    from agentboard_agents.survey import Survey
    from agentboard_tasks.watch import Watcher

__all__ = ["FilesWatch", "first_team"]

DEFINITIONS = (
    ".claude/agents/**",
    ".opencode/agent/**",
    ".opencode/agents/**",
    "agents",
    ".agentboard.yaml",
    ".git/HEAD",
)
"""What is watched besides the coordination files: who the agents are, and the branch."""


def first_team(project: Project) -> Team:
    """Read the agents alone: what the first picture shows.

    Raises:
        FileFault: when the repository cannot be read.
    """
    return load_team(Root(project.root), os.path.expanduser("~"))


class FilesWatch:
    """Keeps a survey of the project up to date. `loaded` and `failed` are called in its threads."""

    def __init__(
        self,
        project: Project,
        loaded: Callable[[Survey], None],
        failed: Callable[[str], None],
    ) -> None:
        self._project = project
        self._loaded = loaded
        self._failed = failed
        self._survey: Survey | None = None
        self._loading = threading.Lock()
        self._watcher: Watcher | None = None
        self._starting = threading.Lock()
        self._stopped = False

    @property
    def mode(self) -> str:
        """How the watcher learns of changes."""
        return self._watcher.mode if self._watcher else "not watching"

    def start(self) -> None:
        """Watch; the first report of the watcher loads everything. Call in a thread: it reads files."""
        from agentboard_tasks.watch import Watcher

        self.load(frozenset({""}))
        with self._starting:
            if not self._stopped:
                self._watcher = Watcher(self._project.root, self._paths, self.load)
                self._watcher.start()

    def stop(self) -> None:
        """Stop watching, also when that has not begun yet."""
        with self._starting:
            self._stopped = True
            if self._watcher is not None:
                self._watcher.stop()
                self._watcher = None

    def load(self, paths: frozenset[str]) -> None:
        """Read what changed; whatever fails is told, and the last good reading stays."""
        with self._loading:
            try:
                read = self._read(paths)
            except (FileFault, OSError) as fault:
                self._failed(f"files cannot be read: {fault}")
                return
            if read is not self._survey:
                self._survey = read
                self._loaded(read)

    def _read(self, paths: frozenset[str]) -> Survey:
        from msgspec.structs import replace

        from agentboard_agents.survey import survey
        from agentboard_tasks.workspace import reload

        before = self._survey
        if before is None or any(_defines(path, _named(before)) for path in paths):
            return survey(self._project, before)
        workspace = reload(before.workspace, Root(self._project.root), before.layout, paths)
        return before if workspace is before.workspace else replace(before, workspace=workspace)

    def _paths(self) -> Sequence[str]:
        found = self._survey
        if found is None:
            return DEFINITIONS
        coordination = found.layout.coordination(found.workspace.coordinated)
        named = [f"{directory}/**" for directory in _named(found)]
        return tuple(dict.fromkeys((*DEFINITIONS, *named, *found.layout.watched, *coordination.files)))


def _named(found: Survey | None) -> tuple[str, ...]:
    """The directories of definitions beneath the project that the configuration names."""
    directories = found.config.agent_directories if found else ()
    return tuple(path.strip("/") for path in directories if not path.startswith(("/", "~")))


def _defines(path: str, named: Sequence[str] = ()) -> bool:
    """Say whether a change there may change who the agents are, or where things are."""
    if any(path == directory or path.startswith(f"{directory}/") for directory in named):
        return True
    return path in {"", ".agentboard.yaml", ".git/HEAD"} or path.startswith(
        (".claude/agents", ".opencode", "agents", ".claude")
        if path.count("/") < 2
        else (".claude/agents/", ".opencode/", "agents/")
    )
