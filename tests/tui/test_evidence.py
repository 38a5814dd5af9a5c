"""What speaks for and against a run's work, in words that agree with each other."""

from __future__ import annotations

from agentboard_agents.projection import GateOutcome, Run
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from agentboard_tui.evidence import evidence
from agentboard_tui.glyphs import UNICODE

SPEC = RunSpec("r1", "ada", "ada", ".claude/agents/ada.md", "checklist", "rehearsal")


def told(gate: GateOutcome, output: str = "") -> str:
    run = Run("r1", "ada", "ada", RunState.REVIEW, "", SPEC, gates=(gate,))
    lines = evidence(run, UNICODE, {gate.name: output})
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_a_gate_that_passes_with_findings_warns() -> None:
    said = told(GateOutcome("docstrings", "passed", new_failures=("a.py:1: none", "a.py:6: none")))
    assert "docstrings warns: 2 new findings" in said
    assert "nothing new fails" not in said


def test_what_a_gate_printed_before_is_no_output_of_the_one_that_runs() -> None:
    assert "boom" in told(GateOutcome("pytest", "failed"), "boom")
    assert "boom" not in told(GateOutcome("pytest", "running"), "boom")
