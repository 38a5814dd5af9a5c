"""The project's files for the screens: loads them in a thread, and again when the watcher saw a change."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentboard_agents.project import Project
from agentboard_agents.team import Team, load_team
from agentboard_tasks.files import FileFault, Root
from agentboard_tui.files_keeper import Keeper, RememberingRoot

if TYPE_CHECKING:
    from agentboard_agents.survey import Survey
    from agentboard_tasks.watch import Watcher

__all__ = ["FilesWatch", "first_team"]

log = logging.getLogger(__name__)

DEFINITIONS = (
    ".claude/agents/**",
    ".opencode/agent/**",
    ".opencode/agents/**",
    "agents",
    ".agentboard.yaml",
    ".git/HEAD",
)
"""What is watched besides the coordination files: who the agents are, and the branch."""
PICTURE_FIRST = 0.05
"""Seconds from the first reading until the watch begins, and reads what changed meanwhile."""
OUTSIDE = (".claude/agents/**", ".claude/tasks/**", ".claude/teams/**")
"""What is watched in the user's home: their own agents, and the teams of Claude Code."""
OUTSIDE_SCAN = 10.0
"""Seconds between scans of that, where the system says of itself what changes."""


def first_team(project: Project) -> Team:
    """Read the agents alone: what the first picture shows.

    Raises:
        FileFault: when the repository cannot be read.
    """
    return load_team(Root(project.root), os.path.expanduser("~"), working_directory=project.within)


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
        self._outside: Watcher | None = None
        self._starting = threading.Lock()
        self._ended = threading.Event()
        self._keeper = Keeper(project)

    @property
    def mode(self) -> str:
        """How the watcher learns of changes."""
        return self._watcher.mode if self._watcher else "not watching"

    def start(self) -> None:
        """Watch; the first report of the watcher loads everything. Call in a thread: it reads files."""
        from agentboard_tasks.watch import Watcher

        self.load(frozenset({""}))
        self._ended.wait(PICTURE_FIRST)
        with self._starting:
            if not self._ended.is_set():
                self._watcher = Watcher(self._project.root, self._paths, self.load)
                self._watcher.start()
                self._outside = self._watch_home()

    def stop(self) -> None:
        """Stop watching, also when that has not begun yet."""
        with self._starting:
            self._ended.set()
            for watcher in (self._watcher, self._outside):
                if watcher is not None:
                    watcher.stop()
            self._watcher = self._outside = None
        self._keeper.stop()

    def _watch_home(self) -> Watcher | None:
        """Watch what is the user's own, where there is any of it beside the project."""
        from agentboard_tasks.watch import Watcher

        home = os.path.realpath(os.path.expanduser("~"))
        if home == self._project.root or not os.path.isdir(os.path.join(home, ".claude")):
            return None
        watcher = Watcher(home, lambda: OUTSIDE, self._load_outside, reconcile=OUTSIDE_SCAN)
        watcher.start()
        return watcher

    def _load_outside(self, _paths: frozenset[str]) -> None:
        """Read everything again: something outside changed, or may have before it was watched."""
        self.load(frozenset({""}))

    def load(self, paths: frozenset[str]) -> None:
        """Read what changed; whatever fails is told, and the last good reading stays."""
        from agentboard_tasks.workspace import Workspace

        root = RememberingRoot(self._project.root)
        with self._loading:
            try:
                with root.held():
                    read = self._read(paths, root)
            except (FileFault, OSError) as fault:
                self._failed(f"files cannot be read: {fault}")
                return
            except Exception as fault:  # in our reader, for some file: the last good reading stays
                log.exception("files cannot be read")
                self._failed(f"files cannot be read: {type(fault).__name__} in agentboard itself")
                return
            if read is not self._survey:
                before, self._survey = self._survey, read
                self._loaded(read)
                self._keeper.keep(before.workspace if before else Workspace(), read.workspace, root.images)

    def _read(self, paths: frozenset[str], root: Root) -> Survey:
        from msgspec.structs import replace

        from agentboard_agents.survey import survey
        from agentboard_tasks.workspace import reload

        before = self._survey
        if before is None or any(_defines(path, self._named(before)) for path in paths):
            return survey(self._project, before, root)
        workspace = reload(before.workspace, root, before.layout, paths)
        return before if workspace is before.workspace else replace(before, workspace=workspace)

    def _named(self, found: Survey | None) -> tuple[str, ...]:
        """The directories of definitions besides the usual: on the way to where we stand, and configured."""
        directories = found.config.agent_directories if found else ()
        within = [part for part in self._project.within.split("/") if part]
        nested = ["/".join([*within[:count], ".claude/agents"]) for count in range(1, len(within) + 1)]
        return (*nested, *(path.strip("/") for path in directories if not path.startswith(("/", "~"))))

    def _paths(self) -> Sequence[str]:
        found = self._survey
        named = [f"{directory}/**" for directory in self._named(found)]
        if found is None:
            return (*DEFINITIONS, *named)
        coordination = found.layout.coordination(found.workspace.coordinated)
        return tuple(dict.fromkeys((*DEFINITIONS, *named, *found.layout.watched, *coordination.files)))


def _defines(path: str, named: Sequence[str] = ()) -> bool:
    """Say whether a change there may change who the agents are, or where things are."""
    if any(path == directory or path.startswith(f"{directory}/") for directory in named):
        return True
    return path in {"", ".agentboard.yaml", ".git/HEAD", "tasks.md"} or path.startswith(
        (".claude/agents", ".opencode", "agents", ".claude")
        if path.count("/") < 2
        else (".claude/agents/", ".opencode/", "agents/")
    )
