"""The board on a slow line, in other locales, in small windows: what is typed is taken in its order."""

from __future__ import annotations

import shutil

from tests.support.shell import Home


def test_every_theme_can_be_taken(home: Home) -> None:
    with home.board() as screen:
        screen.wait_for("T1 Greet")
        for _ in range(8):
            screen.press("t")
            screen.settle(0.3)
            assert screen.process.poll() is None, screen.text()


def test_keys_that_arrive_together_act_on_what_the_first_one_selected(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.settle()
        screen.press("j")
        screen.wait_for("┏━ api-engineer")
        screen.write(b"ld")
        screen.wait_for("› agent")
        screen.wait_for("› agent    cart-expert")
        screen.press("esc")
        screen.wait_gone("› agent")
        screen.write(b"jd")
        screen.wait_for("› agent")
        screen.wait_for("› agent    refund-worker")


def test_enter_pressed_while_the_board_starts_is_enter(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.press("j", "enter")  # the terminal still makes line ends of it
        screen.wait_for("[Transcript]")


def test_an_escape_and_the_key_right_after_it_are_two_keys(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.settle()
        screen.write(b"2")
        screen.wait_for("To do  6")
        screen.write(b"\x1b3")
        screen.wait_for("Nothing needs you.")
        screen.write(b"\x1b\x1b?")
        screen.wait_for("Keys")
        screen.write(b"\x1b2")
        screen.wait_for("To do  6")
        screen.write(b"\x1b/stock")
        screen.wait_gone("refund-worker")
        screen.write(b"\x1bb")  # not a key of the field: the words stay
        screen.write(b"!")
        screen.wait_for(" stock!")


def test_letters_typed_after_the_slash_are_words_never_actions(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.settle()
        screen.write(b"/stock")
        screen.settle(0.5)
        assert "theme" not in screen.text()
        assert "EDITOR" not in screen.text()
        assert " stock" in screen.lines()[-3]


def test_words_typed_after_m_reach_the_message(home: Home) -> None:
    with home.board() as screen:
        screen.wait_for("T1 Greet")
        screen.press("j")
        screen.wait_for("┏━ api-engineer")
        screen.write(b"mhello there")
        screen.wait_for("Message to")
        screen.settle(0.5)
        assert "hello there" in screen.text()


def test_the_c_locale_gets_ascii_alone(home: Home) -> None:
    for extra in ({"LANG": "C"}, {"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, {"LANG": "en_US.ISO-8859-1"}):
        home.env |= extra
        with home.board(90, 24) as screen:
            screen.wait_for("T1 Greet")
            screen.settle()
            for keys in ([], ["?"], ["esc"], ["d"], ["esc"], [":"]):
                screen.press(*keys)
                screen.settle(0.3)
                assert screen.text().isascii(), screen.text()


def test_a_terminal_that_can_do_nothing_is_refused_in_one_line(home: Home) -> None:
    home.env["TERM"] = "dumb"
    with home.board() as screen:
        assert screen.ended() == 2
        assert b"\x1b" not in screen.raw


def test_one_shows_the_agents_in_a_narrow_window(home: Home) -> None:
    with home.board(40, 20) as screen:
        screen.wait_for("[Agents]")
        screen.press("tab")
        screen.wait_for("[Tasks]")
        screen.press("1")
        screen.wait_for("[Agents]", 3)


def test_a_filter_finds_tasks_of_all_agents_also_while_one_is_selected(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.press("j")
        screen.wait_for("┏━ api-engineer")
        screen.press("/")
        screen.wait_for("filter: words")
        screen.press("refund")
        screen.wait_gone("Cart Expert")
        assert "No task matches" not in screen.text()
        assert "Nothing shared yet" not in screen.text()
        screen.press("enter")
        screen.settle(0.3)
        assert "refund" in screen.lines()[-3] or "filter" in screen.text()  # the filter stays visible


def test_a_deleted_project_is_said(home: Home) -> None:
    with home.board() as screen:
        screen.wait_for("T1 Greet")
        shutil.rmtree(home.root)
        screen.wait_for(lambda: " ! " in screen.lines()[1], 5)
