"""While you were away: what happened since the board was left, in one line and in full."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from agentboard_agents.project import Project
from agentboard_agents.recap import Recap
from agentboard_agents.store import Store, StoreFault
from agentboard_tui.figures import money, plural
from agentboard_tui.past import last_left, recap_since

__all__ = ["missed", "summary"]


def missed(project: Project) -> Recap | None:
    """Return what happened since the board was left; `None` when nothing did, or it was never open."""
    since = last_left(project)
    if since is None:
        return None
    try:
        store = Store.open(project, create=False)
    except StoreFault:
        return None  # the board says so itself
    try:
        found = recap_since(project, store, since, datetime.now(UTC))
    except StoreFault:
        return None
    finally:
        store.close()
    return found if found.runs else None


def summary(found: Recap) -> str:
    """Return a recap in one line."""
    states = Counter(run.state for run in found.runs if run.parent is None)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    cost = f", {money(found.cost_usd)}" if found.cost_usd else ""
    return f"while you were away: {plural(sum(states.values()), 'run')} ({counts}{cost}); 5 tells more"
