"""`recap`: what happened while you were away, from the events alone."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from agentboard_agents.client import Client
from agentboard_agents.events import Event
from agentboard_agents.outward import item_form
from agentboard_agents.project import Project
from agentboard_agents.recap import KINDS, Recap
from agentboard_agents.recap import recap as recap_of
from agentboard_agents.standing import as_it_stands
from agentboard_agents.store import Store
from agentboard_tui import first_picture
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project, open_store
from agentboard_tui.cli.output import Output
from agentboard_tui.moments import moment
from agentboard_tui.recap_lines import lines

__all__ = ["recap"]


def recap(options: argparse.Namespace, output: Output) -> int:
    """Print what happened since a moment: runs, commits, gates, what was spent, what waits."""
    project = open_project(options)
    now = datetime.now(UTC)
    since = _said(options.since, now) if options.since else last_left(project)
    found = _recap(project, open_store(project), since, now)
    if output.json:
        output.value(form(found))
        return Exit.DONE
    for line in lines(found, now.timestamp()):
        output.line(line)
    return Exit.DONE


def _said(text: str, now: datetime) -> datetime:
    since = moment(text, now)
    if since is None:
        raise Failure(f"{text!r} is not a time (14:00, 2h, yesterday, 2026-03-01T14:00Z)", Exit.USAGE)
    return since


def last_left(project: Project) -> datetime | None:
    """Return when the board of a project was last left, `None` when it never was."""
    try:
        left = os.stat(os.path.join(project.state, first_picture.FILE)).st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(left, UTC)


def _recap(project: Project, store: Store | None, since: datetime | None, now: datetime) -> Recap:
    start, end = _rfc3339(since) if since else None, _rfc3339(now)
    if store is None:
        return Recap(start, end)
    runs = as_it_stands(store.runs(), worker_alive=Client(project, store).worker_alive())
    return recap_of(_events(store, start), runs, store.inbox(), start, end)


def _events(store: Store, start: str | None) -> Iterator[Event]:
    seen = store.before(start) if start else 0
    while events := store.events(seen, kinds=KINDS):
        yield from events
        seen = events[-1].seq


def form(found: Recap) -> dict[str, Any]:
    """Return a recap: `{since|null, until, runs:[…], tokens, cost_usd|null, waiting:[…], problems:[…]}`."""
    made: dict[str, Any] = msgspec.to_builtins(found)
    return {**made, "waiting": [item_form(item) for item in found.waiting]}


def _rfc3339(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
