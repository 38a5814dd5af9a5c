"""The recap: what the events of a stretch of time add up to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.recap import KINDS, Recap, recap
from agentboard_agents.store import Store
from tests.agents.engine_parts import event, project_in, queued

FIRST = (
    queued("r1"),
    event("run_started", branch="ab/backend/t1", base="c0ffee"),
    event("turn_started", turn=1),
    event("turn_finished", tokens={"input": 100, "output": 10}, cost_usd=0.5),
)
THEN = (
    event("turn_finished", tokens={"input": 7, "output": 3}, cost_usd=0.25),
    event("tool_finished", ok=True, summary="Edit a.py"),
    event("question_asked", item="r1-q1", text="Which one?"),
    event("answered", item="r1-q1", text="the first"),
    event("commit_created", commit="abc", message="Add it", files=["a.py", "b.py"]),
    event("commit_created", commit="def", message="Mend it", files=["a.py"]),
    event("task_changed", task="t1", state="done", file="tasks.md"),
    event("gates_started"),
    event("gate_finished", name="pytest", state="failed", new_failures=["test_a"]),
    event("correction_attempt", attempt=1, of=3, reason="test_a"),
    event("gates_started"),
    event("gate_finished", name="pytest", state="passed"),
    event("claim_checked", claim="all tests pass", fact="one failed", holds=False),
    event("review_ready", text="ready"),
    event("run_finished", outcome="review"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(project_in(tmp_path))
    yield opened
    opened.close()


def told(store: Store, after: int = 0, since: str | None = None) -> Recap:
    return recap(store.events(after, kinds=KINDS), store.runs(), store.inbox(), since, "2026-03-01T10:00:00Z")


def test_everything_that_a_run_came_to_is_in_it(store: Store) -> None:
    store.append(FIRST)
    store.append(THEN)
    (run,) = told(store).runs
    assert (run.state, run.began, run.ended, run.outcome) == ("review", True, True, "review")
    assert (run.turns, run.tools, run.corrections) == (2, 1, 1)
    assert [one.message for one in run.commits] == ["Add it", "Mend it"]
    assert run.files == ("a.py", "b.py")
    assert [(change.task, change.state) for change in run.tasks] == [("t1", "done")]
    assert [(gate.name, gate.state) for gate in run.gates] == [("pytest", "passed")]
    assert [claim.fact for claim in run.claims] == ["one failed"]
    assert (run.asked, run.said) == (("Which one?",), ("the first",))


def test_only_the_time_asked_for_counts(store: Store) -> None:
    before = store.append(FIRST)[-1].seq
    store.append(THEN)
    found = told(store, before)
    (run,) = found.runs
    assert (run.began, run.turns, run.tokens.input, run.cost_usd) == (False, 1, 7, 0.25)
    assert (found.tokens.input, found.cost_usd) == (7, 0.25)
    assert told(store, store.last_seq()).runs == ()


def test_what_waits_is_shown_with_the_new_first() -> None:
    old, new = (
        InboxItem(f"r1-{hour}", "question", "Backend", "r1", "Which?", since=f"2026-03-01T{hour}:00:00Z")
        for hour in ("08", "09")
    )
    found = recap([], [], [old, new], "2026-03-01T08:30:00Z", "2026-03-01T10:00:00Z")
    assert found.waiting == (new, old)


def test_ended_runs_come_before_those_at_work(store: Store) -> None:
    store.append([queued("r1"), queued("r2", agent="Other", stem="other")])
    store.append(
        [NewEvent("r2", "Other", "run_started", {}), NewEvent("r2", "Other", "run_failed", {"reason": "x"})]
    )
    assert [(run.id, run.ended, run.marks) for run in told(store).runs] == [
        ("r2", True, ("failed",)),
        ("r1", False, ()),
    ]


def test_a_moment_is_found_among_the_events(store: Store) -> None:
    store.append(FIRST)
    events = store.events()
    assert store.before(events[0].time) == 0
    assert store.before("9999") == events[-1].seq
    assert store.before("0000") == 0
