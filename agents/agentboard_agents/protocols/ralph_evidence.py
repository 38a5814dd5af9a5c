"""The evidence for an acceptance criterion: a check that passed, a test that ran, a file that changed.

Pure. What an agent merely says about a criterion is a claim; it becomes a proof where it names something that
agentboard has seen itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentboard_agents.gates import GateResult
from agentboard_agents.gates.detect_npm import SCRIPTS
from agentboard_agents.projection import Criterion
from agentboard_agents.protocols.ralph_report import evidence_for

__all__ = ["marked", "tests_in"]

TESTS, TYPES, LINT = "tests", "types", "lint"
KINDS = {
    **dict.fromkeys(("pytest", "unittest", "npm test", "go test", "cargo test", "tests"), TESTS),
    **dict.fromkeys(("mypy", "pyright", "tsc"), TYPES),
    **dict.fromkeys(("ruff", "flake8", "eslint", "golangci-lint"), LINT),
    **{f"npm run {name}": kind for name, kind in SCRIPTS.items()},
}
"""Name of a gate, without what follows it, to what it is evidence of."""
SAYS = (
    (re.compile(r"\b(?:all |unit |existing )*tests?\b[\w/.-]{0,120}.{0,12}\bpass", re.IGNORECASE), TESTS),
    (
        re.compile(
            r"\btype[ -]?check\w*\b|\btypes?\b.{0,12}\bpass|\bmypy\b|\bpyright\b|\btsc\b", re.IGNORECASE
        ),
        TYPES,
    ),
    (re.compile(r"\blint(?:er|ing|s)?\b|\bruff\b|\beslint\b|\bflake8\b", re.IGNORECASE), LINT),
)
"""A criterion that is about a check, and the kind of check."""
TEST_NAME = re.compile(
    r"^[ \t]*(?:async[ \t]+)?(?:def|func|fn)[ \t]+(test\w+|Test\w+)|^[ \t]*(?:it|test)\([\"'`]([^\"'`]+)",
    re.MULTILINE,
)
OLD_FAILURES = "failed before too"


def marked(
    criterion: str,
    report: str,
    results: Sequence[GateResult],
    changed: Sequence[str],
    tests: Mapping[str, str],
) -> Criterion:
    """Return a criterion with its evidence: `proved`, or `claimed` where there is nothing but words.

    Args:
        criterion: its text.
        report: what the agent said.
        results: of the gates, which passed.
        changed: the paths that the story changed.
        tests: the names of the tests in those files, each with its file.
    """
    checked = by_gate(criterion, results)
    if checked:
        return Criterion(criterion, "proved", checked)
    said = evidence_for(criterion, report)
    seen = seen_in(said, results, changed, tests)
    return Criterion(criterion, "proved" if seen else "claimed", f"{said} ({seen})" if seen else said)


def by_gate(criterion: str, results: Sequence[GateResult]) -> str:
    """Return which checks prove a criterion that is about checks, empty when none does."""
    about = {kind for pattern, kind in SAYS if pattern.search(criterion)}
    passed = [one for one in results if one.state == "passed" and kind_of(one) in about and not has_old(one)]
    if not about or about != {kind_of(one) for one in passed}:
        return ""
    return "; ".join(shown(one) for one in passed)


def has_old(result: GateResult) -> bool:
    """Tell whether something fails that failed on the base too: it does not count, and proves nothing."""
    return OLD_FAILURES in result.output


def kind_of(result: GateResult) -> str:
    """Return what a gate is evidence of."""
    name = result.name.partition(" (")[0]
    return KINDS.get(name) or KINDS.get(name.partition(" ")[0], "")


def shown(result: GateResult) -> str:
    """Return a gate's verdict in words."""
    return f"{result.name} passed" + (f", {result.ran} tests" if result.ran else "")


def seen_in(
    said: str, results: Sequence[GateResult], changed: Sequence[str], tests: Mapping[str, str]
) -> str:
    """Return what in a claim agentboard has seen itself, empty when there is nothing."""
    ran = any(kind_of(one) == TESTS and one.state == "passed" for one in results)
    words = set(re.findall(r"[\w./-]+", said))
    for name, file in tests.items():
        if ran and (name in words or f'"{name}"' in said or (" " in name and name in said)):
            return f"{file}, which passed"
    for path in changed:
        if path in words or path.rsplit("/", 1)[-1] in words:
            return f"{path} was changed"
    return ""


def tests_in(path: str, text: str) -> dict[str, str]:
    """Return the names of the tests that a file defines, each with the file."""
    return {one or other: path for one, other in TEST_NAME.findall(text)}
