"""A run's tools over a small repository; commands run in a plain shell unless a test asks for the box."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from agentboard_agents.sandbox.box import CAP, Box, Finished, Limit
from agentboard_agents.tools import ToolContext, ToolResult, call
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
from agentboard_tasks.layout import Coordination

SHARED = Coordination(
    directories=(".claude/tasks", "artifacts"), files=("tasks.md", "tasks/api_prd.json", "progress.txt")
)


class PlainShell:
    """Runs commands without a box: for tests that are about the tool, not about the sandbox."""

    name = "bubblewrap"
    reason = "a test"
    asks = False

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = 9,  # noqa: ASYNC109
        cap: int = CAP,
    ) -> Finished:
        """Run it as a plain child process."""
        self.ran.append(argv[-1])
        done = await asyncio.to_thread(
            subprocess.run, argv, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Finished(done.returncode, done.stdout + done.stderr)

    def describe(self) -> tuple[Limit, ...]:
        """Nothing holds."""
        return ()


class Bench(Struct):
    """The context with its directories as paths."""

    context: ToolContext
    project: Path
    worktree: Path
    shell: PlainShell

    async def use(self, name: str, **arguments: Any) -> ToolResult:
        """Call a tool."""
        return await call(self.context, name, arguments)

    async def must(self, name: str, **arguments: Any) -> str:
        """Call a tool that has to succeed."""
        result = await self.use(name, **arguments)
        assert result.ok, result.content
        return result.content

    async def refused(self, name: str, **arguments: Any) -> str:
        """Call a tool that has to refuse."""
        result = await self.use(name, **arguments)
        assert not result.ok, result.content
        return result.content


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Build it: the worktree holds old copies of the live files, as a branch does."""
    project, worktree, state = tmp_path / "repo", tmp_path / "state" / "wt", tmp_path / "editor"
    for directory in (project, worktree):
        (directory / "src").mkdir(parents=True)
        (directory / "src/app.py").write_text("import os\n\n\ndef main():\n    return 1\n")
        (directory / ".claude/tasks").mkdir(parents=True)
        (directory / ".claude/tasks/a-tasks.md").write_text("old\n")
        (directory / "tasks.md").write_text("old\n")
    (project / ".claude/tasks/a-tasks.md").write_text("# Tasks\n- [ ] live\n")
    (project / "tasks.md").write_text("live\n")
    (project / "artifacts").mkdir()
    state.mkdir()
    root, shell = Root(str(project)), PlainShell()
    context = ToolContext(
        run="r1",
        agent="backend",
        worktree=Root(str(worktree)),
        project=root,
        coordination=SHARED,
        editor=Editor(root, Root(str(state))),
        box=Box(str(worktree)),
        sandbox=shell,
    )
    os.utime(worktree / "src/app.py", (1, 1))
    return Bench(context, project, worktree, shell)
