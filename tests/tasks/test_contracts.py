"""Contracts among the artifacts: JSON Schemas and OpenAPI files, and where they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentboard_tasks.files import Root
from agentboard_tasks.layout import Layout
from agentboard_tasks.workspace import load
from agentboard_tasks.workspace_schema import schema_problems

LAYOUT = Layout(artifacts=("shared",))

SCHEMAS: list[tuple[object, int]] = [
    ({"type": "object", "required": ["a"], "properties": {"a": True}, "items": [{}], "anyOf": [{}]}, 0),
    (True, 0),
    ({"type": ["string", "null"]}, 0),
    (7, 1),
    ({"type": "text"}, 1),
    ({"required": "a"}, 1),
    ({"properties": {"a": {"minLength": -1}, "b": 3}}, 2),
    ({"allOf": {}}, 1),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": 3}, 2),
    ({"required": ["a", "a"]}, 1),
    ([], 1),
]


@pytest.mark.parametrize(("schema", "faults"), SCHEMAS)
def test_the_shape_of_a_schema(schema: object, faults: int) -> None:
    assert len(schema_problems(schema, "s.json")) == faults


def test_the_fault_of_a_schema_has_its_line() -> None:
    text = '{\n  "properties": {\n    "a": {"type": "text"}\n  }\n}\n'
    (problem,) = schema_problems(json.loads(text), "s.json", text)
    assert (problem.line, problem.column) == (3, 19)
    assert "#/properties/a/type: must be a JSON type" in problem.message


def test_a_schema_that_is_too_large_or_too_deep_is_said_to_be() -> None:
    deep: object = {}
    for _ in range(5_000):
        deep = {"not": deep}
    assert "deep" in schema_problems(deep, "s.json")[0].message
    assert "not checked" in schema_problems({"enum": list(range(30_000))}, "s.json")[0].message


GOOD_API = """openapi: 3.0.3
info:
  title: Orders
  version: 1.0.0
paths:
  /orders:
    parameters: []
    get:
      responses:
        "200": {description: fine}
"""
APIS: list[tuple[str, str, list[tuple[int, str]]]] = [
    (GOOD_API, "api-openapi.yaml", []),
    (GOOD_API.replace("3.0.3", "7"), "openapi.yml", [(1, "version 7")]),
    (GOOD_API.replace("    get", "    fetch"), "openapi.yml", [(8, "'fetch' is no HTTP method")]),
    (GOOD_API.replace("  /orders", "  orders"), "openapi.yml", [(6, "begins with `/`")]),
    (GOOD_API.replace("  title: Orders\n", ""), "openapi.yml", [(2, "no `title`")]),
    ("a: [", "openapi.yml", [(2, "no valid YAML")]),
    ("a: &x 1\nb: *x\n", "openapi.yml", [(1, "not checked as OpenAPI")]),
    ('{\n"openapi": "3.1.0"}', "x-openapi.json", [(1, "no `title`"), (1, "no `version`"), (1, "no `paths`")]),
    ('{"openapi"', "swagger.json", [(1, "no valid JSON")]),
]


@pytest.mark.parametrize(("text", "name", "faults"), APIS)
def test_an_openapi_contract_is_checked(
    tmp_path: Path, text: str, name: str, faults: list[tuple[int, str]]
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / name).write_text(text)
    found = load(Root(str(tmp_path)), LAYOUT).problems
    assert [problem.line for problem in found] == [line for line, _ in faults]
    assert all(said in problem.message for problem, (_, said) in zip(found, faults, strict=True))
