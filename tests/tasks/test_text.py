"""SafeText: nothing in it moves a cursor, hides, reorders or piles up."""

from __future__ import annotations

import random
import sys
import unicodedata

import pytest

from agentboard_tasks.text import ELLIPSIS, MARKS, SafeText

ATTACKS = (
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;title\x07",
    "\x1b]2;title\x1b\\",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1bPtmux;\x1b\x1b]52;c;x\x07\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b_Gf=100;AAAA\x1b\\",
    "\x1b^pm\x1b\\",
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b[6n",
    "\x1b[?1049l",
    "\x1b[?2004h",
    "\x1bc",
    "\x1bktitle\x1b\\",
    "\x9b31m",
    "\x9d52;c;x\x9c",
    "\x90q\x9c",
    "\x85\x8d\x84",
    "\x07\x08\x0b\x0c\r\n\t\x00\x7f",
    "\x0e\x0f",
    "a\u202egnp.exe",
    "\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u200e\u200f\u061c",
    "zero\u200bwidth\u200c\u200d\u2060\ufeff\u00ad\u180e\u2063\u034f",
    "\u2028\u2029",
    "\U000e0041\U000e0042\U000e007f\U000e0001",
    "v\ufe00\ufe01\U000e0100\U000e01ef",
    "x\ufe0f\ufe0f\ufe0f",
    "\u115f\u1160\u3164\uffa0",
    "\ud800\udfff\udcff",
    "Z" + "\u0301\u0335\u20dd" * 200,
    "\u1161" * 500,
    "[@click=app.quit]x[/]",
    "[red]x[/red]",
    "tests[/x.py]",
    "\ufff9a\ufffab\ufffb",
)
FORBIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def longest_pile(text: str) -> int:
    longest = pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        longest = max(longest, pile)
    return longest


def is_safe(text: str) -> bool:
    return longest_pile(text) <= MARKS and not any(unicodedata.category(c) in FORBIDDEN for c in text)


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_no_attack_survives(attack: str) -> None:
    for raw in (attack, attack.encode("utf-8", "surrogatepass"), f"before {attack} after"):
        shown = SafeText.of(raw)
        assert is_safe(shown)
        assert SafeText.of(str(shown)) == shown
        assert all(is_safe(line) for line in SafeText.lines(raw))


def test_no_single_character_is_forbidden() -> None:
    wrong = [hex(code) for code in range(sys.maxunicode + 1) if not is_safe(SafeText.of(chr(code)))]
    assert wrong == []


def test_every_mark_counts_as_part_of_a_pile() -> None:
    marks = [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Mn", "Me"}
    ]
    assert [hex(ord(mark)) for mark in marks if longest_pile(SafeText.of("a" + mark * 9)) > MARKS] == []


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31m", "␛[31m"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("\x7f", "␡"),
        ("\x9b", "<U+009B>"),
        ("a\u202eb", "a<U+202E>b"),
        ("\udcff", "\\xff"),
        ("\ud800", "<U+D800>"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("⚠️ 1️⃣ done", "⚠ 1⃣ done"),
        ("\ufe0f", "<U+FE0F>"),
        ("Việt Nam שָׁלוֹם नमस्ते 日本語 ✓", "Việt Nam שָׁלוֹם नमस्ते 日本語 ✓"),
        ("a" + "\u0301" * 9 + "b", "a" + "\u0301" * MARKS + "…b"),
        ("", ""),
    ],
)
def test_pictures(raw: str, shown: str) -> None:
    assert SafeText.of(raw) == shown


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert SafeText.of(b"caf\xe9 \xe2\x9c\x93") == "caf\\xe9 ✓"


@pytest.mark.parametrize("limit", [0, 1, 2, 5, 9])
def test_the_limit_counts_characters(limit: int) -> None:
    for raw in ("abcdefghijkl", "\u202e\u202e\u202e", "é" * 12, ("é" * 12).encode()):
        shown = SafeText.of(raw, limit)
        assert len(shown) <= limit
        assert limit == 0 or shown.endswith(ELLIPSIS)


def test_what_fits_is_not_cut() -> None:
    assert SafeText.of("abc", 3) == "abc"
    assert SafeText.of("é✓x".encode(), 3) == "é✓x"


def test_lines_keep_the_lines_and_expand_tabs() -> None:
    assert SafeText.lines("a\tb\r\nc\rd\n\ne") == ["a   b", "c", "d", "", "e"]
    assert SafeText.lines("a\n") == ["a"]
    assert SafeText.lines("") == []


def test_lines_left_out_are_counted() -> None:
    assert SafeText.lines("a\nb\nc\nd\n", limit_lines=2) == ["a", "b", "… 2 more lines"]
    assert SafeText.lines("a\nb\n", limit_lines=2) == ["a", "b"]


def test_what_is_made_of_safe_text_is_safe() -> None:
    joined = SafeText.literal(" · ").join(["a\x1b", SafeText.of("b")])
    assert joined == "a␛ · b"
    assert isinstance(joined, SafeText)
    assert isinstance(joined + "\x07", SafeText)
    assert joined + "\x07" == "a␛ · b␇"
    assert isinstance(joined[1:3], SafeText)
    pile = SafeText.of("\u0301" * MARKS)
    assert longest_pile(pile + pile) <= MARKS
    assert longest_pile(SafeText.literal("").join([pile, pile])) <= MARKS


def test_a_literal_must_be_safe() -> None:
    assert SafeText.literal("✓ done") == "✓ done"
    with pytest.raises(ValueError, match="not safe"):
        SafeText.literal("\x1b[1m")


def test_random_text_is_safe_and_stays_as_it_is() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    source = random.Random(seed)
    pool = "".join(ATTACKS) + "abc é✓[]\\ "
    for _ in range(2_000):
        raw = "".join(source.choices(pool, k=source.randrange(40)))
        limit = source.randrange(1, 60)
        shown = SafeText.of(raw, limit)
        assert is_safe(shown), ascii(raw)
        assert SafeText.of(str(shown), limit) == shown, ascii(raw)
        assert len(shown) <= limit
