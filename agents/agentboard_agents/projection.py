"""Runs as values: what the events of a run add up to. Pure; the store keeps the latest value as a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from agentboard_agents.events import Event
from agentboard_agents.run import FINAL, TRANSITIONS, IllegalTransition, RunState, transition
from agentboard_agents.spec import RunSpec

__all__ = [
    "Assumption",
    "CheckedClaim",
    "Correction",
    "Criterion",
    "Escalation",
    "GateOutcome",
    "LandedWork",
    "Provenance",
    "Run",
    "Tokens",
    "apply",
    "moves",
]

Provenance = Literal["reported", "inferred", "stale"]
Data = Mapping[str, Any]
PROGRESS = frozenset(
    {
        "run_started",
        "turn_finished",
        "tool_finished",
        "gate_finished",
        "commit_created",
        "safe_point",
        "answered",
    }
    | {"run_resumed", "hold_ended"}
)
"""Kinds after which a run is further than before, or a person wants it to go on."""

KEPT = 200  # gates, claims, assumptions and criteria of one run; a run that reports more is cut


class Tokens(Struct, frozen=True):
    """Tokens counted by the model's provider."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        """Return the sum, part by part."""
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


class GateOutcome(Struct, frozen=True):
    """What a quality gate said last: passed, failed, absent, error, running."""

    name: str
    state: str
    new_failures: tuple[str, ...] = ()


class CheckedClaim(Struct, frozen=True):
    """What the agent said, what is so, and whether they agree."""

    claim: str
    fact: str
    holds: bool


class Assumption(Struct, frozen=True):
    """An assumption that the run wrote into the code, for a person to confirm or reject."""

    text: str
    file: str
    line: int
    state: str = "open"


class Criterion(Struct, frozen=True):
    """An acceptance criterion: claimed, proved, or open."""

    text: str
    state: str
    evidence: str = ""


class Correction(Struct, frozen=True):
    """One try of an agent to correct its work: what was wrong, what it made of it, what it did, what came."""

    attempt: int
    error: str
    analysis: str = ""
    fix: tuple[str, ...] = ()
    result: str = ""


class Escalation(Struct, frozen=True):
    """An escalation that was asked for and is raised at the next safe point."""

    to: str
    reason: str


class LandedWork(Struct, frozen=True):
    """Where accepted work is: the branch that it was merged into, and its commits before and after."""

    branch: str
    before: str
    after: str


class Run(Struct, frozen=True):
    """One agent at work on one task.

    `since` (RFC 3339) is when `state` began; `point` the last safe point passed; `starts` how often a worker
    has taken it up since it last got anywhere. `rounds` counts how often a review has sent it back; in the
    present round the turns and safe points after `turns_before` and `points_before` happened, and `returned`
    says that no worker has taken it up yet, `feedback` what the review said, `takes_in` a commit that its
    branch has to take in first. `onto` is the branch that its work is meant for. `disk_bytes` is what its
    work tree took when it was last looked at, `None` where there is none. `model` is the one that an
    escalation lets go on.
    Tokens and cost are the run's own; who shows a parent adds its children's.
    """

    id: str
    agent: str
    stem: str
    state: RunState
    since: str
    spec: RunSpec
    task: str | None = None
    title: str = ""
    queued: str = ""
    resumes_to: RunState | None = None
    provenance: Provenance = "reported"
    protocol: str = "checklist"
    runtime: str = ""
    branch: str | None = None
    worktree: str | None = None
    base: str | None = None
    commit: str | None = None
    parent: str | None = None
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    attempts: int = 0
    turns: int = 0
    gates: tuple[GateOutcome, ...] = ()
    claims: tuple[CheckedClaim, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    corrections: tuple[Correction, ...] = ()
    reason: str | None = None
    outcome: str | None = None
    holds_until: str | None = None
    cancelling: bool = False
    escalation: Escalation | None = None
    model: str | None = None
    point: int = -1
    starts: int = 0
    onto: str | None = None
    landed: LandedWork | None = None
    rounds: int = 0
    returned: bool = False
    feedback: str | None = None
    takes_in: str | None = None
    turns_before: int = 0
    points_before: int = 0
    disk_bytes: int | None = None

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in FINAL

    @property
    def beneath(self) -> RunState:
        """The state, or while it is pausing or paused the one that resume returns to."""
        return self.resumes_to or self.state


def moves(kind: str) -> bool:
    """Say whether an event of `kind` can change a run."""
    return kind in TRANSITIONS or kind in FOLDS or kind in PROGRESS or kind == "run_queued"


def apply(run: Run | None, event: Event) -> Run:
    """Return the run after `event`; `None` is a run that does not exist yet.

    Raises:
        IllegalTransition: when the event cannot happen in the run's state.
    """
    if run is None:
        return _queued(event)
    if event.kind == "run_queued":
        raise IllegalTransition(f"run {event.run} is queued already")
    state, resumes_to = transition(run.state, run.resumes_to, event.kind)
    changes: dict[str, Any] = FOLDS[event.kind](run, event.data) if event.kind in FOLDS else {}
    if (state, resumes_to) != (run.state, run.resumes_to):
        changes |= {"state": state, "resumes_to": resumes_to}
    if state is not run.state:
        changes["since"] = event.time
    if run.starts and event.kind in PROGRESS:
        changes["starts"] = 0
    return msgspec.structs.replace(run, **changes) if changes else run


def _queued(event: Event) -> Run:
    if event.kind != "run_queued":
        raise IllegalTransition(f"{event.kind} cannot happen: there is no run {event.run}")
    spec = msgspec.convert(event.data, RunSpec)
    return Run(
        id=event.run,
        agent=spec.agent,
        stem=spec.stem,
        state=RunState.QUEUED,
        since=event.time,
        queued=event.time,
        spec=spec,
        task=spec.task,
        title=spec.title,
        protocol=spec.protocol,
        runtime=spec.runtime,
        parent=spec.parent,
    )


def _text(data: Data, name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _number(data: Data, name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) else 0


def _started(run: Run, data: Data) -> dict[str, Any]:
    return {name: _text(data, name) or getattr(run, name) for name in ("branch", "worktree", "base", "onto")}


def _turn_finished(run: Run, data: Data) -> dict[str, Any]:
    counted = data.get("tokens")
    changes: dict[str, Any] = {"turns": run.turns + 1}
    if isinstance(counted, dict):
        changes["tokens"] = run.tokens + msgspec.convert(counted, Tokens)
    cost = data.get("cost_usd")
    if isinstance(cost, int | float):
        changes["cost_usd"] = (run.cost_usd or 0.0) + cost
    return changes


def _gate(run: Run, data: Data) -> dict[str, Any]:
    gate = msgspec.convert({"name": "", "state": "error", **data}, GateOutcome)
    others = tuple(kept for kept in run.gates if kept.name != gate.name)
    return {"gates": (*others, gate)[-KEPT:]}


def _gates(run: Run, data: Data) -> dict[str, Any]:
    """Show the gates that run now; what others said before stays."""
    names = [name for name in data.get("gates") or () if isinstance(name, str)]
    others = tuple(kept for kept in run.gates if kept.name not in names)
    return {"gates": (*others, *(GateOutcome(name, "running") for name in names))[-KEPT:]}


def _broken_off(gates: tuple[GateOutcome, ...]) -> tuple[GateOutcome, ...]:
    """Return the gates of a run that is over: what still ran has come to nothing."""
    return tuple(GateOutcome(gate.name, "error") if gate.state == "running" else gate for gate in gates)


def _claim(run: Run, data: Data) -> dict[str, Any]:
    claim = msgspec.convert({"claim": "", "fact": "", "holds": False, **data}, CheckedClaim)
    others = tuple(kept for kept in run.claims if kept.claim != claim.claim)
    return {"claims": (*others, claim)[-KEPT:]}


def _assumption(run: Run, data: Data) -> dict[str, Any]:
    found = msgspec.convert({"text": "", "file": "", "line": 0, **data}, Assumption)
    same = [kept for kept in run.assumptions if (kept.text, kept.file) == (found.text, found.file)]
    others = tuple(kept for kept in run.assumptions if kept not in same)
    state = next((kept.state for kept in same if kept.state == "confirmed"), found.state)
    return {"assumptions": (*others, msgspec.structs.replace(found, state=state))[-KEPT:]}


def _judged(run: Run, data: Data) -> dict[str, Any]:
    """Let a person's word stand beside the assumption that it is about."""
    about = (_text(data, "text"), _text(data, "file"))
    state = _text(data, "state") or "open"
    judged = (
        msgspec.structs.replace(kept, state=state) if (kept.text, kept.file) == about else kept
        for kept in run.assumptions
    )
    return {"assumptions": tuple(judged)}


def _criterion(run: Run, data: Data) -> dict[str, Any]:
    marked = msgspec.convert({"text": "", "state": "open", **data}, Criterion)
    if any(kept.text == marked.text for kept in run.criteria):
        return {"criteria": tuple(marked if kept.text == marked.text else kept for kept in run.criteria)}
    return {"criteria": (*run.criteria, marked)[-KEPT:]}


def _correction(run: Run, data: Data) -> dict[str, Any]:
    made = msgspec.convert({"attempt": 0, "error": "", **data}, Correction)
    return {"corrections": (*run.corrections, made)[-KEPT:]}


def _finished(run: Run, data: Data) -> dict[str, Any]:
    return {"outcome": _text(data, "outcome") or run.outcome, "reason": _text(data, "reason") or None}


def _ended(run: Run, data: Data) -> dict[str, Any]:
    gates = _broken_off(run.gates)
    reason = _text(data, "reason") or run.reason
    return {"reason": reason, "escalation": None, "holds_until": None, "gates": gates}


def _hold(_run: Run, data: Data) -> dict[str, Any]:
    return {"holds_until": _text(data, "until"), "reason": _text(data, "reason")}


def _hold_ended(_run: Run, _data: Data) -> dict[str, Any]:
    return {"holds_until": None, "reason": None}


def _escalate(_run: Run, data: Data) -> dict[str, Any]:
    return {"escalation": Escalation(_text(data, "to") or "human", _text(data, "reason") or "")}


def _accepted(_run: Run, data: Data) -> dict[str, Any]:
    places = [_text(data, name) for name in ("branch", "before", "after")]
    landed = LandedWork(*(place or "" for place in places)) if all(places) else None
    return {"landed": landed, "reason": None}


def _rejected(run: Run, data: Data) -> dict[str, Any]:
    """Begin another round: what it says and counts must not be taken for what an earlier one did."""
    return {
        **_ended(run, data),
        "base": _text(data, "base") or run.base,
        "rounds": run.rounds + 1,
        "returned": True,
        "feedback": _text(data, "reason"),
        "takes_in": _text(data, "merge"),
        "turns_before": run.turns,
        "points_before": max(run.point, 0),
        "outcome": None,
        "claims": (),
        "assumptions": tuple(kept for kept in run.assumptions if kept.state == "confirmed"),
    }


FOLDS: dict[str, Callable[[Run, Data], dict[str, Any]]] = {
    "run_started": _started,
    "turn_finished": _turn_finished,
    "gates_started": _gates,
    "gate_finished": _gate,
    "claim_checked": _claim,
    "assumption_found": _assumption,
    "assumption_judged": _judged,
    "criterion_marked": _criterion,
    "correction_attempt": lambda run, data: {"attempts": max(run.attempts + 1, _number(data, "attempt"))},
    "correction_finished": _correction,
    "commit_created": lambda run, data: {"commit": _text(data, "commit") or run.commit},
    "rate_limited": _hold,
    "budget_reached": _hold,
    "hold_ended": _hold_ended,
    "run_taken_up": lambda run, _data: {"starts": run.starts + 1, "returned": False},
    "cancel_requested": lambda _run, _data: {"cancelling": True},
    "escalate_requested": _escalate,
    "escalated": lambda _run, _data: {"escalation": None},
    "model_changed": lambda _run, data: {"escalation": None, "model": _text(data, "model")},
    "safe_point": lambda run, data: {"point": max(run.point, _number(data, "number"))},
    "worktree_measured": lambda _run, data: {"disk_bytes": _number(data, "bytes")},
    "worktree_removed": lambda _run, _data: {"disk_bytes": None},
    "run_finished": _finished,
    "run_failed": _ended,
    "run_cancelled": _ended,
    "run_refused": _ended,
    "run_rejected": _rejected,
    "run_accepted": _accepted,
    "accept_undone": lambda _run, _data: {"landed": None},
}
"""What each kind of event changes in a run, besides its state."""
