"""However the board ends, the terminal is as it was before."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.shell import Home
from tests.support.terminal import Screen, modes_left_on

SEEN = "T1 Greet the world"


def opened(home: Home) -> Screen:
    screen = home.board()
    screen.wait_for(SEEN)
    assert modes_left_on(screen.raw) >= {25, 1000, 1049, 2004}
    return screen


def assert_restored(screen: Screen) -> None:
    screen.wait_for(lambda: modes_left_on(screen.raw) == set(), 2)
    assert screen.settings() == screen.before
    assert SEEN not in screen.raw.rpartition(b"\x1b[?1049l")[2].decode()


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_leaving_restores_the_terminal(home: Home, key: str) -> None:
    with opened(home) as screen:
        screen.press(key)
        assert screen.ended() == 0
        assert_restored(screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_restores_the_terminal(home: Home, number: signal.Signals) -> None:
    with opened(home) as screen:
        screen.signal(number)
        assert screen.ended() == 128 + number
        assert_restored(screen)


def test_a_board_whose_stderr_goes_to_a_file_is_on_the_terminal(home: Home, tmp_path: Path) -> None:
    errors = tmp_path / "errors.txt"
    words = ["/bin/sh", "-c", 'exec "$0" -m agentboard_tui 2>"$1"', sys.executable, str(errors)]
    with Screen(words, env=home.env, cwd=home.root) as screen:
        screen.wait_for(SEEN)
        screen.press("q")
        assert screen.ended() == 0
        assert_restored(screen)
    assert errors.read_bytes() == b""


def test_a_terminal_that_goes_away_ends_the_board(home: Home) -> None:
    with opened(home) as screen:
        screen.hang_up()
        assert screen.process.wait(8) != 0


def test_a_terminal_that_nobody_reads_does_not_keep_the_board_from_ending(home: Home) -> None:
    with opened(home) as screen:
        screen.stop_reading()
        for number in range(120):
            screen.resize(120 - number % 2, 40)
        screen.signal(signal.SIGTERM)
        assert screen.process.wait(8) == 128 + signal.SIGTERM


def test_suspending_restores_the_terminal_and_going_on_shows_the_board_again(home: Home) -> None:
    with opened(home) as screen:
        screen.press("ctrl+z")
        screen.wait_for(lambda: stopped(screen.process.pid))
        assert_restored(screen)
        screen.signal(signal.SIGCONT)
        screen.wait_for(lambda: 1049 in modes_left_on(screen.raw))
        screen.wait_for(SEEN)
        screen.press("q")
        assert screen.ended() == 0
        assert_restored(screen)


def stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().split()[2] == "T"


def test_a_worker_outlives_a_killed_board(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.press("j", "d")
        screen.wait_for("ready: checklist")
        screen.press("enter")
        screen.wait_for("worker ok")
        worker = home.worker_pid()
        screen.signal(signal.SIGHUP)
        screen.ended()
    os.kill(worker, 0)
