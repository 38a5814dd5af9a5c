"""What a run was asked to do: fixed when it is queued, never changed after."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Limits", "RunSpec"]


class Limits(Struct, frozen=True):
    """Where a run stops by itself: model calls, iterations (Ralph), US dollars (`None`: no limit)."""

    turns: int = 200
    iterations: int | None = None
    budget_usd: float | None = None


class RunSpec(Struct, frozen=True):
    """One agent, one task (or prompt, or the agent's own list), and the way of working.

    It is the `data` of the run's `run_queued` event.
    """

    run: str
    agent: str  # the definition's name
    stem: str  # its file's stem: paths, branches and slugs are made from it
    definition: str  # its file, relative to the project root or absolute
    protocol: str  # brief, changeset, ralph, consultation, checklist
    runtime: str  # anthropic, rehearsal
    task: str | None = None
    title: str = ""
    prompt: str | None = None
    context: str | None = None
    model: str | None = None
    limits: Limits = Limits()
    parent: str | None = None
    depth: int = 0
    retry_of: str | None = None
    answers: str | None = None  # an inbox item: a lead's run that decides it, with a workflow of its own
    base: str | None = None  # a branch: where the work starts and what it is meant for
