"""How panes share the grid, and how lines fit their cells."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from agentboard_agents.board_panes import Ask, Pane
from agentboard_agents.board_tail import TailLine
from agentboard_tasks.text import SafeText
from agentboard_tui.age import age
from agentboard_tui.glyphs import ASCII, UNICODE, choose
from agentboard_tui.widgets.layout import plan
from agentboard_tui.widgets.pane_paint import Brush, paint_pane, paint_row
from agentboard_tui.widgets.spans import cut, fit, say, spread, width_of, wrap, wrapped

SIZES = [(1, 1), (5, 3), (38, 6), (76, 36), (120, 40), (200, 60)]


@pytest.mark.parametrize("count", [1, 2, 5, 7, 50])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_places_stay_inside_and_never_overlap(count: int, width: int, height: int) -> None:
    found = plan(count, width, height)
    cells = [
        (x, y)
        for place in (*found.panes, *([found.peek] if found.peek else []))
        for x in range(place.x, place.x + place.width)
        for y in range(place.y, place.y + place.height)
    ]
    assert len(cells) == len(set(cells))
    assert all(x < width and y < height for x, y in cells)
    assert found.rows + (found.peek.height if found.peek else 0) <= height
    assert len(found.panes) in {0, count}


def test_fifty_agents_fit_in_fifty_rows() -> None:
    assert plan(50, 76, 50).rows == 50


def test_a_wide_grid_has_columns() -> None:
    assert plan(4, 80, 36).columns == 2


@pytest.mark.parametrize("width", range(30))
def test_fit_and_spread_take_exactly_their_width(width: int) -> None:
    left, right = [say("漢字 and words"), say("more")], [say("end")]
    assert width_of(fit(left, width)) == width
    assert width_of(spread(left, right, width)) == width


def test_cut_never_splits_a_wide_character() -> None:
    assert cell_len(cut(SafeText("漢字漢字"), 4)) <= 4


def test_wrap_breaks_at_spaces_and_breaks_long_words() -> None:
    assert wrap(SafeText("one two three"), 8) == ["one two", "three"]
    assert all(cell_len(line) <= 5 for line in wrap(SafeText("abcdefghijklmno 漢字漢字漢字"), 5))


PANES = [
    Pane("ada", "ada"),
    Pane(
        "ада" * 30,
        "a",
        "working",
        "working",
        "stale",
        since="2026-01-01T00:00:00Z",
        run="r",
        title="漢字" * 40,
    ),
    Pane(
        "bob",
        "bob",
        "waiting",
        "asks",
        run="r",
        ask=Ask("q", "permission", "x " * 300),
        lines=(TailLine("tool", "y" * 500),) * 40,
        rehearsal=True,
        tokens=10**9,
        cost_usd=12.0,
        todo=(1, 2),
        others=3,
    ),
]


@pytest.mark.parametrize("pane", PANES, ids=["idle", "wide", "asking"])
@pytest.mark.parametrize(("width", "height"), [(38, 6), (44, 9), (120, 18)])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_a_pane_takes_exactly_its_cells(pane: Pane, width: int, height: int, glyphs: object) -> None:
    brush = Brush(ASCII if glyphs is ASCII else UNICODE, 1767225660.0)
    lines = paint_pane(pane, width, height, brush, selected=True)
    assert [width_of(line) for line in lines] == [width] * height
    assert width_of(paint_row(pane, width, brush, selected=False)) == width


def test_in_ascii_a_pane_has_nothing_else() -> None:
    lines = paint_pane(PANES[2], 44, 9, Brush(ASCII, 0.0), selected=False)
    text = "".join(span.text for line in lines for span in line)
    assert text.replace("…", "").isascii()


def test_every_state_has_its_own_glyph() -> None:
    for glyphs in (UNICODE, ASCII):
        used = [glyph for state, glyph in glyphs.runs.items() if state not in {"idle", "pausing"}]
        assert len(used) == len(set(used))


@pytest.mark.parametrize(
    ("environment", "glyphs"), [({"LANG": "C"}, ASCII), ({"LC_ALL": "de_DE.UTF-8"}, UNICODE), ({}, ASCII)]
)
def test_glyphs_follow_the_locale(environment: dict[str, str], glyphs: object) -> None:
    assert choose(environment) is glyphs


def test_ages_get_coarser() -> None:
    start = "1970-01-01T00:00:00Z"
    assert [age(start, now) for now in (5, 192, 700, 7500, 400_000)] == ["5s", "3m12", "11m", "2h05", "4d"]
    assert age("rubbish", 5) == ""


def test_a_long_span_runs_on_after_a_short_one_and_short_ones_stay_whole() -> None:
    line = [say("line 2: "), say("the name is not lower case with dashes"), say(" x y")]
    shown = ["".join(span.text for span in row) for row in wrapped(line, 24)]
    assert shown == ["line 2: the name is not", "lower case with dashes", " x y"]
