"""Ending a run that nobody can go on with: it says why, its task too, and its branch and work tree stay."""

from __future__ import annotations

from agentboard_agents.desk import Desk
from agentboard_agents.run import RunState
from agentboard_agents.store import StoreFault

__all__ = ["MOST_DEATHS", "abandon", "crashes_workers"]

MOST_DEATHS = 10
"""Workers that may die of a run, one after the other, before it gets any further."""

TAKEN = frozenset(
    {RunState.QUEUED, RunState.STARTING, RunState.WORKING, RunState.CHECKING, RunState.CORRECTING}
)
"""States in which a run acts as soon as a worker takes it up; in the others it only waits."""


def crashes_workers(desk: Desk, run_id: str) -> str | None:
    """Count that a worker takes the run up; return why it must not, when too many have died of it."""
    control = desk.control(run_id)
    run = control.run
    if run.starts >= MOST_DEATHS:
        return f"{run.starts} workers died of it one after the other, without getting any further"
    if run.state in TAKEN:
        control.emit("run_taken_up")
    return None


def abandon(desk: Desk, run_id: str, reason: str) -> None:
    """Fail a run, and mark its task blocked."""
    control = desk.control(run_id)
    run = control.run
    where = f"; its work is kept in {run.worktree}, on branch {run.branch}" if run.branch else ""
    told = f"it cannot go on: {reason}{where}; `agentboard retry {run.id}` begins it anew"
    control.emit_once("finished", "run_finished", outcome="failed", reason=told)
    control.emit_once("failed", "run_failed", reason=told)
    try:
        _mark_blocked(desk, run_id, told)
    except StoreFault:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever is wrong with the project's files, the run has ended
        control.emit("problem_found", severity="warning", message=f"its task was not marked: {fault}")


def _mark_blocked(desk: Desk, run_id: str, reason: str) -> None:
    from agentboard_agents.session_equipment import equip  # heavy, and rarely needed
    from agentboard_agents.session_marks import mark_at_once
    from agentboard_tasks.model import State

    control = desk.control(run_id)
    equipment = equip(desk.project, control.run)
    if equipment.task is not None:
        mark_at_once(control, equipment, equipment.task, State.BLOCKED, reason)
