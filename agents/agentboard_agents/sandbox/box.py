"""What a command may touch, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

__all__ = ["CAP", "TIMEOUT", "Box", "Finished", "Limit", "Sandbox", "SandboxRefused"]

CAP = 1_000_000
"""Bytes of output that are kept unless the caller says otherwise."""

TIMEOUT = 120.0
"""Seconds that a command may take unless the caller says otherwise."""


class SandboxRefused(Exception):
    """A command that was not started, because its box could not be built as described."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Box(Struct, frozen=True):
    """One worktree and what is visible around it; all paths are absolute host paths.

    `binds` are (host, inside) pairs mounted writable, `read_only` are (host, inside) pairs mounted read-only;
    `inside` may be absolute or relative to the worktree. `git_dir` is the repository's common git directory.
    `fence` are the only paths of the worktree, relative to it, that can be written (`None`: all of it).
    """

    worktree: str
    git_dir: str | None = None
    binds: tuple[tuple[str, str], ...] = ()
    read_only: tuple[tuple[str, str], ...] = ()
    network: bool = False
    environment: Mapping[str, str] = {}
    fence: tuple[str, ...] | None = None


class Finished(Struct, frozen=True):
    """How a command ended: stdout and stderr merged, `truncated` when its middle was left out.

    `exit_code` is 128 + signal for a command that a signal ended. `stopped` says why we ended it, if we did.
    """

    exit_code: int
    output: str
    truncated: bool = False
    timed_out: bool = False
    seconds: float = 0.0
    stopped: str = ""


class Limit(Struct, frozen=True):
    """One limit of a sandbox, whether it holds on this machine, and why."""

    name: str
    holds: bool
    detail: str


class Sandbox(Protocol):
    """Where agents' commands and quality gates run."""

    @property
    def name(self) -> str:
        """`bubblewrap`, `sandlock` or `none`."""
        ...

    @property
    def reason(self) -> str:
        """Why it is this one: what the stronger ones lack here."""
        ...

    @property
    def asks(self) -> bool:
        """Whether it is too weak for commands to run unasked."""
        ...

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = TIMEOUT,  # noqa: ASYNC109  it ends processes, not just the wait
        cap: int = CAP,
    ) -> Finished:
        """Run `argv` in `box` and return when it and all of its children are gone.

        Raises:
            SandboxRefused: when the box cannot be built; nothing was started.
        """
        ...

    def describe(self) -> tuple[Limit, ...]:
        """Return which limits hold on this machine."""
        ...
