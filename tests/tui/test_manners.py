"""How the board treats a person: keys in their order, other terminals, calls, leaving."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color

from agentboard_agents.store import Store
from agentboard_tasks.layout import Kind
from agentboard_tui import orders
from agentboard_tui.alert import Alert
from agentboard_tui.app import AgentBoard, open_board
from agentboard_tui.bridge import Bridge
from agentboard_tui.files_watch import FilesWatch, first_team
from agentboard_tui.glyphs import ASCII, UNICODE, choose
from agentboard_tui.leaving import parting_words
from agentboard_tui.screens.deck import Deck
from agentboard_tui.screens.dispatch import DispatchDialog
from agentboard_tui.screens.prompts import ConfirmDialog
from agentboard_tui.themes import NAMES
from agentboard_tui.wall import Colorless, Plain
from tests.tui.stage import Stage, screen_text, until


def together(app: AgentBoard, keys: str) -> None:
    """Send keys as a slow line does: all at once."""
    for key in keys:
        app.post_message(events.Key({"/": "slash", ":": "colon"}.get(key, key), key))


async def test_a_key_acts_on_what_the_key_before_it_selected(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        together(app, "jjd")
        await until(pilot, lambda: isinstance(app.screen, DispatchDialog))
        assert isinstance(app.screen, DispatchDialog)
        assert app.screen.order().agent == str(app.selected)


async def test_letters_typed_at_once_after_the_slash_are_words(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        theme = app.theme
        together(app, "/tpq")
        await until(pilot, lambda: app.words == "tpq")
        assert app.theme == theme
        assert app.is_running


async def test_words_typed_at_once_after_m_reach_the_message(working: Stage) -> None:
    async with working.board() as (app, pilot):
        together(app, "jmhello")
        await until(pilot, lambda: "hello" in screen_text(app))


async def test_the_filter_stays_in_sight_and_looks_at_all_agents(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("j", "slash", *"wall", "enter")
        await until(pilot, lambda: "Paint the wall" in screen_text(app))
        assert "wall" in screen_text(app).splitlines()[-3]


async def test_done_counts_the_tasks_of_the_selected_agent(stage: Stage) -> None:
    (stage.root / ".claude/tasks/bob-tasks.md").write_text("## To Do\n- [ ] T7 Sweep\n")
    async with stage.board() as (app, pilot):
        assert "0/3 done" in screen_text(app)
        await pilot.press("j")
        await until(pilot, lambda: "0/2 done" in screen_text(app))


async def test_a_log_that_has_only_patterns_shows_its_name_and_the_patterns(stage: Stage) -> None:
    (stage.root / "tasks").mkdir()
    log = "## Codebase Patterns\n- use cents, not floats\n"
    (stage.root / "tasks/shop_progress.txt").write_text(log)
    async with stage.board() as (app, _pilot):
        assert "tasks/shop_progress.txt" in screen_text(app)
        assert "use cents, not floats" in screen_text(app)


async def test_a_repository_that_is_gone_is_said(stage: Stage) -> None:
    import shutil

    async with stage.board() as (app, pilot):
        shutil.rmtree(stage.root)
        await until(pilot, lambda: "is gone" in screen_text(app))


async def test_a_store_that_was_bad_is_opened_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentboard_tui.bridge.REOPEN", 0.05)
    path = stage.root.parent / "aside"
    stage.store.close()
    real = stage.root.parent / "state"
    real.rename(path)
    real.write_text("no directory")
    async with stage.board() as (app, pilot):
        assert app.bridge.store is None
        real.unlink()
        path.rename(real)
        await until(pilot, lambda: app.bridge.store is not None and not app.board.notices)


async def test_every_theme_can_be_taken(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        for _ in NAMES:
            await pilot.press("t")
        assert app.theme == NAMES[0]
        assert "ada" in screen_text(app)


async def test_the_configured_theme_is_taken(stage: Stage) -> None:
    config = stage.root.parent / "config/agentboard"
    config.mkdir(parents=True)
    (config / "config.yaml").write_text("theme: nord\n")
    async with stage.board() as (app, pilot):
        await until(pilot, lambda: app.theme == "nord")


async def test_nothing_is_frozen_where_all_have_finished(working: Stage) -> None:
    working.happen("review_ready")
    async with working.board() as (app, pilot):
        await until(pilot, lambda: "review" in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: "nothing runs" in screen_text(app))
        assert working.commands("pause_all") == []


async def test_a_dialog_does_not_speak_of_options_of_the_command_line(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("j", "l", "d")
        await until(pilot, lambda: "bob has no task to do in its own list" in screen_text(app))
        assert "--" not in screen_text(app).split("bob has no task")[1][:100]


async def test_what_was_refused_shows_as_asked_no_more(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 10.0)
    async with working.board() as (app, pilot):
        await pilot.press("j", "p")
        await until(pilot, lambda: bool(working.commands("pause")))
        assert "pause asked" in screen_text(app)
        working.store.settle(working.commands("pause")[0].id, False, "it has ended")
        await until(pilot, lambda: "it has ended" in screen_text(app))
        await until(pilot, lambda: "pause asked" not in screen_text(app))


async def test_stop_all_asks_pauses_and_says_how_to_go_on(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 10.0)
    async with working.board() as (app, pilot):
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        assert working.commands("pause_all") == []
        await pilot.press("enter")
        await until(pilot, lambda: bool(working.commands("pause_all")))
        assert app.is_running
        working.happen("pause_requested")
        working.happen("run_paused")
        working.store.settle(working.commands("pause_all")[0].id, True, "all paused")
        await until(pilot, lambda: bool(app.parting))
        assert "agentboard resume r1" in "\n".join(app.parting)


def test_the_parting_words_name_each_run() -> None:
    assert "ended" in parting_words([])[0]


async def test_leaving_does_not_wait_for_an_acknowledgement(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 60.0)
    begun = time.monotonic()
    async with working.board() as (_app, pilot):
        await pilot.press("j", "p")
        await until(pilot, lambda: bool(working.commands("pause")))
        await pilot.press("q")
    assert time.monotonic() - begun < 20


def test_an_order_whose_person_has_left_is_still_written(stage: Stage) -> None:
    counter = orders.Counter(stage.project)
    counter._left.set()  # pyright: ignore[reportPrivateUsage]
    reply = orders.send(counter, "pause_all", None, "done")
    assert not reply.settled
    assert [command.kind for command in Store.open(stage.project).pending()] == ["pause_all"]


def test_a_dumb_terminal_is_refused_in_one_line(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert open_board(stage.project) == 2
    assert "TERM=dumb" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "glyphs"),
    [
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ASCII),
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, ASCII),
        ({"LANG": "en_US.ISO-8859-1"}, ASCII),
        ({"LANG": "de_DE.UTF-8@euro"}, UNICODE),
    ],
)
def test_pythons_own_locale_says_nothing_of_the_terminal(environment: dict[str, str], glyphs: object) -> None:
    assert choose(environment) is glyphs


def test_in_ascii_each_cell_stays_in_its_place() -> None:
    found = Plain().apply([Segment("╭─ 漢字 ✓ …")], Color(0, 0, 0))
    assert found[0].text == "+- ???? v ~"


def test_without_colour_weight_stays() -> None:
    style = Style(color="red", bgcolor="blue", bold=True)
    found = Colorless().apply([Segment("x", style)], Color(0, 0, 0))
    assert (found[0].style.color, found[0].style.bgcolor, found[0].style.bold) == (None, None, True)  # type: ignore[union-attr]


def test_the_terminal_calls_once_for_each_new_thing_and_only_while_nobody_looks() -> None:
    written: list[str] = []
    alert = Alert(written.append)
    alert.needs({"q1": "a?"}, 1)
    assert written == []
    alert.away = True
    alert.needs({"q1": "a?"}, 1)
    assert written == []
    alert.needs({"q1": "a?", "q2": "b\x1b[2J?"}, 2)
    assert "2 need you: b␛[2J?" in written[-1]
    count = len(written)
    alert.needs({"q1": "a?", "q2": "b"}, 2)
    assert len(written) == count
    alert.seen()
    assert written[-1] == "\x1b[23;2t"


def test_watching_that_is_stopped_before_it_began_never_begins(stage: Stage) -> None:
    told: list[object] = []
    watch = FilesWatch(stage.project, told.append, told.append)
    watch.stop()
    watch.start()
    assert watch.mode == "not watching"


async def test_words_typed_at_once_after_the_colon_reach_the_palette(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        before = app.theme
        together(app, ":theme")
        await until(pilot, lambda: "the next theme" in screen_text(app))
        await pilot.press("enter")
        if app.theme == before:
            await pilot.press("enter")
        await until(pilot, lambda: app.theme != before)


async def test_what_fails_behind_the_screens_is_said_and_logged_without_secrets(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD_TOKEN", "tell-nobody-1234")
    async with stage.board() as (app, pilot):
        logging.getLogger("agentboard_tasks.watch").warning("watching by polling")
        logging.getLogger("agentboard_tasks.watch").error("a change with tell-nobody-1234 was not taken")
        await until(pilot, lambda: "a change with [redacted] was not taken; details:" in screen_text(app))
    log = (Path(stage.project.state) / "ui.log").read_text()
    assert "watching by polling" in log
    assert "was not taken" in log
    assert "tell-nobody" not in log


class Long:
    """Long words that pytest does not print."""

    def __str__(self) -> str:
        return "y" * 600_000


async def test_the_log_of_faults_begins_anew_when_it_is_long(stage: Stage) -> None:
    async with stage.board():
        for _ in range(3):
            logging.getLogger("tests").warning("%s", Long())
    kept = [name for name in os.listdir(stage.project.state) if name.startswith("ui.log")]
    assert sorted(kept) == ["ui.log", "ui.log.1"]


async def test_a_fault_behind_the_screens_is_said_and_ends_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no reader is perfect")

    monkeypatch.setattr("agentboard_tasks.workspace_read.READERS", dict.fromkeys(Kind, broken))
    monkeypatch.setattr(AgentBoard, "_try_sandbox", broken)
    bridge = Bridge(stage.project)
    bridge.team = first_team(stage.project)
    app = AgentBoard(bridge)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "sandbox: this did not work" in screen_text(app))
        await until(pilot, lambda: "ZeroDivisionError in agentboard itself" in screen_text(app))
        assert "ada" in screen_text(app)
    log = (Path(stage.project.state) / "ui.log").read_text()
    assert "no reader is perfect" in log


async def test_a_beat_that_comes_while_the_board_closes_does_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = AgentBoard._close_all  # pyright: ignore[reportPrivateUsage]
    beats: list[bool] = []

    async def close(app: AgentBoard) -> None:
        decks = [screen for screen in app.screen_stack if isinstance(screen, Deck)]
        await closing(app)
        await app._beat()  # pyright: ignore[reportPrivateUsage]
        beats.extend(deck.ready for deck in decks)

    monkeypatch.setattr(AgentBoard, "_close_all", close)
    async with stage.board():
        pass
    assert beats == [False]
