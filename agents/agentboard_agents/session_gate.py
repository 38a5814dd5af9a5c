"""The gate of one run, opened: its accounts, its time, and the governor of its key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from agentboard_agents import credentials
from agentboard_agents.admission import Admission
from agentboard_agents.budget import Budgets, Cap, Scope, scopes_of
from agentboard_agents.budget_ledger import BudgetLedger
from agentboard_agents.config_budgets import narrower
from agentboard_agents.desk import Desk
from agentboard_agents.governor_shared import Governor, key_name
from agentboard_agents.prices import Price
from agentboard_agents.projection import Run
from agentboard_agents.runtimes.port import Runtime
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.store_fault import StoreFault
from agentboard_agents.turns_port import RunFault

__all__ = ["listen", "open_gate"]

DEEPEST = 10
FREE = {"": Price(0.0, 0.0, 0.0, 0.0)}
"""What every model costs when the scripted one plays its part."""

GOVERNORS: WeakKeyDictionary[Desk, dict[str, Governor]] = WeakKeyDictionary()
BOOKS: WeakKeyDictionary[Desk, BudgetLedger] = WeakKeyDictionary()
"""One book for each worker: reservations of any other one are of a worker that is gone."""


def open_gate(desk: Desk, equipment: Equipment) -> Admission:
    """Open the gate of a run.

    Raises:
        RunFault: when nothing can be written down; no call is made then.
    """
    spending = equipment.survey.config.spending
    if desk not in BOOKS:
        BOOKS[desk] = open_book(equipment)
    control = desk.control(equipment.spec.run)

    def warn(message: str) -> None:
        control.emit_once("~unpriced", "problem_found", severity="warning", message=message)

    return Admission(
        BOOKS[desk],
        governor_of(desk, equipment),
        lambda: accounts(desk, equipment),
        FREE if equipment.spec.runtime == "rehearsal" else spending.prices,
        lambda: end_of(desk, equipment),
        warn,
    )


def open_book(equipment: Equipment) -> BudgetLedger:
    """Open the book of what is spent.

    Raises:
        RunFault: when it cannot be used: this run ends, for without it no cap would hold.
    """
    try:
        return BudgetLedger(equipment.project)
    except StoreFault as fault:
        raise RunFault(f"what is spent cannot be written down: {fault}") from fault


@runtime_checkable
class Heeding(Protocol):
    """A runtime that tells what the server's replies say about its limits."""

    heed: Callable[[Mapping[str, str]], object]


def listen(runtime: Runtime, gate: Admission) -> None:
    """Let the governor hear what the server says about its limits."""
    if gate.governor is not None and isinstance(runtime, Heeding):
        runtime.heed = gate.governor.heed


def governor_of(desk: Desk, equipment: Equipment) -> Governor | None:
    """Return the governor of the key that a run uses; the scripted model has none."""
    if equipment.spec.runtime == "rehearsal":
        return None
    key = credentials.value("ANTHROPIC_API_KEY") or ""
    address = os.environ.get("ANTHROPIC_BASE_URL") or equipment.survey.config.base_url or ""
    who, known = key_name(key, address), GOVERNORS.setdefault(desk, {})
    if who not in known:
        known[who] = new_governor(who, os.path.dirname(equipment.project.state))
    return known[who]


def new_governor(who: str, directory: str) -> Governor:
    """Return a governor; where its file was damaged, and is moved aside by now, one that knows nothing."""
    try:
        return Governor(who, directory)
    except StoreFault:
        return Governor(who, directory)


def accounts(desk: Desk, equipment: Equipment) -> tuple[Scope, ...]:
    """Return the accounts that a call of the run is charged to now."""
    spec, config = equipment.spec, equipment.survey.config
    caps = config.spending.budgets
    budgets = Budgets(
        narrower(caps.day, Cap(config.budget_usd)),
        caps.fleet,
        caps.task,
        caps.agent,
        narrower(caps.run, Cap(spec.limits.budget_usd)),
    )
    return scopes_of(
        budgets,
        day=datetime.now().astimezone().date().isoformat(),
        run=spec.run,
        ancestors=[
            (run.id, narrower(caps.run, Cap(run.spec.limits.budget_usd))) for run in above(desk, spec.parent)
        ],
        agent=equipment.definition.name,
        task=spec.task,
    )


def above(desk: Desk, parent: str | None) -> Iterator[Run]:
    """Yield the runs above a run, the nearest first."""
    for _ in range(DEEPEST):
        run = desk.store.run(parent) if parent else None
        if run is None:
            return
        yield run
        parent = run.parent


def end_of(desk: Desk, equipment: Equipment) -> datetime | None:
    """Return when the time of a run is up, counted from its start."""
    minutes = equipment.survey.config.spending.minutes
    started = desk.store.once(equipment.spec.run, "started") if minutes else None
    if started is None or minutes is None:
        return None
    return datetime.fromisoformat(started.time).astimezone(UTC) + timedelta(minutes=minutes)
