"""The lead's checklist: what has to be so before work counts as done."""

from __future__ import annotations

from msgspec.structs import replace

from agentboard_agents.completion import checklist
from agentboard_agents.projection import Assumption, CheckedClaim, Criterion, GateOutcome, Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec

SPEC = RunSpec("r1", "a", "a", "a.md", "brief", "anthropic")
RUN = Run("r1", "a", "a", RunState.REVIEW, "", SPEC, protocol="brief", outcome="review", commit="1234567890")
PASSED = (GateOutcome("pytest", "passed"),)


def states(run: Run, *items: InboxItem) -> dict[str, str]:
    return {check.text: check.state for check in checklist(run, items)}


def test_all_is_well() -> None:
    claims = (
        CheckedClaim("completed: yes", "the checks pass", holds=True),
        CheckedClaim("bo approves (x)", "", True),
    )
    run = replace(
        RUN,
        gates=PASSED,
        claims=claims,
        criteria=(Criterion("it opens", "proved"),),
        assumptions=(Assumption("cents", "a.py", 1, "confirmed"),),
    )
    found = states(run)
    assert set(found.values()) == {"done"}
    assert len(found) == 8


def test_each_doubt_has_its_point() -> None:
    missing = CheckedClaim("the output summary shared/a-summary.md", "is missing", holds=False)
    run = replace(
        RUN,
        commit=None,
        gates=(*PASSED, GateOutcome("mypy", "error")),
        claims=(missing,),
        criteria=(Criterion("it opens", "claimed"),),
        assumptions=(Assumption("cents", "a.py", 1),),
    )
    asked = InboxItem("q", "question", "a", "r1", "which?")
    rejected = InboxItem("v", "escalation", "a", "r1", "bo rejects this\n- high: x", about="verdict")
    other = InboxItem("o", "question", "b", "r2", "why?")
    assert states(run, asked, rejected, other) == {
        "the checks pass": "failed",
        "its work is committed": "open",
        "the output summary is written": "failed",
        "what it claims is so": "failed",
        "the acceptance criteria are met": "open",
        "its assumptions are confirmed": "open",
        "nothing waits for an answer": "open",
        "its reviewers approve": "failed",
    }


def test_a_run_that_has_not_begun_has_no_checklist() -> None:
    assert checklist(replace(RUN, state=RunState.QUEUED), ()) == ()
    assert states(replace(RUN, gates=()))["the checks pass"] == "open", "no evidence is no pass"
