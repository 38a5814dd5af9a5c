"""What the events of a run add up to: pure values, whatever the order of a stranger's data."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agentboard_agents.events import KINDS, Event
from agentboard_agents.projection import (
    FOLDS,
    CheckedClaim,
    Criterion,
    Escalation,
    GateOutcome,
    Run,
    Tokens,
    apply,
    moves,
)
from agentboard_agents.projection_people import ITEM_KINDS, InboxItem, closed, item_of, message_of, receipt_of
from agentboard_agents.run import TRANSITIONS, IllegalTransition, RunState
from tests.agents.engine_parts import spec


def event(kind: str, seq: int = 2, **data: Any) -> Event:
    return Event(seq, f"2026-01-01T00:00:{seq:02d}.000Z", "r1", "Backend Engineer", kind, data)


def fresh() -> Run:
    return apply(None, event("run_queued", 1, **msgspec.to_builtins(spec())))


def after(*kinds: str | Event) -> Run:
    run = fresh()
    for seq, given in enumerate(kinds, 2):
        run = apply(run, event(given, seq) if isinstance(given, str) else given)
    return run


def test_a_queued_run_knows_its_spec() -> None:
    run = fresh()
    assert (run.id, run.agent, run.stem, run.task, run.protocol) == (
        "r1",
        "Backend Engineer",
        "backend",
        "backend-tasks:T1",
        "checklist",
    )
    assert (run.state, run.since, run.queued, run.spec) == (RunState.QUEUED, run.queued, run.queued, spec())


def test_only_queueing_makes_a_run_and_only_once() -> None:
    with pytest.raises(IllegalTransition, match="there is no run r1"):
        apply(None, event("run_started"))
    with pytest.raises(IllegalTransition, match="queued already"):
        apply(fresh(), event("run_queued"))


def test_since_is_when_the_state_began() -> None:
    run = after("run_started", "turn_started", "turn_started")
    assert (run.state, run.since) == (RunState.WORKING, "2026-01-01T00:00:03.000Z")


def test_tokens_and_cost_add_up() -> None:
    counted = {"input": 10, "output": 5, "cache_read": 2, "cache_write": 1}
    run = after("run_started", event("turn_finished", tokens=counted, cost_usd=0.25))
    run = apply(run, event("turn_finished", tokens={"input": 1}, cost_usd=0.5))
    assert (run.tokens, run.cost_usd, run.turns) == (Tokens(11, 5, 2, 1), 0.75, 2)


def test_a_gate_is_shown_as_it_ended_last() -> None:
    run = after(
        event("gate_finished", name="tests", state="failed", new_failures=["test_a"], output="long"),
        event("gate_finished", name="types", state="passed"),
        event("gate_finished", name="tests", state="passed", new_failures=[]),
    )
    assert run.gates == (GateOutcome("types", "passed"), GateOutcome("tests", "passed"))


def test_claims_criteria_and_assumptions_are_kept_once_each() -> None:
    run = after(
        event("criterion_marked", text="logs in", state="open"),
        event("criterion_marked", text="logs out", state="open"),
        event("criterion_marked", text="logs in", state="proved", evidence="test_login"),
        event("claim_checked", claim="tests pass", fact="1 failed", holds=False),
        event("claim_checked", claim="tests pass", fact="all passed", holds=True),
        event("assumption_found", text="UTC", file="a.py", line=3),
        event("assumption_found", text="UTC", file="a.py", line=4, state="confirmed"),
    )
    assert run.criteria == (Criterion("logs in", "proved", "test_login"), Criterion("logs out", "open"))
    assert run.claims == (CheckedClaim("tests pass", "all passed", True),)
    assert [(found.line, found.state) for found in run.assumptions] == [(4, "confirmed")]


def test_what_sent_a_run_back_is_no_reason_of_its_next_end() -> None:
    ready = event("run_finished", outcome="gates_failed", reason="a test fails")
    back = after("run_started", "review_ready", ready, event("run_rejected", reason="say hello"))
    assert (back.reason, back.feedback) == ("say hello", "say hello")
    again = apply(apply(back, event("review_ready")), event("run_finished", outcome="review", reason=""))
    assert (again.outcome, again.reason) == ("review", None)


def test_a_hold_shows_its_end_while_it_lasts() -> None:
    held = after("run_started", event("rate_limited", reason="429", until="2026-01-01T00:05:00Z"))
    assert (held.state, held.holds_until, held.reason) == (RunState.HOLDING, "2026-01-01T00:05:00Z", "429")
    ended = apply(held, event("hold_ended"))
    assert (ended.state, ended.holds_until, ended.reason) == (RunState.WORKING, None, None)


def test_an_escalation_is_asked_for_until_it_is_raised() -> None:
    asked = after("run_started", event("escalate_requested", to="pm", reason="scope"))
    assert asked.escalation == Escalation("pm", "scope")
    assert apply(asked, event("escalated")).escalation is None


def test_pause_shows_beneath_what_goes_on() -> None:
    run = after("run_started", "turn_started", "pause_requested", "run_paused")
    assert (run.state, run.beneath) == (RunState.PAUSED, RunState.WORKING)


def test_an_event_that_changes_nothing_returns_the_same_run() -> None:
    run = fresh()
    assert apply(run, event("text", text="hello")) is run
    assert apply(run, event("a kind of tomorrow")) is run


@pytest.mark.parametrize("kind", sorted(FOLDS))
@pytest.mark.parametrize(
    "data", [{}, {"reason": 7, "tokens": "many", "cost_usd": "dear", "number": None, "until": []}]
)
def test_data_of_the_wrong_shape_never_crashes_in_the_dark(kind: str, data: dict[str, Any]) -> None:
    try:
        apply(after("run_started"), event(kind, **data))
    except (IllegalTransition, msgspec.ValidationError):
        return


def test_every_folding_kind_is_known_and_moves() -> None:
    assert set(FOLDS) | set(ITEM_KINDS) <= set(KINDS)
    assert all(moves(kind) for kind in {*FOLDS, *TRANSITIONS, "run_queued"})
    assert not moves("text")


def test_a_run_survives_json() -> None:
    run = after(
        "run_started", event("gate_finished", name="t", state="failed", new_failures=["x"]), "pause_requested"
    )
    assert msgspec.json.decode(msgspec.json.encode(run), type=Run) == run


@pytest.mark.parametrize(("kind", "item"), sorted(ITEM_KINDS.items()))
def test_each_asking_kind_raises_its_item(kind: str, item: str) -> None:
    raised = item_of(event(kind, item="i1", text="?", options=["a", 3], unblocks="t1", to="lead"))
    words = "Assumption made: ? (:0)" if kind == "assumption_found" else "?"
    assert raised == InboxItem(
        "i1", item, "Backend Engineer", "r1", words, ("a",), "2026-01-01T00:00:02.000Z", (), "lead"
    )


def test_an_item_may_name_its_kind() -> None:
    raised = item_of(event("item_raised", item="i1", item_kind="budget", text="spent"))
    assert raised is not None
    assert raised.kind == "budget"
    assert item_of(event("text", text="no item")) is None


def test_the_first_answer_stays() -> None:
    item = item_of(event("question_asked", item="i1", text="?"))
    assert item is not None
    first = closed(item, event("answered", item="i1", text="yes"))
    assert closed(first, event("run_cancelled", 9)) == first


def test_receipts_go_forward_only() -> None:
    message = message_of(event("message_queued", message="m1", text="hi"))
    assert message is not None
    assert (message.state, message.sender, message.run) == ("queued", "human", "r1")
    acted = receipt_of(message, event("message_acted", message="m1"))
    assert receipt_of(acted, event("message_read", message="m1")) is acted
