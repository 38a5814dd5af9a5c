"""What tests of the screens act on: a project, its store, and an app over both."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from agentboard_agents.commands import Command
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.store import Store
from agentboard_tui.app import AgentBoard
from agentboard_tui.bridge import Bridge
from agentboard_tui.files_watch import first_team

__all__ = ["AGENTS", "LIST", "Stage", "screen_text", "until"]

AGENTS = {
    f".claude/agents/{stem}.md": f"---\nname: {stem}\ndescription: builds\n---\n\nBuild well.\n"
    for stem in ("ada", "bob")
}
LIST = {
    ".claude/tasks/ada-tasks.md": (
        "# Ada\n\n## To Do\n- [ ] T1 Build the door\n- [ ] T2 Paint the wall\n\n## Completed\n"
    ),
}
DEADLINE = 10.0


class Stage:
    """A project and its store."""

    def __init__(self, project: Project, store: Store) -> None:
        self.project = project
        self.store = store

    @property
    def root(self) -> Path:
        """The repository."""
        return Path(self.project.root)

    def happen(self, kind: str, run: str = "r1", **data: Any) -> None:
        """Record an event of a run, as the worker would."""
        self.store.append([NewEvent(run, "ada", kind, data)])

    def commands(self, kind: str) -> list[Command]:
        """The commands of one kind that were written for the worker."""
        return [command for command in self.store.pending() if command.kind == kind]

    @asynccontextmanager
    async def board(
        self, width: int = 120, height: int = 40
    ) -> AsyncGenerator[tuple[AgentBoard, Pilot[int]]]:
        """Run the app without a terminal until its files are read."""
        bridge = Bridge(self.project)
        bridge.team = first_team(self.project)
        app = AgentBoard(bridge)
        async with app.run_test(size=(width, height), notifications=True) as pilot:
            await until(pilot, lambda: not app.board.loading)
            yield app, pilot


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Let the app work until something holds; fails when it does not in time."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await pilot.pause(0.01)


def screen_text(app: AgentBoard) -> str:
    """Return what the terminal would show, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    return "\n".join(strip.text[:width].rstrip() for strip in lines[:height])
