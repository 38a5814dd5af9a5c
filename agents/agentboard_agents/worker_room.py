"""How many runs may be at work at once, and which ones rest: the others stay queued, and say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState

__all__ = ["at_rest", "has_room", "held_back", "runs_at_once"]

RESTING = frozenset({RunState.PAUSED, RunState.WAITING, RunState.REVIEW})


def at_rest(run: Run) -> bool:
    """Tell whether nothing happens in a run until a person acts: a budget has no time at which it ends."""
    return run.state in RESTING or (run.state is RunState.HOLDING and run.holds_until is None)


def has_room(run: Run, runs: Sequence[Run], live: Callable[[str], bool], most: int | None) -> bool:
    """Tell whether a run may start: it has begun already, is part of another one, or there is room."""
    if most is None or run.beneath is not RunState.QUEUED or run.parent is not None:
        return True
    return sum(live(other.id) and not at_rest(other) and other.parent is None for other in runs) < most


def held_back(run: Run, most: int | None) -> NewEvent:
    """Return what says that a run has to wait for its turn; it is recorded once."""
    data = {"reason": f"{most} runs at once are the limit (limits: runs)"}
    return NewEvent(run.id, run.agent, "queue_held", data, "~room")


def runs_at_once(project: Project) -> int | None:
    """Return how many runs the configuration lets work at once; `None` is no limit."""
    from agentboard_agents.config import load_config

    return load_config(project).spending.runs
