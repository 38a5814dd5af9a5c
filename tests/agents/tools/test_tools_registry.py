"""Calls: validated, bounded, refused with a reason, never an exception."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agentboard_agents.tools import SPECS, api_definitions, call

from .conftest import Bench

NAMES = (
    "Read",
    "Write",
    "Edit",
    "MultiEdit",
    "Glob",
    "Grep",
    "LS",
    "Bash",
    "BashOutput",
    "KillShell",
    "TodoRead",
    "TodoWrite",
    "NotebookRead",
    "NotebookEdit",
)


def test_every_tool_has_a_definition_the_api_takes() -> None:
    assert tuple(SPECS) == NAMES
    for definition in api_definitions(NAMES):
        assert set(definition) == {"name", "description", "input_schema"}
        schema = definition["input_schema"]
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert "$ref" not in str(schema)


def test_definitions_are_those_asked_for_that_exist() -> None:
    assert [one["name"] for one in api_definitions(["Bash", "WebFetch", "Read"])] == ["Read", "Bash"]


def test_only_what_changes_nothing_is_repeatable() -> None:
    assert [name for name, spec in SPECS.items() if not spec.repeatable] == [
        "Write",
        "Edit",
        "MultiEdit",
        "Bash",
        "BashOutput",
        "KillShell",
        "NotebookEdit",
    ]


async def test_unknown_and_forbidden_tools(bench: Bench) -> None:
    bench.context.allowed = frozenset({"Read", "LS"})
    assert "no tool" in await bench.refused("Teleport")
    reason = await bench.refused("Bash", command="true")
    assert "not allowed" in reason
    assert "Read, LS" in reason
    assert bench.shell.ran == []


@pytest.mark.parametrize(
    ("name", "arguments", "word"),
    [
        ("Read", {}, "file_path"),
        ("Read", {"file_path": 7}, "str"),
        ("Read", {"file_path": "x", "offset": 0}, "offset"),
        ("Read", {"file_path": "x", "colour": "red"}, "colour"),
        ("Edit", {"file_path": "x", "old_string": "a"}, "new_string"),
        ("MultiEdit", {"file_path": "x", "edits": []}, "edits"),
        ("Bash", {"command": "true", "timeout": 900_000}, "timeout"),
        ("Grep", {"pattern": "x", "output_mode": "all"}, "output_mode"),
        ("TodoWrite", {"todos": [{"content": "x", "status": "soon"}]}, "status"),
        ("Bash", ["command"], "object"),
        ("Bash", None, "object"),
        ("Bash", {"command": "a\0b"}, "NUL"),
    ],
)
async def test_wrong_arguments_name_the_fault(bench: Bench, name: str, arguments: Any, word: str) -> None:
    result = await call(bench.context, name, arguments)
    assert not result.ok
    assert word in result.content
    assert "\n" not in result.summary


async def test_numbers_as_text_are_understood(bench: Bench) -> None:
    assert (await bench.must("Read", file_path="src/app.py", offset="5", limit="1")).startswith("     5")


async def test_rubbish_never_raises(bench: Bench) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    values: list[Any] = [
        None,
        0,
        -1,
        1e308,
        "",
        "\0",
        "..",
        "src",
        "src/app.py",
        [],
        {},
        [{}],
        True,
        "x" * 10_000,
        "\ud800",
    ]
    keys = [key for spec in SPECS.values() for key in spec.input_schema.get("properties", {})]
    for _ in range(400):
        name = chance.choice([name for name in NAMES if name != "Bash"])
        chosen = {chance.choice(keys): chance.choice(values) for _ in range(chance.randint(0, 4))}
        required = {key: chance.choice(values) for key in SPECS[name].input_schema.get("required", ())}
        result = await call(
            bench.context, name, {**chosen, **required} if chance.random() < 0.5 else required
        )
        assert isinstance(result.content, str)
        assert len(result.summary) < 300


async def test_the_plan(bench: Bench) -> None:
    assert await bench.must("TodoRead") == "the plan is empty"
    todos = [
        {"content": "look", "status": "completed", "activeForm": "looking"},
        {"content": "write", "status": "in_progress", "activeForm": "writing"},
        {"content": "test", "status": "pending"},
    ]
    result = await bench.use("TodoWrite", todos=todos)
    assert result.summary == "TodoWrite 1/3 done"
    assert await bench.must("TodoRead") == "- [x] look\n- [~] write\n- [ ] test"
    assert bench.context.todos[1].active_form == "writing"
