"""The lead's checklist of a run: what has to be so before its work counts as done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct

from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import FINAL, RunState

__all__ = ["Check", "checklist"]

Standing = Literal["done", "open", "failed"]
SUMMARY = "the output summary"
APPROVES = " approves ("
FAILING = frozenset({"failed", "error"})
BLOCKING = frozenset({"blocker", "question", "permission", "escalation"})


class Check(Struct, frozen=True):
    """One point: what is wanted, how it stands, and why."""

    text: str
    state: Standing
    why: str = ""


def checklist(run: Run, inbox: Iterable[InboxItem]) -> tuple[Check, ...]:
    """Return the points of a run that has worked; one that has not, or was given up, has none."""
    if run.state in {RunState.QUEUED, RunState.STARTING} or (run.state in FINAL and run.landed is None):
        return ()
    own = [item for item in inbox if item.run == run.id and item.closed is None]
    return tuple(check for point in POINTS if (check := point(run, own)) is not None)


def _gates(run: Run, _items: Sequence[InboxItem]) -> Check:
    text = "the checks pass"
    failing = [gate.name for gate in run.gates if gate.state in FAILING]
    if failing:
        return Check(text, "failed", ", ".join(failing))
    passed = [gate.name for gate in run.gates if gate.state == "passed"]
    return (
        Check(text, "done", ", ".join(passed)) if passed else Check(text, "open", "nothing has been checked")
    )


def _summary(run: Run, _items: Sequence[InboxItem]) -> Check | None:
    if run.protocol != "brief":
        return None
    missing = [one.fact for one in run.claims if one.claim.startswith(SUMMARY)]
    if missing:
        return Check("the output summary is written", "failed", missing[0])
    return Check("the output summary is written", "done" if run.outcome else "open")


def _claims(run: Run, _items: Sequence[InboxItem]) -> Check | None:
    wrong = [f"{one.claim}: {one.fact}" for one in run.claims if not one.holds]
    if wrong:
        return Check("what it claims is so", "failed", "; ".join(wrong))
    return Check("what it claims is so", "done") if run.claims else None


def _committed(run: Run, _items: Sequence[InboxItem]) -> Check:
    text = "its work is committed"
    return Check(text, "done", run.commit[:9]) if run.commit else Check(text, "open", "there is no commit")


def _criteria(run: Run, _items: Sequence[InboxItem]) -> Check | None:
    if not run.criteria:
        return None
    open_ones = [one.text for one in run.criteria if one.state != "proved"]
    text = "the acceptance criteria are met"
    return Check(text, "open", "; ".join(open_ones)) if open_ones else Check(text, "done")


def _assumptions(run: Run, _items: Sequence[InboxItem]) -> Check | None:
    if not run.assumptions:
        return None
    text = "its assumptions are confirmed"
    wrong = [one.text for one in run.assumptions if one.state == "rejected"]
    unknown = [one.text for one in run.assumptions if one.state == "open"]
    if wrong:
        return Check(text, "failed", "; ".join(wrong))
    return Check(text, "open", "; ".join(unknown)) if unknown else Check(text, "done")


def _answered(_run: Run, items: Sequence[InboxItem]) -> Check:
    waiting = [item.text for item in items if item.kind in BLOCKING and item.about != "verdict"]
    text = "nothing waits for an answer"
    return Check(text, "open", "; ".join(waiting)) if waiting else Check(text, "done")


def _verdicts(run: Run, items: Sequence[InboxItem]) -> Check | None:
    text = "its reviewers approve"
    against = [item.text.partition("\n")[0] for item in items if item.about == "verdict"]
    if against:
        return Check(text, "failed", "; ".join(against))
    said = [one for one in run.claims if APPROVES in one.claim]
    return Check(text, "done", said[-1].claim) if said else None


POINTS: tuple[Callable[[Run, Sequence[InboxItem]], Check | None], ...] = (
    _gates,
    _committed,
    _summary,
    _claims,
    _criteria,
    _assumptions,
    _answered,
    _verdicts,
)
"""The points in the order in which a lead goes through them."""
