"""The results of other test runners (TAP, jest, go, cargo) linters and type checkers, as a `Reading`."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from agentboard_agents.gates.gate import Reading, last_line

__all__ = ["read_cargo", "read_eslint", "read_go", "read_jest", "read_lines", "read_opaque", "read_tap"]

POINT = re.compile(
    r"^(?P<indent> *)(?P<bad>not )?ok \d+(?: -)? (?P<name>.*?)(?: # (?P<directive>SKIP|TODO).*)?$",
    re.IGNORECASE,
)
SUBTEST = re.compile(r"^(?P<indent> *)# Subtest: (?P<name>.*)$")
INDENT = 4


def read_tap(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read TAP with nested subtests; only the innermost points are tests."""
    passed, failing = set[str](), set[str]()
    names: list[str] = []
    deepest = 0
    for line in output.splitlines():
        if match := SUBTEST.match(line):
            depth = len(match["indent"]) // INDENT
            names[depth:], deepest = [match["name"]], depth
        elif match := POINT.match(line):
            depth = len(match["indent"]) // INDENT
            inner, deepest = depth >= deepest, depth
            if not match["directive"] and inner:
                path = " > ".join([*names[:depth], match["name"].strip()])
                (failing if match["bad"] else passed).add(path)
    return _tests(exit_code, output, passed, failing)


class JestPoint(Struct, rename="camel"):
    """One test of a jest report."""

    full_name: str = ""
    status: str = ""


class JestSuite(Struct, rename="camel"):
    """One file of a jest report."""

    name: str = ""
    status: str = ""
    assertion_results: list[JestPoint] = []


class JestReport(Struct, rename="camel"):
    """A jest report, as far as it is read."""

    test_results: list[JestSuite] = []


def read_jest(exit_code: int, output: str, report: bytes) -> Reading:
    """Read jest's JSON report; without one it did not run."""
    try:
        suites = msgspec.json.decode(report, type=JestReport).test_results
    except msgspec.DecodeError:
        return Reading(exit_code, fault=last_line(output) or "jest wrote no report")
    points = [point for suite in suites for point in suite.assertion_results]
    passed = {point.full_name for point in points if point.status == "passed"}
    failing = {point.full_name for point in points if point.status == "failed"}
    broken = {os.path.basename(suite.name) for suite in suites if _is_broken(suite)}
    return _tests(exit_code, output, passed, failing, broken)


def _is_broken(suite: JestSuite) -> bool:
    return suite.status == "failed" and not suite.assertion_results


class GoEvent(Struct, rename="pascal"):
    """One line of `go test -json`."""

    action: str = ""
    package: str = ""
    test: str = ""

    @property
    def name(self) -> str:
        """The id of the test."""
        return f"{self.package}.{self.test}"


def read_go(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read `go test -json`; a package that fails without a failing test of its own did not build."""
    events = list(_go_events(output))
    passed = {event.name for event in events if event.test and event.action == "pass"}
    failing = {event.name for event in events if event.test and event.action == "fail"}
    ill = {event.package for event in events if event.test and event.action == "fail"}
    failed = {event.package for event in events if not event.test and event.action == "fail"}
    return _tests(exit_code, output, passed, failing, failed - ill)


def _go_events(output: str) -> Iterator[GoEvent]:
    for line in output.splitlines():
        try:
            yield msgspec.json.decode(line, type=GoEvent)
        except msgspec.DecodeError:
            continue  # a line that a test printed itself


CARGO = re.compile(r"^test (\S.*?) \.\.\. (ok|FAILED)\b", re.MULTILINE)


def read_cargo(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read cargo's lines, one per test."""
    found = CARGO.findall(output)
    passed = {name for name, state in found if state == "ok"}
    return _tests(exit_code, output, passed, {name for name, state in found if state == "FAILED"})


FINDING = re.compile(r"^\s*(?P<file>[^\s:(][^:(]*?)(?::\d+(?::\d+)?|\(\d+,\d+\))(?::| -)\s*(?P<text>\S.*)$")


def read_lines(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read findings of the form `file:line:column: text`; their line numbers do not count."""
    matches = (FINDING.match(line) for line in output.splitlines())
    findings = (f"{match['file']}: {match['text'].strip()}" for match in matches if match)
    return _checked(exit_code, output, (text for text in findings if ": note:" not in text))


class EslintMessage(Struct, rename="camel"):
    """One finding of eslint: severity 2 is an error."""

    message: str = ""
    rule_id: str | None = None
    severity: int = 0


class EslintFile(Struct, rename="camel"):
    """One file of eslint's report."""

    file_path: str = ""
    messages: list[EslintMessage] = []


def read_eslint(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read eslint's JSON; warnings do not count."""
    try:
        files = msgspec.json.decode(output[max(0, output.find("[")) :].strip(), type=list[EslintFile])
    except msgspec.DecodeError:
        files = list[EslintFile]()
    errors = ((file, item) for file in files for item in file.messages if item.severity == 2)
    findings = (f"{file.file_path}: {item.message} ({item.rule_id})" for file, item in errors)
    return _checked(exit_code, output, findings)


NUMBER = re.compile(r"\d+")
MOST_LINES = 2_000


def read_opaque(exit_code: int, output: str, _report: bytes) -> Reading:
    """Know nothing but the exit code, and what was said."""
    if exit_code in {126, 127}:
        return Reading(exit_code, fault="the command was not found")
    lines = (NUMBER.sub("#", line.strip())[:200] for line in output.splitlines()[:MOST_LINES])
    return Reading(exit_code, told=frozenset(line for line in lines if line) if exit_code else frozenset())


def _tests(
    exit_code: int, output: str, passed: set[str], failing: set[str], broken: set[str] | None = None
) -> Reading:
    unloadable = frozenset(broken or ())
    ran = len(passed) + len(failing)
    if exit_code != 0 and not ran and not unloadable:
        return Reading(exit_code, fault=last_line(output) or f"it ended with {exit_code}")
    return Reading(exit_code, ran, frozenset(passed), frozenset(failing) | unloadable, unloadable)


def _checked(exit_code: int, output: str, findings: Iterable[str]) -> Reading:
    """A repeated finding gets a number, so that one more of the same is new."""
    found = frozenset(_numbered(findings))
    if exit_code != 0 and not found:
        return Reading(exit_code, fault=last_line(output) or f"it ended with {exit_code}")
    return Reading(exit_code, failing=found if exit_code != 0 else frozenset())


def _numbered(findings: Iterable[str]) -> Iterator[str]:
    seen = Counter[str]()
    for text in findings:
        seen[text] += 1
        yield text if seen[text] == 1 else f"{text} [{seen[text]}]"
