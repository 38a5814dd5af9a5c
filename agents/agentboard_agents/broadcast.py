"""What happens, as live events under the names that CodeFRAME's clients know. Pure.

An event here may be several there, or none: `broadcast` returns them with `type`, `project_id`, `timestamp`,
and the run, agent and task that they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agentboard_agents.events import Event
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem

__all__ = ["TYPES", "broadcast"]

Data = dict[str, Any]
Live = Iterator[tuple[str, Data]]
AGENT = "agent_status_changed"
TYPES = frozenset(
    {AGENT, "task_assigned", "task_status_changed", "task_blocked", "test_result", "commit_created"}
    | {"activity_update", "progress_update", "correction_attempt", "blocker_created", "blocker_resolved"}
    | {"blocker_expired", "agent_resumed"}
)
"""Every type that can occur."""


def _queued(data: Data) -> Live:
    yield "task_assigned", {"title": data.get("title")}


def _agent(status: str) -> Callable[[Data], Live]:
    def told(_data: Data) -> Live:
        yield AGENT, {"status": status}

    return told


def _resumed(_data: Data) -> Live:
    yield "agent_resumed", {}
    yield AGENT, {"status": "working"}


def _task(data: Data) -> Live:
    state = data.get("state")
    yield "task_status_changed", {"task_id": data.get("task"), "status": state, "file": data.get("file")}
    if state == "blocked":
        yield "task_blocked", {"task_id": data.get("task"), "reason": data.get("reason")}


def _gate(data: Data) -> Live:
    names = ("name", "state", "new_failures", "ran", "seconds")
    told = {"status" if name == "state" else name: data.get(name) for name in names}
    yield "test_result", {**told, "passed": data.get("state") == "passed"}


def _commit(data: Data) -> Live:
    told = {"commit_hash": data.get("commit"), "message": data.get("message"), "files": data.get("files")}
    yield "commit_created", told


def _correction(data: Data) -> Live:
    told = {"attempt": data.get("attempt"), "max_attempts": data.get("of"), "error": data.get("reason")}
    yield "correction_attempt", told


def _corrected(data: Data) -> Live:
    names = ("attempt", "error", "analysis", "fix", "result")
    yield "activity_update", {"activity": "correction", **{name: data.get(name) for name in names}}


def _progress(data: Data) -> Live:
    done, total = data.get("passed"), data.get("stories")
    if isinstance(done, int) and isinstance(total, int) and total:
        yield "progress_update", {"completed": done, "total": total, "percentage": 100 * done // total}


def _tool(data: Data) -> Live:
    yield "activity_update", {"activity": "tool", "tool": data.get("tool"), "message": data.get("summary")}


def _reviewed(data: Data) -> Live:
    yield "activity_update", {"activity": "review", "message": data.get("text")}


def _applied(data: Data) -> Live:
    told = {"activity": "change_set", "message": data.get("explanation"), "files": data.get("files")}
    yield "activity_update", told


def _blocker(data: Data) -> Live:
    kind = data.get("what") or "SYNC"
    told = {"blocker_id": data.get("item"), "question": data.get("text"), "blocker_type": kind}
    yield "blocker_created", told
    if kind == "SYNC":
        yield AGENT, {"status": "blocked"}


def _raised(data: Data) -> Live:
    if data.get("item_kind") == "blocker":
        yield from _blocker(data)


def _expired(data: Data) -> Live:
    yield "blocker_expired", {"blocker_id": data.get("item"), "question": data.get("text")}


TOLD: dict[str, Callable[[Data], Live]] = {
    "run_queued": _queued,
    "run_started": _agent("working"),
    "run_paused": _agent("paused"),
    "run_resumed": _resumed,
    "permission_asked": _agent("blocked"),
    "question_asked": _agent("blocked"),
    "escalated": _agent("blocked"),
    "blocker_created": _blocker,
    "item_raised": _raised,
    "blocker_expired": _expired,
    "rate_limited": _agent("waiting"),
    "budget_reached": _agent("waiting"),
    "hold_ended": _agent("working"),
    "task_changed": _task,
    "gate_finished": _gate,
    "commit_created": _commit,
    "correction_attempt": _correction,
    "correction_finished": _corrected,
    "changes_applied": _applied,
    "iteration_started": _progress,
    "tool_finished": _tool,
    "review_ready": _reviewed,
    "run_finished": _agent("idle"),
    "run_cancelled": _agent("idle"),
}
"""Kind of an event to what clients are told about it."""


def broadcast(
    event: Event, project: str, run: Run | None, item: Callable[[str], InboxItem | None]
) -> list[Data]:
    """Return the live events of an event.

    Args:
        event: what happened.
        project: the id of the project.
        run: the run that it is about, if any.
        item: finds an inbox item by its id.
    """
    told = list(TOLD[event.kind](event.data)) if event.kind in TOLD else []
    told += list(_answered(event, item))
    about = {
        "project_id": project,
        "timestamp": event.time,
        "agent_id": event.agent or None,
        "run_id": event.run or None,
        "task_id": run.task if run else None,
    }
    return [
        {"type": kind, **about, **{k: v for k, v in data.items() if v is not None}} for kind, data in told
    ]


def _answered(event: Event, item: Callable[[str], InboxItem | None]) -> Live:
    """Yield what an answer means: a blocker is resolved, and whoever stopped for it goes on."""
    if event.kind not in {"answered", "item_closed"}:
        return
    found = item(str(event.data.get("item")))
    if found is not None and found.kind == "blocker":
        yield "blocker_resolved", {"blocker_id": found.id, "answer": event.data.get("text")}
    if event.kind == "answered":
        yield from _resumed({})
