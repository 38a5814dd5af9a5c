"""The transcript on the screen: long ones, old ones, other widths."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agentboard_tui.screens import agent
from agentboard_tui.widgets.transcript_view import TranscriptView
from tests.tui.stage import Stage, screen_text, until

PORTION = 300
STEPS = 1_000


@pytest.fixture
def long(working: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A run of many steps, of which a portion is read at a time."""
    monkeypatch.setattr(agent, "EVENTS", PORTION)
    for number in range(STEPS):
        working.happen("tool_called", call=f"n{number}", tool="Bash", summary=f"step {number};")
    return working


def view(app: Any) -> TranscriptView:
    found: TranscriptView = app.screen.query_one(TranscriptView)
    return found


def steps(app: Any) -> set[int]:
    """The steps that are on the screen."""
    return {int(number) for number in re.findall(r"step (\d+);", screen_text(app))}


async def test_only_what_is_in_sight_is_laid_out(long: Stage) -> None:
    async with long.board() as (app, pilot):
        await pilot.press("j", "enter")
        await until(pilot, lambda: f"step {STEPS - 1};" in screen_text(app))
        assert view(app).virtual_size.height < 4 * view(app).size.height


async def test_looking_back_goes_on_to_the_very_beginning(long: Stage) -> None:
    async with long.board() as (app, pilot):
        await pilot.press("j", "enter")
        await until(pilot, lambda: f"step {STEPS - 1};" in screen_text(app))
        seen = steps(app)
        while 0 not in seen:
            before = len(seen)
            await pilot.press("pageup")
            seen |= steps(app)
            assert len(seen) > before
        assert seen == set(range(STEPS))
        await pilot.press("home")
        assert 0 in steps(app)
        await pilot.press("end")
        await until(pilot, lambda: f"step {STEPS - 1};" in screen_text(app))


async def test_a_search_finds_what_is_older_than_what_was_read(long: Stage) -> None:
    async with long.board() as (app, pilot):
        await pilot.press("j", "enter", "slash", *"step 7;", "enter")
        await until(pilot, lambda: "step 7;" in screen_text(app).replace("step 7;▏", ""))
        assert "step 8;" in screen_text(app)


async def test_another_width_keeps_the_place(long: Stage) -> None:
    async with long.board() as (app, pilot):
        await pilot.press("j", "enter")
        await until(pilot, lambda: f"step {STEPS - 1};" in screen_text(app))
        for _ in range(12):
            await pilot.press("pageup")
        top = min(steps(app))
        await pilot.resize_terminal(70, 30)
        await until(pilot, lambda: min(steps(app), default=-1) == top)


async def test_following_stays_at_the_end_and_keeps_a_bounded_number_of_lines(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentboard_tui.widgets.transcript_view.MOST", 200)
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        for number in range(2_000):
            working.happen("tool_called", call=f"n{number}", tool="Bash", summary=f"step {number};")
            if number % 100 == 99:
                await until(pilot, lambda: f"step {number};" in screen_text(app))  # noqa: B023
        assert view(app).virtual_size.height <= 2 * 200
        for _ in range(20):
            await pilot.press("pageup")
        assert "step 19" not in screen_text(app)


async def test_markdown_shows_as_what_it_means(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        working.happen("text", text="# Plan\n\nI **will** run `make`:\n\n- bread\n- butter\n")
        await until(pilot, lambda: "• butter" in screen_text(app))
        assert "I will run make:" in screen_text(app)


@pytest.mark.parametrize("key", ["j", "k"])
async def test_a_key_after_looking_back_acts_on_what_is_in_sight(long: Stage, key: str) -> None:
    async with long.board() as (app, pilot):
        await pilot.press("j", "enter")
        await until(pilot, lambda: f"step {STEPS - 1};" in screen_text(app))
        await pilot.press("k", *["pageup"] * 5)
        seen = steps(app)
        await pilot.press(key)
        await until(pilot, lambda: len(steps(app) & seen) >= len(seen) - 1)
        cursor = view(app).transcript.blocks[view(app).cursor].text
        assert int(re.findall(r"step (\d+);", cursor)[0]) in seen


async def test_enter_after_looking_back_unfolds_what_is_in_sight(working: Stage) -> None:
    for number in range(200):
        working.happen(
            "tool_called", call=f"n{number}", tool="Bash", summary=f"step {number};", input="all of it"
        )
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        await until(pilot, lambda: "step 199;" in screen_text(app))
        await pilot.press("pageup", "pageup")
        last = max(steps(app))
        await pilot.press("enter")
        await until(pilot, lambda: "all of it" in screen_text(app))
        assert last in steps(app)


async def test_what_happens_behind_another_tab_is_there_when_the_transcript_is_back(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter", "tab")
        working.happen("tool_called", call="n", tool="Bash", summary="step 1;")
        await until(pilot, lambda: view(app).transcript.blocks[-1].text == "Bash step 1;")
        await pilot.press("shift+tab")
        await until(pilot, lambda: "step 1;" in screen_text(app))


async def test_another_size_keeps_the_place_within_a_long_text(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        for number in range(3):
            working.happen("text", text="".join(f"- step {number}{line:03};\n" for line in range(100)))
            working.happen("tool_called", call=f"n{number}", tool="Bash", summary="made")
        await until(pilot, lambda: "step 2099;" in screen_text(app))
        await pilot.press("pageup", "pageup")
        top = min(steps(app))
        for width, height in ((120, 30), (120, 40), (100, 40), (120, 40)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda: min(steps(app), default=-1) == top)


async def test_what_is_said_while_a_transcript_opens_shows_once(working: Stage) -> None:
    async with working.board() as (app, pilot):
        working.happen("text", text="once upon")
        await pilot.press("j", "enter")
        await until(pilot, lambda: "once upon" in screen_text(app))
        assert isinstance(app.screen, agent.AgentScreen)
        app.screen.add_events(working.store.events(run="r1"))
        working.happen("text", text=" a time")
        await until(pilot, lambda: "a time" in screen_text(app))
        assert screen_text(app).count("once upon a time") == 1
