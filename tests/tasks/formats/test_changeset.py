"""Change sets: taken whole, or refused whole with every reason."""

from __future__ import annotations

import json

import pytest

from agentboard_tasks.formats import changeset

GOOD = (
    '{"files": [{"path": "a/b.py", "action": "create", "content": "x"}, {"path": "c", "action": "delete"}]}'
)


def reasons(text: str) -> str:
    with pytest.raises(changeset.ChangeSetRefused) as caught:
        changeset.parse(text)
    return " | ".join(caught.value.reasons)


def with_file(**members: object) -> str:
    return json.dumps({"files": [{"path": "a", "action": "create", "content": "x", **members}]})


@pytest.mark.parametrize(
    "form", ["{}", "```json\n{}\n```", "Sure, {here}:\n\n```\n{}\n```\nBye", "Here: {} done"]
)
def test_the_object_in_its_wrappings(form: str) -> None:
    found = changeset.parse(form.replace("{}", GOOD))
    assert [(one.path, one.action, one.content) for one in found.files] == [
        ("a/b.py", "create", "x"),
        ("c", "delete", ""),
    ]


def test_two_objects_are_ambiguous() -> None:
    assert "2 JSON objects" in reasons(f"```\n{GOOD}\n```\n```\n{GOOD}\n```")
    assert "no JSON object" in reasons("I would rather not.")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/x",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        ".git/config",
        ".GIT/x",
        "a/.git ",
        "git~1/x",
        ".g\u200cit/x",
        "a\\b",
        "C:/x",
        "a\nb",
        "\u202ea",
        "",
        " ",
        "~/x",
        "x" * 300,
        ".git::$INDEX_ALLOCATION/x",
        "a/.git./b",
    ],
)
def test_a_path_that_is_not_allowed(path: str) -> None:
    assert "path" in reasons(with_file(path=path))


@pytest.mark.parametrize("path", ["a", ".gitignore", "a/b c.py", "caf\u00e9/x", ".github/x.yml", "a..b"])
def test_a_path_that_is_allowed(path: str) -> None:
    assert changeset.parse(with_file(path=path)).files[0].path == path


def test_every_reason_is_listed() -> None:
    text = '{"files": [{"path": "../a", "action": "zap", "content": 3},'
    text += '{"path": "b", "path": "b", "action": "create"}]}'
    found = reasons(text)
    for expected in (
        "`..`",
        "unknown action 'zap'",
        "`content` must be text",
        "given twice",
        "`content` is missing",
    ):
        assert expected in found


def test_paths_that_clash() -> None:
    def files(*paths: str) -> str:
        return json.dumps({"files": [{"path": path, "action": "create", "content": ""} for path in paths]})

    assert "given 2 times" in reasons(files("a", "a"))
    assert "given 2 times" in reasons(files("a", "A"))
    assert "both a file and a folder" in reasons(files("a", "a/b"))


def test_broken_json_says_where() -> None:
    assert "line 2" in reasons('{"files": [\n{"path" "a"}]}')
    assert "`files` is empty" in reasons('{"files": []}')
    assert "UTF-8" in reasons('{"files": [{"path": "a", "action": "create", "content": "\\ud800"}]}')
