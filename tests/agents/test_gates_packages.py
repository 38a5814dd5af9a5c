"""Gates of repositories with several packages, and of work that changes what its own checks run."""

from __future__ import annotations

import json

import pytest

from agentboard_agents.gates import blocking, concerned
from agentboard_agents.gates.detect import detect_in
from agentboard_agents.gates.listing import Listing
from tests.agents.test_gates import SUM, TEST, WRONG, Bench, bench, unittest_project
from tests.agents.test_repository import write

__all__ = ["bench"]

NODE_TEST = """const test = require("node:test");
const assert = require("node:assert");

test("value", () => assert.strictEqual(require("./app.js").VALUE, 1));
"""
LINT = """const text = require("fs").readFileSync("app.js", "utf8");
if (text.includes("var ")) { console.log("app.js: no var"); process.exit(1); }
"""


def package(name: str = "app", **scripts: str) -> str:
    return json.dumps({"name": name, "private": True, "scripts": scripts}) + "\n"


def node_package(bench: Bench, place: str, **scripts: str) -> None:
    write(
        bench.root, f"{place}package.json", package(f"a{len(place)}", **(scripts or {"test": "node --test"}))
    )
    write(bench.root, f"{place}app.js", "exports.VALUE = 1;\n")
    write(bench.root, f"{place}app.test.js", NODE_TEST)


async def test_the_only_package_of_a_repository_is_checked_though_the_root_has_nothing(bench: Bench) -> None:
    node_package(bench, "services/api/")
    bench.commit()
    write(bench.tree, "services/api/app.js", "exports.VALUE = 2;\n")
    (result,) = await bench.check(touched=["services/api/app.js"])
    assert (result.name, result.state) == ("npm test (services/api)", "failed")
    assert result.new_failures == ("value",)


async def test_of_several_packages_those_are_checked_that_the_work_touches(bench: Bench) -> None:
    write(bench.root, "package.json", json.dumps({"private": True, "workspaces": ["packages/*"]}))
    node_package(bench, "packages/api/")
    node_package(bench, "packages/website/", test="no-such-runner", lint="no-such-linter")
    bench.commit()
    (result,) = await bench.check(touched=["packages/api/app.js"])
    assert (result.name, result.state, result.ran) == ("npm test (packages/api)", "passed", 1)


def test_of_many_packages_none_that_the_work_touches_is_left_out() -> None:
    files = frozenset(f"packages/p{number:02}/package.json" for number in range(40))
    listing = Listing(files, lambda _path: package(test="node --test").encode())
    gates = detect_in(listing, "/nowhere")
    assert len(gates) == 40
    touched = concerned(gates, lambda: ["packages/p33/app.js", "README.md"])
    assert [gate.name for gate in touched] == ["npm test (packages/p33)"]
    assert len(concerned(gates, lambda: ["README.md"])) == 8


async def test_a_package_beside_the_tests_of_another_language_is_checked_where_it_is_touched(
    bench: Bench,
) -> None:
    node_package(bench, "frontend/")
    unittest_project(bench)
    write(bench.tree, "frontend/app.js", "exports.VALUE = 2;\n")
    (alone,) = await bench.check(touched=["app.py"])
    assert (alone.name, alone.state) == ("unittest", "passed")
    both = await bench.check(touched=["frontend/app.js"])
    assert [(one.name, one.state) for one in both] == [
        ("unittest", "passed"),
        ("npm test (frontend)", "failed"),
    ]


async def test_packages_that_are_material_for_tests_are_none_of_the_projects_own(bench: Bench) -> None:
    node_package(bench, "tests/fixtures/app/", test="false")
    unittest_project(bench)
    (result,) = await bench.check(touched=["tests/fixtures/app/app.js"])
    assert (result.name, result.state) == ("unittest", "passed")


async def test_a_go_module_beneath_the_root_is_not_taken_for_no_tests(bench: Bench) -> None:
    write(bench.root, "services/api/go.mod", "module api\n")
    write(bench.root, "services/api/api_test.go", "package api\n")
    bench.commit()
    (result,) = await bench.check(touched=["services/api/api.go"])
    assert (result.name, result.state) == ("go test (services/api)", "error")
    assert "go is not installed" in result.reason


async def test_pytest_runs_where_a_package_configures_it(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "svc/pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['lib']\n")
    write(bench.root, "svc/lib/app.py", SUM)
    write(bench.root, "svc/tests/test_app.py", TEST)
    write(bench.root, "svc/tests/conftest.py", "import app\n")
    write(bench.root, "tests/test_root.py", "def test_root():\n    assert True\n")
    bench.commit()
    write(bench.tree, "svc/lib/app.py", WRONG)
    results = await bench.check(touched=["svc/lib/app.py"])
    assert [(one.name, one.state, one.ran) for one in results] == [
        ("pytest", "passed", 1),
        ("pytest (svc)", "failed", 1),
    ]


@pytest.mark.parametrize("with_pytest", [False, True])
async def test_tests_of_a_python_project_beneath_the_root_run_where_it_is(
    bench: Bench, *, with_pytest: bool
) -> None:
    if with_pytest:
        bench.with_pytest()
    write(bench.root, "backend/requirements.txt", "\n")
    write(bench.root, "backend/app/__init__.py", SUM)
    write(bench.root, "backend/tests/test_app.py", TEST)
    write(bench.root, "frontend/readme.md", "\n")
    bench.commit()
    write(bench.tree, "backend/app/__init__.py", WRONG)
    (result,) = await bench.check(touched=["backend/app/__init__.py"])
    assert result.name == ("pytest (backend)" if with_pytest else "unittest (backend)")
    assert (result.state, result.ran, len(result.new_failures)) == ("failed", 1, 1)


async def test_a_lint_script_that_the_work_rewrites_is_run_as_it_was(bench: Bench) -> None:
    node_package(bench, "", test="node --test", lint="node lint.js")
    write(bench.root, "lint.js", LINT)
    bench.commit()
    write(bench.tree, "app.js", "var one = 1;\nexports.VALUE = one;\n")
    write(bench.tree, "package.json", package(test="node --test", lint="true"))
    results = {one.name: one for one in await bench.check()}
    assert results["npm run lint"].state == "passed"
    assert results["npm run lint (as on the base)"].state == "failed"
    assert "no var" in results["npm run lint (as on the base)"].output
    assert [one.name for one in blocking(results.values())] == ["npm run lint (as on the base)"]


async def test_a_script_that_the_work_removes_is_run_all_the_same(bench: Bench) -> None:
    node_package(bench, "", test="node --test", lint="node lint.js")
    write(bench.root, "lint.js", LINT)
    bench.commit()
    write(bench.tree, "package.json", package(test="node --test"))
    results = {one.name: one.state for one in await bench.check()}
    assert results == {"npm test": "passed", "npm run lint (as on the base)": "passed"}


async def test_a_test_script_that_the_work_rewrites_is_run_as_it_was(bench: Bench) -> None:
    node_package(bench, "")
    bench.commit()
    write(bench.tree, "app.js", "exports.VALUE = 2;\n")
    write(bench.tree, "package.json", package(test="true"))
    results = {one.name: one for one in await bench.check()}
    assert results["npm test (as on the base)"].new_failures == ("value",)


async def test_a_test_command_of_unknown_kind_is_run_as_it_was(bench: Bench) -> None:
    node_package(bench, "services/api/", test="sh t.sh")
    write(bench.root, "services/api/t.sh", "grep 'VALUE = 1' app.js\n")
    bench.commit()
    write(bench.tree, "services/api/app.js", "exports.VALUE = 2;\n")
    write(bench.tree, "services/api/package.json", package(test="true"))
    results = {one.name: one.state for one in await bench.check(touched=["services/api/app.js"])}
    assert results == {
        "npm test (services/api)": "passed",
        "npm test (services/api, as on the base)": "failed",
    }


async def test_a_script_that_stays_is_run_once(bench: Bench) -> None:
    node_package(bench, "", test="node --test", lint="node lint.js")
    write(bench.root, "lint.js", LINT)
    bench.commit()
    write(bench.tree, "package.json", package(test="node --test", lint="node lint.js", start="node app.js"))
    assert [one.name for one in await bench.check()] == ["npm test", "npm run lint"]


async def test_a_linter_whose_settings_the_work_removes_still_speaks(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "ruff.toml", "[lint]\nselect = ['F401']\n")
    write(bench.root, "app.py", "one = 1\n")
    bench.commit()
    (bench.tree / "ruff.toml").unlink()
    write(bench.tree, "app.py", "import os\n")
    results = {one.name: one for one in await bench.check()}
    assert results["ruff (as on the base)"].state == "passed"
    assert "F401" in results["ruff (as on the base)"].new_failures[0], "it warns"
