"""A gate's verdict: the work's run compared with the base's. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agentboard_agents.gates.gate import Gate, GateResult, Reading

__all__ = ["judge"]

OUTPUT_CAP = 20_000
MOST_NAMED = 50


def judge(gate: Gate, work: Reading, base: Reading) -> GateResult:
    """Return what the gate says about the work; failures that the base has too do not count against it.

    No evidence is a failure: nothing ran, the baseline could not run, or old cannot be told from new.
    """
    reason, new = _reason(gate, work, base)
    state = "error" if work.fault else "failed" if reason else "passed"
    notes = _notes(reason, new, work, base)
    return GateResult(
        gate.name,
        state,
        tuple(sorted(new)),
        _output(notes, work.output),
        work.seconds,
        work.ran,
        reason,
        gate.advisory,
        tuple(sorted(work.flaky)),
    )


def _reason(gate: Gate, work: Reading, base: Reading) -> tuple[str, frozenset[str]]:
    """Return why the gate does not pass ("" when it does) with the failures that count."""
    new = (work.failing - base.failing) | (work.unloadable & base.unloadable)
    if work.fault:
        return f"{gate.name} could not run: {work.fault}", frozenset()
    if base.fault:
        return f"the baseline could not run: {base.fault}", work.failing
    if new:
        return _counted(gate, new, work, base), new
    if work.ran == 0 and gate.kind == "tests":
        return "ran 0 tests", frozenset()
    if work.exit_code != 0 and not work.failing:
        return _unexplained(gate, work, base), frozenset()
    return "", frozenset()


def _counted(gate: Gate, new: frozenset[str], work: Reading, base: Reading) -> str:
    if new <= work.unloadable & base.unloadable:
        return "the baseline could not run: test files that cannot be loaded, on the base too"
    what = "test" if gate.kind == "tests" else "finding"
    return f"{len(new)} new failing {what}{'s' if len(new) != 1 else ''}"


def _unexplained(gate: Gate, work: Reading, base: Reading) -> str:
    """Name a failure that no test or finding explains; it is new unless a readable base had the very same."""
    if work.ran is None and gate.kind == "tests" and base.exit_code != 0:
        return f"{gate.name} fails, on the base too: what is new cannot be told"
    if base.exit_code == work.exit_code and work.told <= base.told:
        return ""
    if base.exit_code and work.told:
        return f"{gate.name} fails, on the base too, but says more now"
    return f"{gate.name} ended with {work.exit_code}, though nothing failed by name"


def _notes(reason: str, new: frozenset[str], work: Reading, base: Reading) -> list[str]:
    lines = [reason] if reason else []
    lines += _named("new", new)
    lines += _named("flaky: failed, and passed when run again", work.flaky)
    lines += _named("failed before too", work.failing & base.failing - new)
    lines += _named("passed before and did not run now", base.passed - work.passed - work.failing)
    return lines


def _named(title: str, ids: Iterable[str]) -> list[str]:
    names = sorted(ids)
    if not names:
        return []
    more = [f"  … and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return [f"{title} ({len(names)}):", *(f"  {name}" for name in names[:MOST_NAMED]), *more]


def _output(notes: list[str], output: str) -> str:
    tail = output if len(output) <= OUTPUT_CAP else "…" + output[-OUTPUT_CAP:]
    return "\n".join([*notes, *(["", tail] if notes and tail else [tail] if tail else [])])
