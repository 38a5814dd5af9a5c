"""A board begins with the picture of the last one, where that fits, and takes it away when it cannot open."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentboard_tui import first_picture
from tests.support.shell import Home
from tests.support.terminal import Screen, modes_left_on

BOARD = [sys.executable, "-m", "agentboard_tui"]
LIGHT = "import sys; import agentboard_tui.first_picture, agentboard_agents.places; print(*sys.modules)"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    with Screen(BOARD, env=home.env, cwd=home.root) as screen:
        screen.wait_for("T1 Greet the world", 30)
        screen.press("q")
        assert screen.ended(20) == 0
    return home


def picture(home: Home) -> Path:
    return next((Path(home.env["XDG_STATE_HOME"]) / "agentboard").glob("*/picture"))


def marked(home: Home) -> None:
    """Put a word into the kept picture that no live board shows."""
    path = picture(home)
    path.write_bytes(path.read_bytes().replace(b"Greet the world", b"As it was left!"))


def test_the_picture_is_kept_for_its_owner_alone(home: Home) -> None:
    assert picture(home).stat().st_mode & 0o777 == 0o600


def test_the_last_picture_comes_first_and_the_live_one_replaces_it(home: Home) -> None:
    marked(home)
    with Screen(BOARD, env=home.env, cwd=home.root) as screen:
        screen.wait_for("T1 As it was left!", 30)
        screen.wait_for("T1 Greet the world", 30)
        screen.press("q")
        assert screen.ended(20) == 0
        assert modes_left_on(screen.raw) == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_while_only_the_picture_shows_takes_it_away(home: Home, number: signal.Signals) -> None:
    with Screen(BOARD, env=home.env, cwd=home.root) as screen:
        screen.wait_for(lambda: b"Greet" in screen.raw, 30)
        screen.signal(number)
        assert screen.ended(20) == 128 + number
        assert modes_left_on(screen.raw) == set()
        assert screen.settings() == screen.before


def test_keys_pressed_on_the_picture_are_for_the_live_board(home: Home) -> None:
    with Screen(BOARD, env=home.env, cwd=home.root) as screen:
        screen.wait_for(lambda: b"Greet" in screen.raw, 30)
        assert b"\x1b[?2004h" not in screen.raw  # nothing but the picture so far
        screen.press("d")
        screen.wait_for("First message", 30)
        screen.press("esc")
        screen.wait_gone("First message")
        screen.press("q")
        assert screen.ended(20) == 0


def test_a_picture_of_another_size_is_not_shown(home: Home) -> None:
    marked(home)
    with Screen(BOARD, env=home.env, cwd=home.root, columns=100) as screen:
        screen.wait_for("T1 Greet the world", 30)
        assert b"As it was left!" not in screen.raw


def test_it_is_taken_away_when_the_board_does_not_open(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    first_picture.shown.add(1)
    first_picture.take_away()
    first_picture.take_away()
    assert capfdbinary.readouterr().out.count(b"\x1b[?1049l") == 1


def test_showing_it_imports_next_to_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert not {"msgspec", "typing", "re", "json", "argparse", "textual", "sqlite3"} & set(
        done.stdout.split()
    )
