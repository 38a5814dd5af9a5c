"""Tests that fail now and pass then: what fails for the first time is run again before it counts. Pure."""

from __future__ import annotations

import msgspec

from agentboard_agents.gates.gate import Gate, Reading

__all__ = ["is_worth_another", "settled"]

MOST_FAILURES = 20
"""More than these do not fail by chance."""

LONGEST = 300.0
"""Seconds of a run that is not worth another."""


def is_worth_another(gate: Gate, found: Reading, failures: frozenset[str]) -> bool:
    """Tell whether a run that failed may have done so by chance, and another one is affordable.

    Linters and type checkers say the same each time, and a file that cannot be loaded stays so.
    """
    if gate.kind in {"lint", "types"} or found.exit_code == 0 or found.fault or found.seconds > LONGEST:
        return False
    return len(failures) <= MOST_FAILURES and not failures & found.unloadable and found.ran != 0


def settled(gate: Gate, first: Reading, again: Reading) -> Reading:
    """Return the first run with what passed in the other one marked as flaky, and counted as passed."""
    if again.fault:
        return first
    if first.ran is None and not first.failing:
        return first if again.exit_code else msgspec.structs.replace(again, flaky=frozenset({gate.name}))
    flaky = first.failing & again.passed
    failing = first.failing - flaky
    if not flaky:
        return first
    return msgspec.structs.replace(
        first,
        exit_code=first.exit_code if failing else again.exit_code,
        passed=first.passed | flaky,
        failing=failing,
        flaky=flaky,
    )
