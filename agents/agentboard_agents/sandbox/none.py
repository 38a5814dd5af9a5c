"""No sandbox: nothing runs by itself, and nothing pretends."""

from __future__ import annotations

from collections.abc import Sequence

from agentboard_agents.sandbox.box import CAP, TIMEOUT, Box, Finished, Limit, SandboxRefused

__all__ = ["NoSandbox"]


class NoSandbox:
    """Refuses every command, with the reason."""

    name = "none"
    asks = True

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def run(
        self,
        box: Box,  # noqa: ARG002  the signature of `Sandbox`
        argv: Sequence[str],  # noqa: ARG002
        *,
        cwd: str | None = None,  # noqa: ARG002
        timeout: float = TIMEOUT,  # noqa: ARG002, ASYNC109
        cap: int = CAP,  # noqa: ARG002
    ) -> Finished:
        """Refuse.

        Raises:
            SandboxRefused: always.
        """
        raise SandboxRefused(f"no sandbox works on this machine: {self.reason}")

    def describe(self) -> tuple[Limit, ...]:
        """Return that nothing holds."""
        return (Limit("sandbox", False, self.reason),)
