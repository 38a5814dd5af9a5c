"""Every size of window: nothing crashes, nothing overlaps, and the keys work where a person can read them."""

from __future__ import annotations

import random

import pytest

from tests.support.shell import Home
from tests.support.terminal import Screen

SIZES = ((120, 40), (80, 24), (60, 20), (40, 20), (20, 5), (1, 1))
READABLE = ((80, 24), (40, 20))
STORM = 50


def calm(screen: Screen) -> list[str]:
    """Return what is shown once nothing changes any more."""
    screen.settle(0.4, 5)
    return screen.lines()


@pytest.mark.parametrize("size", SIZES)
def test_a_window_of_any_size_opens_and_closes(home: Home, size: tuple[int, int]) -> None:
    home.take_sample()
    with home.board(*size) as screen:
        screen.wait_for(lambda: b"\x1b[?1049h" in screen.raw)
        screen.wait_for("api-e" if size[1] > 1 and size[0] > 10 else lambda: True)
        calm(screen)
        assert screen.process.poll() is None
        screen.press("q")
        assert screen.ended() == 0


def test_a_storm_of_resizes_ends_in_the_picture_of_a_fresh_board(home: Home) -> None:
    home.take_sample()
    seed = random.randrange(10_000)
    print("seed", seed)
    dice = random.Random(seed)
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        for _ in range(STORM):
            screen.resize(dice.randint(1, 160), dice.randint(1, 50))
        screen.settle(0.2, 3)
        for columns, rows in ((1, 1), (80, 24), (40, 20), (120, 40)):
            screen.resize(columns, rows)
            calm(screen)
            assert screen.process.poll() is None
        last = calm(screen)
        with home.board() as fresh:
            fresh.wait_for("T1 Create users")
            assert calm(fresh) == last


@pytest.mark.parametrize("size", READABLE)
def test_screens_dialogs_and_filter_work_in_a_small_window(home: Home, size: tuple[int, int]) -> None:
    home.take_sample()
    with home.board(*size) as screen:
        screen.wait_for("api-engineer")
        board = calm(screen)
        for key, shown in (
            ("?", "Keys"),
            (":", "what to do?"),
            ("2", "To do  6"),
            ("3", "Nothing needs you."),
            ("d", "Dispatch"),
        ):
            screen.press(key)
            screen.wait_for(shown)
            screen.press("esc")
            screen.wait_for(lambda: screen.lines() == board)
        screen.press("/")
        screen.wait_for("filter: words")
        screen.press("refund")
        screen.wait_gone("Cart Expert")
        screen.wait_for("refund-worker")
        screen.press("enter")
        screen.press("esc")
        screen.wait_for("Cart Expert")
        assert calm(screen) == board
        screen.press("j")
        screen.wait_for("▌–  api-engineer")
        screen.press("enter")
        screen.wait_gone("Cart Expert")
        screen.press("esc")
        screen.wait_for("Cart Expert")
        screen.press("q")
        assert screen.ended() == 0
