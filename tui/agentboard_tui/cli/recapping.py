"""`recap`: what happened while you were away, from the events alone."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

import msgspec

from agentboard_agents.outward import item_form
from agentboard_agents.recap import Recap
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project, open_store
from agentboard_tui.cli.output import Output
from agentboard_tui.moments import moment
from agentboard_tui.past import last_left, recap_since
from agentboard_tui.recap_lines import lines

__all__ = ["recap"]


def recap(options: argparse.Namespace, output: Output) -> int:
    """Print what happened since a moment: runs, commits, gates, what was spent, what waits."""
    project = open_project(options)
    now = datetime.now(UTC)
    since = _said(options.since, now) if options.since else last_left(project)
    found = recap_since(project, open_store(project), since, now)
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


def form(found: Recap) -> dict[str, Any]:
    """Return a recap: `{since|null, until, runs:[…], tokens, cost_usd|null, waiting:[…], problems:[…]}`."""
    made: dict[str, Any] = msgspec.to_builtins(found)
    return {**made, "waiting": [item_form(item) for item in found.waiting]}
