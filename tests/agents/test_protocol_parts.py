"""The pure parts of the ways of working: claims, assumptions, reports, change sets, prices, models."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.assumptions import assumptions_in
from agentboard_agents.claims_files import Tree, false_of_files, told_of_files
from agentboard_agents.claims_said import claims_said
from agentboard_agents.gates import GateResult
from agentboard_agents.permissions import approved
from agentboard_agents.prices import cost_usd, price_of
from agentboard_agents.projection import Tokens
from agentboard_agents.protocols.brief_claims import Facts, checked_claims
from agentboard_agents.protocols.brief_messages import needs_answer, says_finished
from agentboard_agents.protocols.changeset_take import must_ask
from agentboard_agents.protocols.consultation_notes import new_note
from agentboard_agents.protocols.ralph_report import evidence_for, learnings_in
from agentboard_agents.runtimes.models import Choice, choose
from agentboard_agents.session_actions import allowed_tools
from agentboard_agents.session_checks import Verdict
from agentboard_agents.session_ledger import clipped, shown, title_of
from agentboard_tasks.files import Root
from agentboard_tasks.formats.changeset import Change, ChangeSet
from agentboard_tasks.model import Summary
from tests.support.workplace import ScriptedRuntime

PASSED = Verdict((GateResult("pytest", "passed"),))
FAILED = Verdict((GateResult("pytest", "failed", ("test_a",), "boom"),))


def summary(done: bool | None, *files: str) -> Summary:
    return Summary("s.md", "a", "yes", done, (), "", files)


def held(
    found: Summary, *changed: str, shared: tuple[str, ...] = (), verdict: Verdict = PASSED
) -> list[tuple[str, bool]]:
    facts = Facts(changed, shared, verdict, "a", "/state/worktrees/r1")
    return [(one.claim, one.holds) for one in checked_claims(found, facts)]


def test_claims_are_held_against_the_diff_and_the_gates() -> None:
    assert held(summary(True, "/project/a/b.py", "c.py"), "a/b.py", "d.py", verdict=FAILED) == [
        ("files_modified: /project/a/b.py", True),
        ("files_modified: c.py", False),
        ("files_modified without d.py", False),
        ("blockers: none", False),
        ("completed: yes", False),
    ]


def test_a_path_in_a_summary_means_the_changed_file_that_it_can_mean() -> None:
    named = summary(True, "b.py", "./a/c.py", "/state/worktrees/r1/d.py", "/project/shared/x.json", "e.py")
    changed = ("a/b.py", "b.py", "a/c.py", "d.py", "one/e.py", "two/e.py")
    assert held(named, *changed, shared=("shared/x.json",)) == [
        ("files_modified: b.py", True),
        ("files_modified: ./a/c.py", True),
        ("files_modified: /state/worktrees/r1/d.py", True),
        ("files_modified: /project/shared/x.json", True),
        ("files_modified: e.py", False),  # it may mean either
        ("files_modified without b.py", False),
        ("files_modified without one/e.py", False),
        ("files_modified without two/e.py", False),
        ("completed: yes", True),
    ]


def test_what_a_summary_says_was_done_with_a_file_has_to_be_so() -> None:
    acts = {"a/old.py": "modified", "a/new.py": "created", "a/gone.py": "deleted", "a/moved.py": "created"}
    said = {"old.py": "deleted", "old.py (created)": "created", "new.py": "modified", "gone.py": "modified"}
    files = (*said, "gone.py -> moved.py", "new.py → moved.py")
    found = Summary("s.md", "a", "yes", True, (), "", files, acts=said)
    facts = Facts(tuple(acts), (), PASSED, "a", acts=acts)
    assert [(one.claim.partition(": ")[2], one.fact, one.holds) for one in checked_claims(found, facts)][
        :-1
    ] == [
        ("old.py (deleted)", "modified, not deleted", False),
        ("old.py (created)", "modified, not created", False),
        ("new.py (modified)", "changed", True),
        ("gone.py (modified)", "deleted, not modified", False),
        ("gone.py -> moved.py", "renamed", True),
        ("new.py → moved.py", "no such change in the diff", False),
    ]


def test_what_a_summary_says_of_blockers_and_of_the_end_must_agree() -> None:
    stuck = Summary("s.md", "a", "yes", True, ("no schema",), "", ("a/b.py",))
    assert held(stuck, "a/b.py")[1:] == [("blocker: no schema", True), ("completed: yes", False)]
    assert held(summary(False, "a/b.py"), "a/b.py")[-1] == ("completed: yes", True), "an honest no is no lie"
    assert held(summary(True)) == [("completed: yes", False)], "nothing was changed"


@pytest.mark.parametrize(
    ("text", "claim", "holds"),
    [
        ("I did it. All tests pass.", "says: All tests pass", False),
        ("12 passed in 0.3s", "says: 12 passed in 0.3s", False),
        ('{"completed": "Done; tests are green"}', None, False),
        ("- **Tests**: passing, no failures", None, False),
        ("mypy reports no errors", "says: mypy reports no errors", True),
        ("Committed as 1a2b3c4d.", "says: Committed as 1a2b3c4d", False),
    ],
)
def test_words_about_the_checks_and_git_are_held_against_the_facts(
    text: str, claim: str | None, holds: bool
) -> None:
    results = (*FAILED.results, GateResult("mypy", "passed"))
    (found,) = claims_said(text, results)
    assert claim is None or found.claim == claim
    assert found.holds is holds


@pytest.mark.parametrize(
    "text",
    [
        "The tests do not pass yet.",
        "2 tests fail, the others pass",
        "I could not make the tests pass",
        "Run pytest to see whether the tests pass",
        "agentboard commits this",
        "I wrote tests for the happy path.",
    ],
)
def test_words_that_claim_nothing_are_left_alone(text: str) -> None:
    assert list(claims_said(text, FAILED.results)) == []


def said_to_hold(text: str, *results: GateResult) -> list[tuple[str, bool]]:
    return [(one.fact, one.holds) for one in claims_said(text, results)]


def test_nobody_has_passed_more_tests_than_there_are() -> None:
    one = GateResult("unittest", "passed", ran=1)
    assert said_to_hold("All 7 tests pass.", one) == [("unittest: 1 test ran", False)]
    assert said_to_hold("7 passed in 0.1s", one, GateResult("npm test", "passed", ran=6)) == [
        ("unittest, npm test: nothing new fails", True)
    ]
    assert said_to_hold("All 7 unit tests pass", GateResult("pytest", "passed")) == [
        ("pytest: nothing new fails", True)
    ]
    package = GateResult("npm test (services/api)", "passed", ran=1)
    assert said_to_hold("All 7 tests pass", package) == [("npm test (services/api): nothing new fails", True)]


def test_every_lie_of_one_sentence_is_told_and_a_summary_in_one_line_has_many_sentences() -> None:
    text = '{"completed": "All 7 tests pass, committed as abc1234", "blockers": [], "next": "Ship it"}'
    (found,) = claims_said(text, (GateResult("unittest", "passed", ran=1),))
    assert found.claim == "says: All 7 tests pass, committed as abc1234"
    assert (found.fact.partition("; ")[0], found.holds) == ("unittest: 1 test ran", False)
    assert "commits nothing here" in found.fact


def test_a_claim_is_held_against_the_gates_that_it_is_about() -> None:
    lint, tests = GateResult("npm run lint", "failed", reason="2 errors"), GateResult("npm test", "passed")
    strange = GateResult("owned paths", "failed", reason="not yours")
    assert said_to_hold("All tests pass. Lint is clean.", lint, tests, strange) == [
        ("npm test: nothing new fails", True),
        ("npm run lint: 2 errors", False),
    ]


def test_a_claim_about_tests_needs_a_gate_that_ran_them() -> None:
    assert [one.holds for one in claims_said("All tests pass", (GateResult("tests", "absent"),))] == [False]
    assert [one.holds for one in claims_said("All tests pass", PASSED.results)] == [True]


BEFORE = ("backend/app.py", "backend/old.py", "tests/helper.py", "src/helper.py", "pkg/__init__.py")
NOW = (
    "backend/app.py",
    "backend/old.py",
    "backend/new.py",
    "tests/helper.py",
    "web/__init__.py",
    "pkg/__init__.py",
)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Created a new file `ghost.py`.", "there is no ghost.py"),
        ("I created new.py, ghost.py and more.", "there is no ghost.py"),
        ("Created backend/app.py", "backend/app.py was there before"),
        ("Deleted `old.py` and its uses.", "old.py is still there"),
        ("- **Removed** /project/backend/old.py", "/project/backend/old.py is still there"),
        ("Renamed old.py to new.py.", "old.py is still there"),
        ("Moved src/helper.py to src/help.py", "there is no src/help.py"),
        ("Deleted helper.py", ""),
        ("Created `new.py` with the routes. Created __init__.py.", ""),
        ("Removed old.py's unused import", ""),
        ("Removed `old.py` from the exclusions", ""),
        ("Removed scratch.py again", ""),
        ("Created app.route and user.objects", ""),
        ("Moved app.py to the top of the list", ""),
        ("I have not created ghost.py yet", ""),
        ("The file ghost.py should be created", ""),
    ],
)
def test_words_about_files_are_held_against_what_is_there(text: str, fact: str) -> None:
    found = list(false_of_files(told_of_files(text), Tree(BEFORE, NOW, "backend")))
    assert [one.fact for one in found] == ([fact] if fact else [])
    assert not any(one.holds for one in found)


def test_assumptions_come_from_added_lines_in_any_comment_style() -> None:
    diff = (
        "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,4 @@\n one\n"
        "+#Todo: Assumption made: euros only\n-# Todo: Assumption made: old\n two\n"
        "+/* TODO: Assumption made: UTC */\n"
        'diff --git "a/\\303\\266.ts" "b/\\303\\266.ts"\n--- /dev/null\n'
        '+++ "b/\\303\\266.ts"\n@@ -0,0 +1,3 @@\n'
        "+// todo: assumption made: one\n++++ b/no.ts\n+<!-- Todo - Assumption made: two -->\n"
    )
    assert [(one.text, one.file, one.line) for one in assumptions_in(diff)] == [
        ("euros only", "x.py", 2),
        ("UTC", "x.py", 4),
        ("one", "ö.ts", 1),
        ("two", "ö.ts", 3),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "All done.\n\nLearnings:\n- one\n- two\n\nAcceptance criteria:\n- three",
        "**Learnings:**\n* one\n* two\n\n## Files\n- x",
        "## Learnings\n1. one\n2. two",
    ],
)
def test_learnings_are_the_bullets_of_their_part(text: str) -> None:
    assert learnings_in(text) == ["one", "two"]


def test_no_learnings_and_evidence() -> None:
    assert learnings_in("I learned nothing. - really") == []
    report = "Acceptance criteria:\n- POST /refunds returns 201: see test_refund\n- logs"
    assert evidence_for("POST /refunds returns 201", report) == "POST /refunds returns 201: see test_refund"
    assert evidence_for("Something else entirely", report) == ""


def change_set(*changes: tuple[str, str, str]) -> ChangeSet:
    return ChangeSet(tuple(Change(path, action, text) for path, action, text in changes), "why")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("maturity", "change", "asks"),
    [
        ("D1", ("a.py", "create", "x"), True),
        ("D2", ("a.py", "create", "x"), False),
        ("D2", ("a.py", "delete", ""), True),
        ("D2", ("web/package.json", "modify", "{}"), True),
        ("D3", ("a.py", "delete", ""), False),
        (None, ("a.py", "delete", ""), False),
    ],
)
def test_maturity_decides_what_is_asked(
    maturity: str | None, change: tuple[str, str, str], asks: bool
) -> None:
    assert bool(must_ask(change_set(change), maturity)) is asks


def test_a_memory_note_overwrites_none(tmp_path: Path) -> None:
    root = Root(str(tmp_path))
    first, second = (new_note(root, "notes", "The Schema", text) for text in ("one", "two"))
    assert first != second
    assert "one" in (tmp_path / first).read_text()


def test_what_needs_the_leads_answer() -> None:
    assert needs_answer("Which currency?")
    assert needs_answer("I am blocked by the schema")
    assert needs_answer("The refund policy is unclear: I need your decision")
    assert needs_answer("Tell me the currency before I can go on")
    assert not needs_answer("The refund API is done.")
    assert not needs_answer("Done: no blocker is left, and nothing is blocked")


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("The refund API is done.", True),
        ("Task completed: the schema is in shared/.", True),
        ("Ready for your review", True),
        ("Halfway done, all fine.", False),
        ("It is not completed yet", False),
        ("I will tell you when the tests are finished", False),
        ("80 % done", False),
        ("Half of it is done; now it is all finished", True),
        ("The schema is there", False),
    ],
)
def test_only_the_whole_task_is_a_finished_one(text: str, *, finished: bool) -> None:
    assert says_finished(text) is finished


def test_only_a_yes_is_a_yes() -> None:
    assert approved("approve")
    assert approved("Yes: go ahead")
    assert not approved("deny: too risky")
    assert not approved("approve? never")
    assert not approved("")


def test_a_definition_limits_the_tools() -> None:
    known, unknown = allowed_tools(("Read", "Bash(git log:*)", "mcp__db__query", "Agent", "WebFetch"))
    assert known == {"Read", "Bash", "BashOutput", "KillShell"}  # what Bash starts can be read and ended
    assert unknown == ("mcp__db__query", "WebFetch")
    every, _ = allowed_tools(None, ("Bash",))
    assert "Write" in every
    assert "Bash" not in every
    assert allowed_tools(())[0] == frozenset()


def test_prices() -> None:
    tokens = Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000)
    assert cost_usd("some-sonnet-9", tokens) == pytest.approx(3 + 15 + 0.3 + 3.75)
    assert price_of("x-opus-4-5") != price_of("x-opus-3")
    assert cost_usd("rehearsal", tokens) is None


@pytest.mark.parametrize(
    ("hint", "table", "expected"),
    [
        ("claude-x-1", {}, "claude-x-1"),
        ("opus", {"opus": "mine"}, "mine"),
        ("Opus", {}, "x-opus-2"),
        (None, {}, "x-sonnet-3"),
        ("inherit", {"default": "haiku"}, "x-haiku-1"),
        ("anthropic/claude-x-1", {}, "claude-x-1"),
        ("anthropic/opus", {}, "x-opus-2"),
        ("provider/some-model", {"provider/some-model": "mine"}, "mine"),
        ("us.anthropic.claude-x-1-v1:0", {}, "us.anthropic.claude-x-1-v1:0"),
        ("sonnet[1m]", {}, "x-sonnet-3"),
        ("opusplan", {}, "x-opus-2"),
    ],
)
async def test_what_a_model_hint_means(hint: str | None, table: dict[str, str], expected: str) -> None:
    runtime = ScriptedRuntime(offered=["x-opus-2", "x-sonnet-3", "x-sonnet-1", "x-haiku-1"])
    assert await choose(hint, table, runtime) == Choice(expected)


@pytest.mark.parametrize("hint", ["gpt-9", "provider/some-model", "the good one"])
async def test_what_is_no_model_is_passed_on_with_the_reason(hint: str) -> None:
    choice = await choose(hint, {}, ScriptedRuntime(offered=["x-opus-2"]))
    assert choice.model == hint
    assert "`models` in your configuration" in choice.problem


async def test_an_alias_that_nothing_answers_to_is_passed_on_with_the_reason() -> None:
    choice = await choose("haiku", {}, ScriptedRuntime(offered=["x-opus-2"]))
    assert choice.model == "haiku"
    assert "passed on" in choice.problem


def test_verdicts() -> None:
    assert PASSED.passed
    assert not FAILED.passed
    assert FAILED.reason == "pytest: 1 new failure: test_a"
    assert "boom" in FAILED.feedback
    assert Verdict((GateResult("tests", "absent"),)).passed
    assert not Verdict((GateResult("tests", "error", reason="no baseline"),)).passed


def test_what_an_event_shows_of_a_call_is_small() -> None:
    given: dict[str, object] = {"path": "a.py", "content": "x" * 100_000, "edits": list(range(500))}
    small = shown(given)
    assert len(small["content"]) < 3_000
    assert len(small["edits"]) == 50
    assert title_of("Edit", given) == "Edit a.py"
    assert title_of("Bash", {"command": "\n ls -la\nrm x"}) == "Bash ls -la"
    assert clipped("abc", 3) == "abc"
