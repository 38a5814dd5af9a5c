"""What a terminal sends, and the keys that a person pressed."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from agentboard_tui.keyboard import Keys, apart


def pressed(*pieces: str) -> list[str]:
    """Return the keys of what a terminal sent in pieces, with time enough after the last."""
    keys = Keys()
    messages = [message for piece in pieces for message in keys.feed(piece.encode())]
    messages += keys.time_out()
    return [key.key for message in messages if isinstance(message, Key) for key in apart(message)]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (("\x1b",), ["escape"]),
        (("\x1b3",), ["escape", "3"]),
        (("\x1b:",), ["escape", "colon"]),
        (("\x1bG",), ["escape", "G"]),
        (("\x1b\r",), ["escape", "enter"]),
        (("\x1b", "j"), ["escape", "j"]),
        (("\x1b\x1b",), ["escape", "escape"]),
        (("\x1b\x1b\x1bq",), ["escape", "escape", "escape", "q"]),
        (("\x1b/refund",), ["escape", "slash", "r", "e", "f", "u", "n", "d"]),
        (("\x1b\x1b[A",), ["escape", "up"]),
        (("\x1b[", "A"), ["up"]),
        (("\x1b", "[A"), ["up"]),
        (("\x1bOP",), ["f1"]),
        (("\x1b]",), ["escape", "right_square_bracket"]),
        (("\x1b]11;rgb:1/2/3\x1b\\x",), ["x"]),
        (("a\x1b]11;rgb", ":1/2/3\x1b", "\\x"), ["a", "x"]),
        (("\x1b]11;rgb:1/2/3\x07\x1bP>|term 1.2\x1b\\\x1b3",), ["escape", "3"]),
        (("\x1b]11;lost",), []),
        (("\x1b[1;3C",), ["alt+right"]),
        (("\x1b[51;3u",), ["alt+3"]),
        (("\x1b\x7f",), ["alt+backspace"]),
        (("\x1b[27u", "\x1b[51u"), ["escape", "3"]),
        (("\x1b\x03",), ["escape", "ctrl+c"]),
    ],
)
def test_an_escape_is_a_key_however_soon_another_follows(sent: tuple[str, ...], keys: list[str]) -> None:
    assert pressed(*sent) == keys


def test_an_escape_waits_for_what_may_follow() -> None:
    keys = Keys()
    assert list(keys.feed(b"\x1b")) == []
    assert [key.key for key in keys.time_out() if isinstance(key, Key)] == ["escape"]
    assert list(keys.time_out()) == []


def test_letters_in_pieces_and_bytes_that_are_no_letters() -> None:
    keys = Keys()
    messages = [*keys.feed(b"\xc3"), *keys.feed(b"\xa4\xff")]
    assert [key.character for key in messages if isinstance(key, Key)] == ["ä", "\N{REPLACEMENT CHARACTER}"]


def test_what_is_pasted_stays_one_piece() -> None:
    keys = Keys()
    messages = [*keys.feed(b"\x1b[200~line 1\nline"), *keys.feed(b" 2\x1b[201~"), *keys.feed(b"x")]
    assert [message.text for message in messages if isinstance(message, Paste)] == ["line 1\nline 2"]
