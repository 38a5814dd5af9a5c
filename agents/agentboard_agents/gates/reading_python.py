"""The results of pytest (its JUnit report) and of unittest (its text), as a `Reading`."""

from __future__ import annotations

import re
from xml.parsers import expat

from agentboard_agents.gates.gate import Reading, last_line

__all__ = ["read_pytest", "read_unittest"]

NO_TESTS = 5
COLLECTION = "collection failure"


class Report:
    """Collects the test cases of a JUnit report; anything but plain elements is refused."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failing: set[str] = set()
        self.unloadable: set[str] = set()
        self.skipped: set[str] = set()
        self._case = ""

    def parse(self, data: bytes) -> bool:
        """Read a report; False when it is not whole."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError):
            return False
        return True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "testcase":
            place = attributes.get("classname", "")
            self._case = "::".join(part for part in (place, attributes.get("name", "")) if part)
        elif name == "skipped":
            self.skipped.add(self._case)
        elif name in {"failure", "error"}:
            self.failing.add(self._case)
            if attributes.get("message") == COLLECTION:
                self.unloadable.add(self._case)

    def _end(self, name: str) -> None:
        if name == "testcase" and self._case not in self.failing | self.skipped:
            self.passed.add(self._case)

    def _refuse(self, *_declaration: object) -> None:
        raise ValueError("a report has no document type")


def read_pytest(exit_code: int, output: str, report: bytes) -> Reading:
    """Read a run of pytest; without a whole report it did not run."""
    results = Report()
    whole = results.parse(report)
    if exit_code == NO_TESTS or (whole and exit_code in {0, 1, 2}):
        return Reading(
            exit_code,
            len(results.passed) + len(results.failing - results.unloadable),
            frozenset(results.passed),
            frozenset(results.failing),
            frozenset(results.unloadable),
        )
    return Reading(exit_code, fault=last_line(output) or f"pytest ended with {exit_code}")


RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
VERDICT = re.compile(r"^(OK|FAILED|NO TESTS RAN)\b(?: \((.*)\))?\s*$", re.MULTILINE)
HEADER = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S.*)$", re.MULTILINE)
PASSED = re.compile(r"^(\S+ \([\w.<>]+\))(?: \.\.\. | *\n[^\n]* \.\.\. )ok$", re.MULTILINE)
UNLOADABLE = "unittest.loader._FailedTest"
SKIPPED = re.compile(r"skipped=(\d+)")


def read_unittest(exit_code: int, output: str, _report: bytes) -> Reading:
    """Read a verbose run of unittest; without its last lines it did not run."""
    ran, verdict = _last(RAN, output), _last(VERDICT, output)
    if ran is None or verdict is None:
        return Reading(exit_code, fault=last_line(output) or f"unittest ended with {exit_code}")
    failing = {name.strip() for name in HEADER.findall(output)}
    unloadable = {name for name in failing if UNLOADABLE in name}
    skipped = SKIPPED.search(verdict[2] or "")
    count = int(ran[1]) - (int(skipped[1]) if skipped else 0) - len(unloadable)
    passed = frozenset(PASSED.findall(output)) - failing
    return Reading(exit_code, max(0, count), passed, frozenset(failing), frozenset(unloadable))


def _last(pattern: re.Pattern[str], output: str) -> re.Match[str] | None:
    return next(reversed(list(pattern.finditer(output))), None)
