"""What a durable engine gives: a workflow for each run, whose finished steps are never done again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

__all__ = ["LOST", "Engine", "Json", "Steps", "Workflow"]

LOST = "the record of its finished steps is gone"
"""Why a run that had begun cannot go on where the engine knows nothing of it."""

Json: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None


class Steps(Protocol):
    """The durable steps of one workflow."""

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Return the result of `function`, from memory when the step was finished before.

        A step that was cut off by a crash is done again: what it does must bear that.
        """
        ...


Workflow: TypeAlias = Callable[[str, Steps], Awaitable[None]]
"""A run's work: run id and steps. It takes the same path again when its steps return the same results."""


class Engine(Protocol):
    """Workflows, one for each run id, on the event loop that opened the engine."""

    async def open(self) -> None:
        """Get ready, and go on with the workflows that a crash has left."""
        ...

    async def start(self, run_id: str, *, begun: bool = False) -> str | None:
        """Start the run's workflow unless it was ever started; a repeat is harmless.

        Args:
            run_id: the run.
            begun: whether the run was begun before, so that the engine has to know its workflow.

        Returns:
            Why the workflow will never run again, `None` when it runs or is about to.
        """
        ...

    def live(self, run_id: str) -> bool:
        """Say whether the run's workflow runs in this process now."""
        ...

    async def close(self) -> None:
        """Cut all workflows off, as a crash would; they go on where the engine is opened next."""
        ...
