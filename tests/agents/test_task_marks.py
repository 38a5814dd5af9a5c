"""A task is in progress when somebody began it, as long as its file says that it is to do."""

from __future__ import annotations

import pytest

from agentboard_agents.events import Event
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from agentboard_agents.task_marks import begun_by_hand, in_progress, with_marks
from agentboard_tasks.model import Source, State, Task


def task(key: str, state: State = State.TODO) -> Task:
    return Task(f"list:{key}", key, key, state, Source("list.md", 1), "checklist")


def told(key: str, state: State, run: str = "") -> Event:
    return Event(1, "", run, "", "task_changed", {"task": f"list:{key}", "state": state.value})


def test_the_latest_word_by_hand_counts() -> None:
    began = begun_by_hand([told("a", State.IN_PROGRESS), told("b", State.IN_PROGRESS)])
    assert began == {"list:a", "list:b"}
    assert begun_by_hand([told("a", State.TODO)], began) == {"list:b"}
    assert begun_by_hand([told("c", State.IN_PROGRESS, run="r1")], began) == began


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (RunState.QUEUED, False),
        (RunState.WORKING, True),
        (RunState.PAUSED, True),
        (RunState.REVIEW, True),
        (RunState.ACCEPTED, False),
    ],
)
def test_a_run_that_is_not_over_has_its_task_in_progress(state: RunState, expected: bool) -> None:
    spec = RunSpec("r1", "a", "a", "a.md", "checklist", "rehearsal", task="list:a")
    run = Run("r1", "a", "a", state, "2026-01-01T00:00:00Z", spec, task="list:a")
    assert in_progress(frozenset(), [run]) == (frozenset({"list:a"}) if expected else frozenset())


def test_only_what_the_file_says_is_to_do_is_changed() -> None:
    tasks = (task("a"), task("b", State.DONE), task("c"))
    shown = with_marks(tasks, {"list:a", "list:b"})
    assert [one.state for one in shown] == [State.IN_PROGRESS, State.DONE, State.TODO]
