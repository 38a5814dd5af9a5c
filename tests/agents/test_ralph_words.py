"""What a Ralph agent's words say, and which of them were seen to be so."""

from __future__ import annotations

import pytest

from agentboard_agents.gates import GateResult
from agentboard_agents.protocols.ralph_evidence import marked
from agentboard_agents.protocols.ralph_evidence import tests_in as named_tests_in
from agentboard_agents.protocols.ralph_prd import own_entries
from agentboard_agents.protocols.ralph_report import Stuck, stuck_in

PASSED = (GateResult("pytest", "passed", ran=3), GateResult("mypy", "passed"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BLOCKED: no key.\nTried: two ways\nQuestion: Which key?", Stuck("Which key?", ("two ways",))),
        ("## Blocker\n\nThe schema is gone. Where is it?", Stuck("The schema is gone. Where is it?")),
        ("Status: blocked: nobody answers", Stuck("nobody answers")),
        ("Blockers: none", None),
        ("## Blockers\n\nNone.", None),
        ("Blocked users can log in again now.", None),
        ("I unblocked the queue.", None),
        ("Done.", None),
    ],
)
def test_what_says_that_an_agent_cannot_go_on(text: str, expected: Stuck | None) -> None:
    assert stuck_in(text) == expected


@pytest.mark.parametrize(
    ("criterion", "report", "state"),
    [
        ("Tests pass", "", "proved"),
        ("Typecheck passes", "", "proved"),
        ("tests/test_cart.py passes", "", "proved"),
        ("Tests and linter pass", "- Tests and linter pass: yes", "claimed"),
        ("GET /x answers 200", "- GET /x answers 200: test_get_x", "proved"),
        ("GET /x answers 200", "- GET /x answers 200: see api.py", "proved"),
        ("GET /x answers 200", "- GET /x answers 200: test_other", "claimed"),
        ("GET /x answers 200", "", "claimed"),
        ("TWO exists", "- ONE exists: api.py", "claimed"),
        ("TWO exists", "- ONE exists: nowhere\n- TWO exists: api.py", "proved"),
    ],
)
def test_only_what_was_seen_is_a_proof(criterion: str, report: str, state: str) -> None:
    tests = named_tests_in("test_api.py", "def test_get_x() -> None: ...\n")
    assert marked(criterion, report, PASSED, ["api.py", "test_api.py"], tests).state == state


def test_a_gate_that_forgives_old_failures_proves_nothing() -> None:
    forgiving = (GateResult("pytest", "passed", output="failed before too (1):\n  t", ran=3),)
    assert marked("All tests pass", "", forgiving, [], {}).state == "claimed"


def test_tests_are_named_in_three_languages() -> None:
    assert named_tests_in("a", "    async def test_a(self):\n") == {"test_a": "a"}
    assert named_tests_in("a", "func TestB(t *testing.T) {\n") == {"TestB": "a"}
    assert named_tests_in("a", "  it('adds two', () => {\n") == {"adds two": "a"}


def test_only_entries_about_the_story_are_the_agents_own() -> None:
    added = (
        b"## Codebase Patterns\n- x\n\n## Task #2: b\nLearnings:\n- two\n\n## Task #1: a\nLearnings:\n- one\n"
    )
    (own,) = own_entries(added, {"1": ""})
    assert (own.text.split("\n")[0], own.learnings) == ("## Task #1: a", ("one",))
