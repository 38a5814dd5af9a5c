"""How far a run's state can be believed when nobody is there to report it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agentboard_agents.projection import Run
from agentboard_agents.run import ACTIVE

__all__ = ["as_it_stands"]


def as_it_stands(runs: Iterable[Run], *, worker_alive: bool) -> list[Run]:
    """Return the runs with their provenance: stale where a state needs a living worker and there is none."""
    if worker_alive:
        return list(runs)
    return [msgspec.structs.replace(run, provenance="stale") if run.state in ACTIVE else run for run in runs]
