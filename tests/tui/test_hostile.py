"""Text from outside on the screen: no control characters, no markup, no action fired by a click."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.color import Color

from agentboard_tui.wall import Wall
from tests.tui.stage import Stage, screen_text, until

EVIL = "\x1b]0;owned\x07[@click=app.act('leave')]x[/] tests[/x.py] [bold\u202eevil\u200b"


@pytest.fixture
def evil(working: Stage) -> Stage:
    path = working.root / ".claude/tasks/ada-tasks.md"
    path.write_text(f"## To Do\n- [ ] T1 {EVIL}\n- [ ] T2 {EVIL}\n")
    (working.root / ".claude/agents/eve.md").write_text(
        f'---\nname: "eve [/b] [@click=app.act(1)]"\ndescription: {EVIL!r}\n---\nb\n'
    )
    working.happen("tool_called", call="c", tool="Bash", summary=EVIL)
    working.happen("question_asked", item="q1", text=EVIL, options=[EVIL, "fine"])
    return working


def assert_clean(text: str) -> None:
    assert [character for character in text if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize(
    "keys", [(), ("2",), ("3",), ("j", "enter"), ("a",), ("d",), ("question_mark",), ("colon",)]
)
async def test_every_screen_shows_hostile_text_as_text(evil: Stage, keys: tuple[str, ...]) -> None:
    async with evil.board() as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause(0.1)
        assert_clean(screen_text(app))
        assert app.is_running


async def test_a_click_on_any_line_fires_no_action_of_the_text(evil: Stage) -> None:
    async with evil.board() as (app, pilot):
        await until(pilot, lambda: "@click" in screen_text(app))
        lines = screen_text(app).splitlines()
        for y in [at for at, line in enumerate(lines) if "@click" in line]:
            await pilot.click(offset=(lines[y].index("@click") + 2, y))
            assert app.is_running
        assert evil.store.pending() == []


def test_the_wall_lets_no_control_character_through() -> None:
    found = Wall().apply([Segment("a\x1b[2Jb\u202e"), Segment("plain")], Color(0, 0, 0))
    assert_clean("".join(segment.text for segment in found))


def test_the_wall_leaves_plain_segments_alone() -> None:
    segments = [Segment("plain 漢字 ▶")]
    assert Wall().apply(segments, Color(0, 0, 0)) is segments
