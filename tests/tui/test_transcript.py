"""A run's transcript as blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentboard_agents.events import Event
from agentboard_tui.transcript import CHANGE, MOST, Transcript


def event(kind: str, **data: Any) -> Event:
    return Event(1, "2026-01-01T00:00:00Z", "r1", "ada", kind, data)


def told(*events: Event) -> Transcript:
    transcript = Transcript()
    for one in events:
        transcript.add([one])
    return transcript


def test_an_edit_shows_what_it_changed_without_being_unfolded() -> None:
    given = {"file_path": "a.py", "old_string": "x = 1\ny = 2\n", "new_string": "x = 1\ny = 3\n"}
    block = told(event("tool_called", call="c", tool="Edit", summary="Edit a.py", input=given)).blocks[0]
    assert block.change == ("  x = 1", "- y = 2", "+ y = 3")


def test_a_long_new_file_unfolds() -> None:
    given = {"file_path": "a.py", "content": "line\n" * 100}
    block = told(event("tool_called", call="c", tool="Write", summary="Write a.py", input=given)).blocks[0]
    assert len(block.change) > CHANGE
    assert block.foldable


def test_rubbish_given_to_a_tool_is_no_crash() -> None:
    rubbish: list[Any] = [{"edits": 7}, {"edits": [3, {"old_string": 4}]}, {"content": None}, [], "x", None]
    for given in rubbish:
        told(event("tool_called", call="c", tool="MultiEdit", input=given))


def test_thinking_is_folded() -> None:
    block = told(event("thinking", text="First.\nThen this.")).blocks[0]
    assert (block.text, block.foldable, block.open) == ("thinking: First.", True, False)


@pytest.mark.parametrize("size", [1, 9, 10_000])
def test_a_change_set_is_folded_into_one_line_even_when_a_pause_comes_between(size: int) -> None:
    files = [{"path": f"{name}.py", "action": "create", "content": "x\n"} for name in "abc"]
    text = "So:\n" + json.dumps({"files": files}, indent=1)
    deltas = [event("text", text=text[at : at + size]) for at in range(0, len(text), size)]
    half = len(deltas) // 2
    blocks = told(*deltas[:half], event("pause_requested"), event("run_resumed"), *deltas[half:]).blocks
    assert [block.text for block in blocks if block.kind == "changeset"] == ["change set: 3 files"]
    assert [block.detail for block in blocks if block.kind == "changeset"] == [text[4:]]


def test_a_result_that_names_its_tool_replaces_the_call() -> None:
    transcript = told(
        event("tool_called", call="c", tool="Read", summary="Read a.py"),
        event("tool_finished", call="c", tool="Read", ok=True, summary="Read a.py 3 lines"),
    )
    assert [block.text for block in transcript.blocks] == ["Read a.py 3 lines"]


@pytest.mark.parametrize(
    ("happened", "shown"),
    [
        (
            event("context_trimmed", results=3, tokens_before=190_000, tokens_after=90_000),
            "left 3 old outputs out of the conversation: 190000 tokens → 90000",
        ),
        (event("turn_interrupted", turn=2), "interrupted, to hear you at once"),
        (event("setup_finished", name="make deps", summary="done"), "set up: make deps: done"),
        (
            event("budget_reached", text="the budget of this run is reached"),
            "holding: the budget of this run",
        ),
    ],
)
def test_what_the_worker_does_to_a_conversation_is_marked(happened: Event, shown: str) -> None:
    assert told(happened).blocks[0].text.startswith(shown)


PARAGRAPH = "A sentence of some length that says a thing. " * 8
CODE = "```python\n" + "x = 1  # one line of code\n" * 40 + "```"


@pytest.mark.parametrize("size", [7, 500, 1_000_000])
def test_a_long_text_goes_on_in_blocks_that_end_with_a_paragraph(size: int) -> None:
    text = "\n\n".join([PARAGRAPH, CODE, PARAGRAPH, "- one\n- two"] * 20)
    blocks = told(*(event("text", text=text[at : at + size]) for at in range(0, len(text), size))).blocks
    assert "".join(block.text for block in blocks) == text
    assert max(len(block.text) for block in blocks) < MOST
    assert all(block.text.count("```") % 2 == 0 for block in blocks)
    assert [bool(block.time) for block in blocks] == [True] + [False] * (len(blocks) - 1)


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_code_that_is_longer_than_a_block_is_code_in_the_next_one(size: int) -> None:
    text = "~~~~ js\n" + "let x = 1\n" * 3_000 + "~~~~\n"
    blocks = told(*(event("text", text=text[at : at + size]) for at in range(0, len(text), size))).blocks
    assert len(blocks) > 2
    assert all(block.text.startswith("~~~~ js\n") for block in blocks)
    assert "".join(block.text.removeprefix("~~~~ js\n") for block in blocks) == text.removeprefix("~~~~ js\n")


def test_a_line_without_end_is_cut_too() -> None:
    blocks = told(event("text", text="x" * 50_000)).blocks
    assert max(len(block.text) for block in blocks) <= MOST
    assert sum(len(block.text) for block in blocks) == 50_000


def test_what_happened_before_comes_in_front_and_what_goes_on_goes_on() -> None:
    transcript = told(
        event("tool_called", call="c", tool="Read", summary="Read a.py"), event("text", text="So")
    )
    assert transcript.prepend([event("run_started", branch="b"), event("text", text="First.")]) == 2
    transcript.add([event("tool_finished", call="c", tool="Read", ok=True, summary="Read a.py 3 lines")])
    transcript.add([event("text", text=" it is.")])
    assert [block.text for block in transcript.blocks] == [
        "started on b",
        "First.",
        "Read a.py 3 lines",
        "So it is.",
    ]
