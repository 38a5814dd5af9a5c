"""The tail of a run's work, folded from events."""

from __future__ import annotations

import json
import random
from functools import reduce
from typing import Any

import pytest

from agentboard_agents.board_tail import EMPTY_TAIL, KEPT, Tail, fold, fold_all
from agentboard_agents.events import Event


def event(kind: str, **data: Any) -> Event:
    return Event(1, "2026-01-01T00:00:00Z", "r1", "ada", kind, data)


def visible(tail: Tail) -> list[tuple[str, str]]:
    return [(line.kind, line.text.strip()) for line in tail.lines]


def texts(*events: Event) -> list[str]:
    one_by_one = reduce(fold, events, EMPTY_TAIL)
    assert visible(fold_all(events)) == visible(one_by_one)
    return [line.text for line in one_by_one.lines]


def test_deltas_of_one_sentence_grow_one_line() -> None:
    assert texts(event("text", text="I will "), event("text", text="look first")) == ["I will look first"]


def test_a_finished_line_of_text_stays_and_the_next_grows() -> None:
    assert texts(event("text", text="one\ntw"), event("text", text="o")) == ["one", "two"]


def test_text_after_a_tool_call_starts_anew() -> None:
    shown = texts(
        event("text", text="now"),
        event("tool_called", call="c", tool="Bash", summary="pytest -q"),
        event("text", text="then"),
    )
    assert shown == ["now", "Bash pytest -q", "then"]


def test_a_summary_that_names_its_tool_is_not_named_twice() -> None:
    assert texts(event("tool_called", tool="Read", summary="Read app.py")) == ["Read app.py"]


def test_a_failed_tool_is_told_apart_from_one_that_worked() -> None:
    tail = fold_all([event("tool_finished", ok=True, summary="12 passed"), event("tool_finished", ok=False)])
    assert [line.kind for line in tail.lines] == ["result", "fault"]


def test_the_todo_position_counts_what_is_done() -> None:
    items = [{"text": "a", "state": "completed"}, {"text": "b", "state": "pending"}]
    assert fold_all([event("todo_changed", items=items)]).todo == (1, 2)


def test_correction_attempts_are_numbered() -> None:
    assert fold_all([event("correction_attempt", attempt=2, of=3, reason="x")]).correction == (2, 3)


def test_lines_are_bounded_however_much_happens() -> None:
    tail = fold_all(event("tool_called", tool="LS", summary=str(number)) for number in range(500))
    assert len(tail.lines) == KEPT
    assert tail.lines[-1].text == "LS 499"


def test_one_enormous_delta_is_bounded() -> None:
    tail = fold_all([event("text", text="x\n" * 100_000 + "y" * 100_000)])
    assert len(tail.lines) <= KEPT
    assert max(len(line.text) for line in tail.lines) <= 2_000


def test_rubbish_in_event_data_is_no_crash() -> None:
    kinds = (
        "text",
        "tool_called",
        "tool_finished",
        "todo_changed",
        "correction_attempt",
        "gate_finished",
        "escalated",
    )
    tail = fold_all(event(kind, text=None, items=7, attempt="x", of=[], new_failures=3) for kind in kinds)
    assert tail.todo is None


def test_unknown_kinds_change_nothing() -> None:
    assert fold_all([event("comet_seen", text="!")]) is EMPTY_TAIL


def test_the_result_of_a_call_takes_the_place_of_its_line() -> None:
    called = event("tool_called", call="c", tool="Read", summary="Read x.py")
    other = event("tool_called", call="d", tool="Bash", summary="pytest")
    done = event("tool_finished", call="c", tool="Read", ok=True, summary="Read x.py 3 lines")
    failed = event("tool_finished", call="d", tool="Bash", ok=False, summary="exit 1")
    assert texts(called, other, done, failed) == ["Read x.py 3 lines", "Bash pytest → exit 1"]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_a_change_set_is_one_line_however_it_is_cut_into_deltas(size: int) -> None:
    files = [{"path": f"{name}.py", "action": "create", "content": "x = {}\n"} for name in "ab"]
    text = "Here it is.\n```json\n" + json.dumps({"files": files}, indent=1) + "\n```"
    deltas = [event("text", text=text[at : at + size]) for at in range(0, len(text), size)]
    assert texts(*deltas) == ["Here it is.", "change set: 2 files"]


def test_other_braces_stay_as_they_are() -> None:
    assert texts(event("text", text='{\n"colour": 1\n}')) == ["{", '"colour": 1', "}"]


def test_a_tail_is_the_same_read_at_once_or_followed() -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    pieces = ("a word ", "\n", "\n\n", "  indented", "```", "{", '"files": [', '"path": "x"', "}", "é")
    for _ in range(300):
        events = [
            event("tool_called", call=str(number), tool="Read", summary="x")
            if chance.random() < 0.05
            else event("text", text=chance.choice(pieces))
            for number in range(chance.randrange(60))
        ]
        assert visible(fold_all(events)) == visible(reduce(fold, events, EMPTY_TAIL))
