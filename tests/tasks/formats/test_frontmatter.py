"""Front matter: every dialect gives its fields, and a diagnostic where another reader would fail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentboard_tasks.formats import frontmatter
from agentboard_tasks.formats.plainfields import read_plain
from agentboard_tasks.formats.yamltext import YamlRefused, read_mapping


def split(text: str) -> frontmatter.FrontMatter:
    return frontmatter.split(text.encode("utf-8", "surrogateescape"), "a.md")


def messages(text: str) -> str:
    return " | ".join(f"{problem.line}: {problem.message}" for problem in split(text).problems)


def test_yaml_keeps_scalars_as_they_are_written() -> None:
    read = split(
        "---\nname: no\nmaxTurns: 010\ntools:\n  - Read\n  - Bash(git log:*)\nx: {a: 1.0}\n---\nBody\n"
    )
    assert read.fields == {
        "name": "no",
        "maxTurns": "010",
        "tools": ["Read", "Bash(git log:*)"],
        "x": {"a": "1.0"},
    }
    assert (read.dialect, read.body, read.body_line, read.problems) == ("yaml", "Body\n", 9, ())


def test_a_key_in_another_case_is_found_and_said() -> None:
    read = split("---\nname: a\nModel: opus\n---\n")
    assert read.get("model") == "opus"
    assert read.fields["Model"] == "opus"
    assert messages("---\nname: a\nModel: opus\n---\n") == "3: the key `Model` is spelled `model`"


def test_a_key_given_twice_is_said() -> None:
    assert messages("---\nname: a\nname: b\n---\n") == "3: the key `name` is given twice"


def test_invalid_yaml_is_scanned_for_known_keys() -> None:
    text = '---\nname: rev\ndescription: Use this: when\nuser: "hi"\n\nmore text\ncolor: red\n---\nBody'
    read = split(text)
    assert read.dialect == "scanned"
    assert read.fields == {
        "name": "rev",
        "description": 'Use this: when\nuser: "hi"\n\nmore text',
        "color": "red",
    }
    assert (read.problems[0].line, read.problems[0].column) == (3, 22)
    assert "Claude Code silently skips" in read.problems[0].hint
    assert read.body == "Body"


@pytest.mark.parametrize(
    ("value", "bare"), [("&a b", "b"), ("*a", "*a"), ("!!str x", "x"), ("!x y", "y"), ("&a !!str z", "z")]
)
def test_anchors_aliases_and_tags_are_refused(value: str, bare: str) -> None:
    read = split(f"---\nname: {value}\n---\n")
    assert (read.dialect, read.fields) == ("scanned", {"name": bare})
    assert [(problem.line, problem.column) for problem in read.problems] == [(2, 7)]
    assert "not valid YAML" not in read.problems[0].message


def test_bytes_that_are_no_text_are_kept_and_said_and_the_rest_is_yaml() -> None:
    read = frontmatter.split(b"---\nname: a\ndescription: >\n  caf\xe9\n  and: more\n---\n", "a.md")
    assert read.dialect == "yaml"
    assert read.fields == {"name": "a", "description": "caf\udce9 and: more"}
    assert [(problem.line, problem.column) for problem in read.problems] == [(4, 6)]


def test_a_control_character_is_found_where_it_is() -> None:
    read = split("---\nname: a\ndescription: é\x07b: c\n---\n")
    assert read.fields["name"] == "a"
    assert [(problem.line, problem.column) for problem in read.problems] == [(3, 15)]
    assert read.problems


def test_a_merge_key_is_refused() -> None:
    assert split("---\nname: a\n<<: {b: c}\n---\n").dialect == "scanned"


def test_json_front_matter() -> None:
    read = split('---json\n{"name": "a", "maxTurns": 3, "on": true}\n---\nB')
    assert (read.dialect, read.fields, read.body) == (
        "json",
        {"name": "a", "maxTurns": "3", "on": "true"},
        "B",
    )


def test_a_rendered_table_under_copied_page_text() -> None:
    text = (
        "Some commit\n4 KiB\nname, description\n| name | description |\n|---|---|\n| a | b \\| c |\nYou are\n"
    )
    read = split(text)
    assert (read.dialect, read.fields, read.body) == (
        "table",
        {"name": "a", "description": "b | c"},
        "You are\n",
    )
    assert read.body_line == 7
    assert read.problems


def test_a_table_far_below_is_no_front_matter() -> None:
    assert split("\n" * 30 + "| name | description |\n|---|---|\n| a | b |\n").dialect == "none"


@pytest.mark.parametrize("head", ["\ufeff", "\n\n", "<!-- made by hand -->\n", "<!-- a\nb -->\n"])
def test_front_matter_after_something_is_read_and_said(head: str) -> None:
    read = split(f"{head}---\nname: a\n---\nB")
    assert (read.fields, read.body) == ({"name": "a"}, "B")
    assert "first byte" in read.problems[0].message


def test_a_missing_opener() -> None:
    read = split("name: a\ndescription: b\n---\nB")
    assert (read.dialect, read.fields, read.body) == ("scanned", {"name": "a", "description": "b"}, "B")
    assert "no opening" in read.problems[0].message


@pytest.mark.parametrize("text", ["", "# Title\n", "---\n\ntext\n---\n", "Just text: here\n", "name: x\n"])
def test_no_front_matter_at_all(text: str) -> None:
    read = split(text)
    if not text.startswith("---"):
        assert (read.dialect, read.body) == ("none", text)
    assert read.fields == {}


def test_an_unclosed_block_gives_what_it_has() -> None:
    read = split("---\nname: a\ncolor: red\n\nBody")
    assert read.fields == {"name": "a", "color": "red"}
    assert "not closed" in read.problems[0].message


def test_line_ends_and_odd_bytes() -> None:
    read = frontmatter.split(b"---\r\nname: caf\xff\r\n---\r\nB\xfe\r\n", "a.md")
    assert read.fields == {"name": "caf\udcff"}
    assert read.body == "B\udcfe\r\n"


PIECES = st.sampled_from(
    [
        "name: a",
        "x: b c",
        "y: 'q'",
        'z: "q"',
        "t: [a, 'b']",
        "t:",
        "  - a",
        "  - b: c",
        "- d",
        "u: a: b",
        "v: a #c",
        "#",
        "w: - a",
        "k: a:b",
        "k: @a",
        "  more",
        "e: é",
        "f: \t",
        "n: ''",
        "m: [a, [b]]",
        "o: a\\b",
        "p: [ ]",
        "q:x",
        "",
    ]
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=6))
def test_the_quick_reading_is_the_full_reading(lines: list[str]) -> None:
    text = "\n".join(lines)
    plain = read_plain(text)
    if plain is None:
        return
    try:
        full, _ = read_mapping(text)
    except YamlRefused as refused:
        pytest.fail(f"{text!r}: {refused.reason}")
    assert plain == full


def test_an_example_within_a_description_takes_no_key_away() -> None:
    example = "user: help: me\nname: another\nmodel: sonnet"
    read = split(f"---\nname: writer\ndescription: Use: this\n{example}\n---\n")
    assert read.fields["name"] == "writer"
    assert read.fields["description"] == "Use: this\nuser: help: me\nname: another"
    assert read.fields["model"] == "sonnet"


def test_a_table_that_lists_several_agents_is_no_front_matter() -> None:
    table = "| name | description |\n|---|---|\n| one | a |\n"
    assert split(f"# Agents\n{table}\nYou are one.\n").dialect == "table"
    assert split(f"# Agents\n{table}| two | b |\n").dialect == "none"


def test_utf_16_is_said_to_be_that() -> None:
    read = frontmatter.split("\ufeff---\nname: a\n---\n".encode("utf-16-le"), "a.md")
    assert "UTF-16" in read.problems[0].message


def test_a_no_break_space_after_a_key_is_a_space() -> None:
    read = split("---\nname:\u00a0reviewer\ndescription:\u00a0Reads: all\ntools:\u3000Read\n---\nB")
    assert read.fields == {"name": "reviewer", "description": "Reads: all", "tools": "Read"}


@pytest.mark.parametrize("fence", ["```markdown", "```", "~~~yaml"])
def test_front_matter_in_a_code_fence_is_read_and_said(fence: str) -> None:
    read = split(f"{fence}\n---\nname: a\ndescription: b\n---\nBody\n")
    assert (read.fields, read.body_line) == ({"name": "a", "description": "b"}, 6)
    assert "first byte" in read.problems[0].message
    assert split(f"{fence}\nname: a\n---\n").dialect == "none"


def test_a_comment_between_fields_is_no_part_of_one_that_is_scanned() -> None:
    read = split("---\nname: a\n# who\ntools: Read\n# why\ndescription: b: c\n# heading\n---\n")
    assert read.fields == {"name": "a", "tools": "Read", "description": "b: c\n# heading"}
