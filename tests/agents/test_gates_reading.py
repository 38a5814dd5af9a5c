"""What the runners of tests print, read back; verdicts from readings alone; detection from file names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentboard_agents.gates import Gate, Reading, detect
from agentboard_agents.gates.reading_python import read_pytest, read_unittest
from agentboard_agents.gates.reading_tools import (
    read_cargo,
    read_eslint,
    read_go,
    read_jest,
    read_lines,
    read_tap,
)
from agentboard_agents.gates.verdict import judge
from tests.agents.test_repository import write

JUNIT = b"""<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.test_a" name="test_ok"/>
<testcase classname="tests.test_a" name="test_bad"><failure message="no">x</failure></testcase>
<testcase classname="tests.test_a" name="test_skip"><skipped/></testcase>
<testcase classname="" name="tests.test_b"><error message="collection failure">x</error></testcase>
</testsuite></testsuites>"""


def test_a_junit_report_is_read() -> None:
    found = read_pytest(1, "", JUNIT)
    assert found.passed == {"tests.test_a::test_ok"}
    assert found.failing == {"tests.test_a::test_bad", "tests.test_b"}
    assert found.unloadable == {"tests.test_b"}
    assert found.ran == 2


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"<testsuites>",
        b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuites>&a;</testsuites>',
    ],
)
def test_a_report_that_is_not_whole_is_no_evidence(report: bytes) -> None:
    assert read_pytest(0, "boom\n", report).fault == "boom"


def test_pytest_without_tests_ran_none() -> None:
    assert read_pytest(5, "no tests ran", b"").ran == 0


UNITTEST = """test_good (tests.test_app.Add.test_good) ... ok
test_words (tests.test_app.Add.test_words)
Words about it. ... ok
test_bad (tests.test_app.Add.test_bad) ... FAIL
test_skip (tests.test_app.Add.test_skip) ... skipped 'x'
======================================================================
ERROR: test_lost (unittest.loader._FailedTest.test_lost)
----------------------------------------------------------------------
======================================================================
FAIL: test_bad (tests.test_app.Add.test_bad)
----------------------------------------------------------------------
Ran 5 tests in 0.001s

FAILED (failures=1, errors=1, skipped=1)
"""


def test_unittest_is_read() -> None:
    found = read_unittest(1, UNITTEST, b"")
    assert found.ran == 3
    assert len(found.failing) == 2
    assert len(found.unloadable) == 1
    assert found.passed == {
        "test_good (tests.test_app.Add.test_good)",
        "test_words (tests.test_app.Add.test_words)",
    }


def test_unittest_that_did_not_end_is_a_fault() -> None:
    assert read_unittest(1, "Traceback\nImportError: no\n", b"").fault == "ImportError: no"


def test_nested_tap_counts_the_innermost() -> None:
    output = (
        "TAP version 13\n# Subtest: suite\n    # Subtest: one\n"
        "    ok 1 - one\n    # Subtest: two\n"
        "    not ok 2 - two\n    1..2\nnot ok 1 - suite\n"
        "# Subtest: alone\nok 2 - alone\nok 3 - later # SKIP\n"
    )
    found = read_tap(1, output, b"")
    assert found.failing == {"suite > two"}
    assert found.passed == {"suite > one", "alone"}


def test_go_events_are_read() -> None:
    events = [
        {"Action": "pass", "Package": "m/a", "Test": "TestGood"},
        {"Action": "fail", "Package": "m/a", "Test": "TestBad"},
        {"Action": "fail", "Package": "m/a"},
        {"Action": "fail", "Package": "m/broken"},
    ]
    found = read_go(1, "noise\n" + "\n".join(json.dumps(event) for event in events), b"")
    assert found.failing == {"m/a.TestBad", "m/broken"}
    assert found.unloadable == {"m/broken"}
    assert found.ran == 2


def test_jest_and_cargo_are_read() -> None:
    points = [{"fullName": "adds", "status": "passed"}, {"fullName": "breaks", "status": "failed"}]
    suite = {"name": "/x/a.test.js", "status": "failed", "assertionResults": points}
    report = {"testResults": [suite]}
    assert read_jest(1, "", json.dumps(report).encode()).failing == {"breaks"}
    assert read_jest(1, "no", b"").fault == "no"
    found = read_cargo(101, "test a::good ... ok\ntest a::bad ... FAILED\n", b"")
    assert found.passed == {"a::good"}
    assert found.failing == {"a::bad"}


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("app.py:1:8: F401 `os` imported", "app.py: F401 `os` imported"),
        ("app.py:12: error: Bad  [misc]", "app.py: error: Bad  [misc]"),
        ("  src/app.py:3:5 - error: Wrong (reportX)", "src/app.py: error: Wrong (reportX)"),
        ("src/a.ts(3,5): error TS2322: No.", "src/a.ts: error TS2322: No."),
    ],
)
def test_findings_lose_their_line_numbers(line: str, finding: str) -> None:
    assert read_lines(1, line + "\nFound 1 error.\n", b"").failing == {finding}


def test_one_more_of_the_same_finding_is_new() -> None:
    once = read_lines(1, "a.py:1: same\n", b"").failing
    assert len(read_lines(1, "a.py:1: same\na.py:9: same\n", b"").failing - once) == 1


def test_eslint_errors_count_and_warnings_do_not() -> None:
    messages = [{"message": "bad", "ruleId": "no-x", "severity": 2}, {"message": "meh", "severity": 1}]
    output = json.dumps([{"filePath": "a.js", "messages": messages}])
    assert read_eslint(1, output, b"").failing == {"a.js: bad (no-x)"}


def nothing_installed(_name: str) -> bool:
    return False


def nowhere(_name: str) -> None:
    return None


TESTS = Gate("pytest", ("pytest",), reader="pytest")
OPAQUE = Gate("npm test", ("npm", "test"))


@pytest.mark.parametrize(
    ("gate", "work", "base", "state"),
    [
        (TESTS, Reading(ran=3), Reading(ran=3), "passed"),
        (TESTS, Reading(ran=0), Reading(ran=0), "failed"),
        (TESTS, Reading(ran=3), Reading(fault="no pytest"), "failed"),
        (TESTS, Reading(fault="no pytest"), Reading(fault="no pytest"), "error"),
        (TESTS, Reading(1, 3, failing=frozenset("a")), Reading(1, 3, failing=frozenset("a")), "passed"),
        (TESTS, Reading(1, 3, failing=frozenset("ab")), Reading(1, 3, failing=frozenset("a")), "failed"),
        (TESTS, Reading(1, 3), Reading(0, 3), "failed"),
        (TESTS, Reading(1, 3), Reading(1, 3), "passed"),
        (OPAQUE, Reading(0), Reading(1), "passed"),
        (OPAQUE, Reading(1), Reading(0), "failed"),
        (OPAQUE, Reading(1), Reading(1), "failed"),
    ],
)
def test_verdicts(gate: Gate, work: Reading, base: Reading, state: str) -> None:
    assert judge(gate, work, base).state == state


def test_output_is_kept_from_its_end() -> None:
    output = judge(TESTS, Reading(ran=1, output="x" * 100_000 + "END"), Reading(ran=1)).output
    assert len(output) < 30_000
    assert output.endswith("END")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"pytest.ini": ""}, ["pytest"]),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ["pytest"]),
        ({"setup.cfg": "[tool:pytest]\n"}, ["pytest"]),
        ({"tox.ini": "[pytest]\n"}, ["pytest"]),
        ({"a/conftest.py": ""}, ["pytest"]),
        ({"go.mod": "module x"}, ["go test"]),
        ({"package.json": '{"scripts": {"test": "node --test"}}'}, ["npm test"]),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, []),
        ({"package.json": "{broken"}, []),
        ({"package.json": "[1]"}, []),
        ({"mypy.ini": "[mypy]\n", "README.md": ""}, ["mypy"]),
        ({"app.py": "", "README.md": ""}, []),
        ({"node_modules/x/test_a.py": "", "testing.py": ""}, []),
    ],
)
def test_detection(tmp_path: Path, files: dict[str, str], names: list[str]) -> None:
    for name, content in files.items():
        write(tmp_path, name, content)
    assert [gate.name for gate in detect(str(tmp_path))] == names


def test_the_working_directory_comes_first(tmp_path: Path) -> None:
    write(tmp_path, "pytest.ini", "")
    write(tmp_path, "back/pyproject.toml", "[tool.pytest.ini_options]\n")
    assert [gate.directory for gate in detect(str(tmp_path), "back")] == ["back"]
    assert [gate.directory for gate in detect(str(tmp_path), "front")] == [""]


def test_unittest_finds_packages_and_plain_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentboard_agents.gates.interpreter._system_has", nothing_installed)
    write(tmp_path, "package/__init__.py", "")
    write(tmp_path, "package/tests/__init__.py", "")
    write(tmp_path, "package/tests/test_a.py", "")
    write(tmp_path, "tests/test_b.py", "")
    starts = {gate.argv[6:] for gate in detect(str(tmp_path))}
    assert starts == {("package", "-t", "."), ("tests", "-t", "tests")}
    assert all(gate.argv[0] == "python3" for gate in detect(str(tmp_path)))


def test_a_configured_tool_that_is_not_installed_only_advises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", nowhere)
    write(tmp_path, "ruff.toml", "")
    (gate,) = detect(str(tmp_path))
    assert (gate.advisory, gate.missing) == (True, "ruff")
