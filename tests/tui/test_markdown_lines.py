"""What an agent says in Markdown, as lines on the screen."""

from __future__ import annotations

import random
import string

import pytest
from rich.cells import cell_len

from agentboard_tui.widgets.markdown_lines import markdown_lines


def shown(text: str, width: int = 60) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in markdown_lines(text, width)]


def styles(text: str) -> dict[str, str]:
    return {span.text.strip(): span.style for line in markdown_lines(text, 60) for span in line}


def test_marks_become_styles() -> None:
    found = styles("# Plan\n\n**bold**, *said*, `code`\n\n- item\n\n> quoted\n\n```py\nx = 1\n```\n")
    assert found["Plan"] == "p-heading"
    assert found["bold"] == "p-name"
    assert found["said"] == "p-said"
    assert found["code"] == "p-tool"
    assert found["•"] == "p-key"
    assert found["x = 1"] == "p-tool"
    assert found["item"] == "p-plain"


def test_lines_end_where_the_agent_ended_them_and_code_keeps_its_spaces() -> None:
    text = "First:\nsecond line\n\n```\ndef f(x):\n    return  x\n\n    # end\n```"
    assert shown(text) == ["First:", "second line", "", "def f(x):", "    return  x", "", "    # end"]


@pytest.mark.parametrize(
    "text",
    [
        "see [the docs](https://example.com/a) and ![img](a.png)",
        "a List<String> and <b>HTML</b> &amp; &#27;[31m",
        "<div>\nblock\n</div>",
        "[ref]: http://example.com/hidden",
        "2 * 3 * 4 and snake_case_name and __init__.py",
        "Title\n---",
        "- [ ] open\n- [x] done",
        "~~gone~~",
        "C:\\Users\\me and a | b | c",
    ],
)
def test_nothing_that_was_written_is_left_out(text: str) -> None:
    there = "".join(shown(text))
    wanted = [character for character in text if character.isalnum()]
    assert [character for character in there if character.isalnum()] == wanted
    for mark in ("](", "<b>", "&amp;", "&#27;", "<div>", "*", "[ ]", "\\"):
        assert there.count(mark) == text.count(mark)


def test_a_table_is_a_table() -> None:
    lines = shown("| name | value |\n|---|---:|\n| a | 1 |\n| long name | 22 |")
    assert [line.split() for line in lines if line.strip() and "─" not in line] == [
        ["name", "value"],
        ["a", "1"],
        ["long", "name", "22"],
    ]


def test_no_control_character_comes_through_in_any_spelling() -> None:
    for text in (
        "\x1b[2J**x**",
        "`\x1b]52;c;x\x07`",
        "&#27;[2J",
        "&#x202e;x",
        "\u202ex",
        "```\n\x1b[0m\n```",
    ):
        for line in shown(text):
            assert "\x1b" not in line
            assert "\u202e" not in line


@pytest.mark.parametrize("width", [1, 8, 20, 100])
def test_rubbish_fits_and_is_no_crash(width: int) -> None:
    seed = random.randrange(10_000)
    print("seed", seed)
    dice = random.Random(seed)
    pieces = [
        *"#*_`~|>-+[]()!<&\\\n\n  ",
        "```",
        "~~~",
        "| a |",
        "|--|",
        "1. ",
        "999999999. ",
        "漢字",
        "🧑‍🚀",
        "e\u0301",
        "\t",
    ]
    for _ in range(60):
        text = "".join(
            dice.choice([*pieces, dice.choice(string.printable)]) for _ in range(dice.randrange(400))
        )
        for line in markdown_lines(text, width):
            assert sum(cell_len(span.text) for span in line) <= max(8, width) + 2, text


@pytest.mark.parametrize(
    "text", ["[" * 8000, "> " * 4000, "*" * 8000, "- " * 4000, "`" * 7999, "|" * 8000, "<" * 8000]
)
def test_a_hostile_piece_takes_no_longer_than_a_blink(text: str) -> None:
    from time import process_time

    begin = process_time()
    assert markdown_lines(text, 80)
    assert process_time() - begin < 2
