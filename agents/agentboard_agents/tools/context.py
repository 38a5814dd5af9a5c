"""What the tools of one run work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from agentboard_agents.sandbox.box import Box, Sandbox
from agentboard_agents.tools.shells import Shells
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
from agentboard_tasks.layout import Coordination

__all__ = ["Ask", "Todo", "ToolContext"]

Ask = Callable[[str, str], Awaitable[bool]]
"""Asks a person: the tool's name and the exact text that would run; `True` is a yes."""

Hides = Callable[[], Callable[[str], bool]]
"""Returns what tells of a path whether searches leave it out."""


class Todo(Struct, frozen=True):
    """One line of an agent's own plan."""

    content: str
    status: str
    active_form: str = ""


def nothing_hidden(_path: str) -> bool:
    """Leave nothing out."""
    return False


class ToolContext(Struct, kw_only=True):
    """One run's roots, limits and permissions; tools change `todos` and `seen` (live files as last read).

    Paths are relative to the repository: `working_directory` ("" is its root), and `fence`, the directories
    outside which nothing is written (`None`: no fence); `kept_out` says whose code a path is that the agent
    has to leave alone. `allowed` is `None` when every tool may be used.
    `shells` are the run's background commands; `outputs` is where outputs go that are too long to show.
    """

    run: str
    agent: str
    worktree: Root
    project: Root
    coordination: Coordination
    editor: Editor
    box: Box
    sandbox: Sandbox
    working_directory: str = ""
    fence: tuple[str, ...] | None = None
    allowed: frozenset[str] | None = None
    todos: list[Todo] = []
    seen: dict[str, bytes] = {}
    ask: Ask | None = None
    kept_out: Callable[[str], str] = lambda _: ""
    hides: Hides = lambda: nothing_hidden
    shells: Shells | None = None
    outputs: Root | None = None
