"""Gates run for real on real repositories, with a plain process in place of the sandbox."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentboard_agents.gates import GateResult, blocking, check, detect
from agentboard_agents.repository import Repository
from agentboard_agents.sandbox import Box, Finished, Limit, Sandbox, choose
from tests.agents.test_repository import git, write

SUM = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
TEST = """import unittest

import app


class Add(unittest.TestCase):
    def test_add(self):
        self.assertEqual(app.add(2, 2), 4)
"""
SECOND = "\n    def test_zero(self):\n        self.assertEqual(app.add(2, 0), 2)\n"
OLD = "\n    def test_old(self):\n        self.fail('always')\n"


class Plain:
    """A process with no walls, counted."""

    name = "none"
    reason = "a test"
    asks = False

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109  the signature of `Sandbox`
        cap: int = 1_000_000,
    ) -> Finished:
        self.ran.append(tuple(argv))
        began = time.monotonic()
        environment = {"PATH": os.environ["PATH"], "HOME": box.worktree, **box.environment}
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, cwd=cwd, env=environment,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        except FileNotFoundError:
            return Finished(127, f"{argv[0]}: not found")
        late = False
        try:
            output, _ = await asyncio.wait_for(process.communicate(), timeout)
        except TimeoutError:
            late = True
            process.kill()
            output, _ = await process.communicate()
        return Finished(
            process.returncode or 0, output.decode()[-cap:], False, late, time.monotonic() - began
        )

    def describe(self) -> tuple[Limit, ...]:
        return ()


class Bench:
    """A project with a base commit, and a worktree where an agent works."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.root = place / "project"
        self.root.mkdir()
        git(self.root, "init", "-q", "-b", "main")
        write(self.root, ".gitignore", ".venv\n__pycache__/\n")
        self.sandbox: Sandbox = Plain()

    def commit(self, **_nothing: str) -> None:
        git(self.root, "add", ".")
        git(self.root, "commit", "-qm", "base")
        self.repository = Repository(str(self.root), str(self.place / "state"))
        self.tree = self.place / "state" / "worktrees" / "r1"
        self.branch = self.repository.add_worktree(str(self.tree), "ab/x/t", "HEAD")

    def with_pytest(self) -> None:
        """Give the checkout a virtual environment that holds pytest, ruff and little else."""
        made = self.root / ".venv"
        packages = made / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        installed = Path(pytest.__file__).parent.parent
        for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"):
            shutil.copytree(installed / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(installed / "py.py", packages)
        base = Path(sys.executable).resolve()
        write(made, "pyvenv.cfg", f"home = {base.parent}\ninclude-system-site-packages = false\n")
        (made / "bin").mkdir()
        (made / "bin/python").symlink_to(base)
        (made / "bin/ruff").symlink_to(Path(sys.prefix) / "bin/ruff")

    async def check(
        self, limit: float = 60.0, directory: str | None = None, touched: Sequence[str] = ()
    ) -> tuple[GateResult, ...]:
        gates = detect(str(self.tree), directory, project=str(self.root))
        box = Box(worktree=str(self.tree))
        cache = str(self.place / "cache")
        return await check(
            self.repository,
            str(self.tree),
            self.repository.base(),
            box,
            self.sandbox,
            gates,
            cache,
            working_directory=directory,
            limit=limit,
            touched=lambda: touched,
        )

    async def only(self, limit: float = 60.0) -> GateResult:
        results = await self.check(limit)
        assert len(results) == 1, results
        return results[0]


def nothing_installed(_name: str) -> bool:
    return False


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("agentboard_agents.gates.interpreter._system_has", nothing_installed)
    return Bench(tmp_path)


def unittest_project(bench: Bench, app: str = SUM, tests: str = TEST) -> None:
    write(bench.root, "app.py", app)
    write(bench.root, "tests/test_app.py", tests)
    bench.commit()


async def test_good_work_passes_and_says_how_many_tests_ran(bench: Bench) -> None:
    unittest_project(bench)
    write(bench.tree, "tests/test_app.py", TEST + SECOND)
    result = await bench.only()
    assert (result.name, result.state, result.ran, result.new_failures) == ("unittest", "passed", 2, ())


async def test_new_failures_are_named_and_old_ones_forgiven(bench: Bench) -> None:
    unittest_project(bench, tests=TEST + OLD)
    write(bench.tree, "app.py", WRONG)
    result = await bench.only()
    assert result.state == "failed"
    assert len(result.new_failures) == 1
    assert "test_add" in result.new_failures[0]
    assert "failed before too (1)" in result.output
    assert "test_old" in result.output
    assert blocking([result]) == (result,)


async def test_failures_that_the_base_had_too_do_not_fail_the_work(bench: Bench) -> None:
    unittest_project(bench, tests=TEST + OLD)
    write(bench.tree, "notes.txt", "unrelated\n")
    result = await bench.only()
    assert (result.state, result.new_failures) == ("passed", ())
    assert "test_old" in result.output


async def test_fixing_what_the_base_could_not_even_import_passes(bench: Bench) -> None:
    write(bench.root, "tests/test_app.py", TEST)
    bench.commit()
    write(bench.tree, "app.py", SUM)
    assert (await bench.only()).state == "passed"


async def test_tests_that_load_neither_before_nor_after_fail(bench: Bench) -> None:
    write(bench.root, "tests/test_app.py", TEST)
    bench.commit()
    write(bench.tree, "notes.txt", "nothing done\n")
    result = await bench.only()
    assert result.state == "failed"
    assert "baseline could not run" in result.reason


async def test_no_tests_at_all_is_absent(bench: Bench) -> None:
    write(bench.root, "README.md", "words\n")
    bench.commit()
    result = await bench.only()
    assert (result.name, result.state) == ("tests", "absent")
    assert blocking([result]) == ()


async def test_the_first_tests_of_a_project_need_no_baseline(bench: Bench) -> None:
    write(bench.root, "app.py", SUM)
    bench.commit()
    write(bench.tree, "tests/test_app.py", TEST)
    result = await bench.only()
    assert (result.state, result.ran) == ("passed", 1)


async def test_tests_that_run_nothing_fail(bench: Bench) -> None:
    unittest_project(bench)
    write(bench.tree, "tests/test_app.py", "# nothing left\n")
    result = await bench.only()
    assert (result.state, result.reason, result.ran) == ("failed", "ran 0 tests", 0)
    assert "passed before and did not run now" in result.output


async def test_removing_the_tests_does_not_remove_the_gate(bench: Bench) -> None:
    unittest_project(bench)
    (bench.tree / "tests/test_app.py").unlink()
    (bench.tree / "tests").rmdir()
    result = await bench.only()
    assert result.state in {"failed", "error"}


async def test_the_tests_of_the_working_directory_are_not_run_again_from_the_root(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "backend/app.py", SUM)
    write(bench.root, "backend/tests/test_app.py", TEST)
    bench.commit()
    write(bench.tree, "backend/more.py", "x = 1\n")
    (result,) = await bench.check(directory="backend")
    assert (result.state, result.ran) == ("passed", 1)


async def test_tests_new_in_the_working_directory_do_not_run_with_those_of_the_root(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "backend/app.py", SUM)
    write(bench.root, "tests/test_root.py", "def test_root():\n    assert True\n")
    bench.commit()
    write(bench.tree, "backend/tests/test_app.py", TEST)
    results = await bench.check(directory="backend")
    assert [(result.state, result.ran) for result in results] == [("passed", 1), ("passed", 1)]


async def test_skipping_every_test_is_no_evidence(bench: Bench) -> None:
    unittest_project(bench)
    write(
        bench.tree,
        "tests/test_app.py",
        TEST.replace("    def test_add", "    @unittest.skip('x')\n    def test_add"),
    )
    result = await bench.only()
    assert (result.state, result.reason) == ("failed", "ran 0 tests")


async def test_a_gate_that_does_not_end_is_an_error(bench: Bench) -> None:
    unittest_project(bench)
    write(bench.tree, "tests/test_app.py", "import threading\n\nthreading.Event().wait()\n")
    result = await bench.only(limit=2.0)
    assert result.state == "error"
    assert "stopped after" in result.reason


async def test_the_base_runs_once_per_tree(bench: Bench) -> None:
    unittest_project(bench)
    plain = bench.sandbox
    assert isinstance(plain, Plain)
    await bench.only()
    await bench.only()
    assert len(plain.ran) == 3
    assert os.listdir(bench.place / "cache")[0].endswith(".json")


async def test_a_baseline_that_could_not_run_is_not_remembered(bench: Bench) -> None:
    write(bench.root, "tests/test_app.py", TEST)
    bench.commit()
    await bench.only()
    assert os.listdir(bench.place / "cache") == []


async def test_a_damaged_memory_of_the_base_is_made_again(bench: Bench) -> None:
    unittest_project(bench)
    await bench.only()
    for file in (bench.place / "cache").iterdir():
        file.write_text("{broken")
    assert (await bench.only()).state == "passed"


async def test_gates_leave_nothing_for_a_commit(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, ".gitignore", "")
    write(bench.root, ".git/info/exclude", ".venv\n")
    write(bench.root, "pytest.ini", "[pytest]\n")
    unittest_project(bench)
    assert (await bench.only()).state == "passed"
    assert git(bench.tree, "status", "--porcelain", "--ignored") == ""
    assert bench.repository.commit_worktree(str(bench.tree), bench.branch, "nothing") is None


async def test_pytest_is_read_from_its_report(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "conftest.py", "")
    unittest_project(bench, tests=TEST + OLD)
    write(bench.tree, "app.py", WRONG)
    result = await bench.only()
    assert (result.name, result.state, result.ran) == ("pytest", "failed", 2)
    assert result.new_failures == ("tests.test_app.Add::test_add",)


async def test_a_pytest_file_that_cannot_be_imported_is_a_new_failure(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "pytest.ini", "[pytest]\n")
    unittest_project(bench)
    write(bench.tree, "app.py", "raise RuntimeError('broken')\n")
    result = await bench.only()
    assert result.state == "failed"
    assert len(result.new_failures) == 1


async def test_a_gate_whose_tool_is_missing_is_an_error(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bench.root, "go.mod", "module x\n")
    bench.commit()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    result = await bench.only()
    assert result.state == "error"
    assert blocking([result])


async def test_node_tests_are_compared_by_name(bench: Bench) -> None:
    write(bench.root, "package.json", '{"scripts": {"test": "node --test"}}')
    source = "const test = require('node:test');const assert = require('assert');\n"
    write(
        bench.root,
        "a.test.js",
        source + "test('old', () => assert(false));test('good', () => assert(true));\n",
    )
    bench.commit()
    write(
        bench.tree, "a.test.js",
        source + "test('old', () => assert(false));"
        "test('good', () => assert(false));test('more', () => {});\n",
    )  # fmt: skip
    result = await bench.only()
    assert (result.name, result.state, result.ran) == ("npm test", "failed", 3)
    assert result.new_failures == ("good",)


async def test_lint_findings_count_only_when_they_are_new(bench: Bench) -> None:
    bench.with_pytest()
    write(bench.root, "ruff.toml", "[lint]\nselect = ['F401']\n")
    write(bench.root, "app.py", "import os\n")
    bench.commit()
    write(bench.tree, "app.py", "\n\nimport os\n")
    assert (await bench.only()).state == "passed"
    write(bench.tree, "app.py", "\n\nimport os\nimport sys\n")
    result = await bench.only()
    assert (result.name, result.state, result.ran) == ("ruff", "failed", None)
    assert len(result.new_failures) == 1
    assert "`sys`" in result.new_failures[0]


async def test_a_report_that_is_a_link_is_not_followed(bench: Bench, tmp_path: Path) -> None:
    bench.with_pytest()
    target = write(tmp_path, "outside.xml", "<testsuites/>")
    hook = (
        "import os, sys\n\n\ndef pytest_unconfigure(config):\n    path = config.option.xmlpath\n"
        f"    os.path.exists(path) and os.unlink(path)\n    os.symlink({str(target)!r}, path)\n"
    )
    write(bench.root, "conftest.py", "")
    unittest_project(bench)
    write(bench.tree, "conftest.py", hook)
    result = await bench.only()
    assert result.state in {"failed", "error"}
    assert target.exists()
    assert not list(bench.tree.glob(".agentboard-report-*"))


async def test_the_real_sandbox_runs_them_too(bench: Bench) -> None:
    bench.sandbox = choose()
    if bench.sandbox.name != "bubblewrap":
        pytest.skip(bench.sandbox.reason)
    unittest_project(bench)
    write(bench.tree, "tests/test_app.py", TEST + SECOND)
    result = await bench.only()
    assert (result.state, result.ran) == ("passed", 2), result.output


async def test_pytest_of_the_projects_environment_runs_in_the_real_sandbox(bench: Bench) -> None:
    bench.sandbox = choose()
    if bench.sandbox.name != "bubblewrap":
        pytest.skip(bench.sandbox.reason)
    bench.with_pytest()
    write(bench.root, "pytest.ini", "[pytest]\n")
    write(bench.root, "src/app.py", SUM)
    write(bench.root, "tests/test_app.py", TEST)
    bench.commit()
    write(bench.tree, "src/app.py", WRONG)
    result = await bench.only()
    assert (result.state, result.ran, len(result.new_failures)) == ("failed", 1, 1), result.output
