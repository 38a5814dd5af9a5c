"""What the store tells about the past: what happened since, how runs went. It reads: call it in a thread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from agentboard_agents.client import Client
from agentboard_agents.course import KINDS as COURSE_KINDS
from agentboard_agents.course import Course, follow
from agentboard_agents.events import Event
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.recap import KINDS, Recap, recap
from agentboard_agents.standing import as_it_stands
from agentboard_agents.store import Store
from agentboard_tui import first_picture

__all__ = ["Past", "courses", "last_left", "recap_since", "rfc3339", "rfc3339_of"]

MOST_EVENTS = 5_000
"""Events of one run that its course is made from; what comes after them is not drawn."""


class Past(Struct, frozen=True):
    """How runs went, up to the event with the number `seq`."""

    courses: Mapping[str, Course] = {}
    seq: int = 0


def last_left(project: Project) -> datetime | None:
    """Return when the board of a project was last left, `None` when it never was."""
    try:
        left = os.stat(os.path.join(project.state, first_picture.FILE)).st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(left, UTC)


def recap_since(project: Project, store: Store | None, since: datetime | None, now: datetime) -> Recap:
    """Return what happened from `since` (`None`: the beginning) until `now`.

    Raises:
        StoreFault: when the store cannot be read.
    """
    start, end = rfc3339(since) if since else None, rfc3339(now)
    if store is None:
        return Recap(start, end)
    runs = as_it_stands(store.runs(), worker_alive=Client(project, store).worker_alive())
    return recap(_events(store, start), runs, store.inbox(), start, end)


def courses(store: Store, runs: Sequence[Run]) -> Past:
    """Return the courses of these runs.

    Raises:
        StoreFault: when the store cannot be read.
    """
    last = store.last_seq()
    found: dict[str, Course] = {}
    for run in runs:
        events = store.events(run=run.id, kinds=COURSE_KINDS, limit=MOST_EVENTS)
        found[run.id] = follow(Course(), run.queued, (event for event in events if event.seq <= last))
    return Past(found, last)


def _events(store: Store, start: str | None) -> Iterator[Event]:
    seen = store.before(start) if start else 0
    while events := store.events(seen, kinds=KINDS):
        yield from events
        seen = events[-1].seq


def rfc3339(time: datetime) -> str:
    """Return a time as events spell it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_of(seconds: float) -> str:
    """Return seconds since the epoch as events spell a time."""
    return rfc3339(datetime.fromtimestamp(seconds, UTC))
