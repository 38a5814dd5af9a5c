"""Change sets from answer to review: corrections on record, tests first, standards, blockers, approval."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents import blockers
from agentboard_agents.attention import rank
from agentboard_agents.events import NewEvent
from agentboard_agents.gates.standards import Standards, judged
from agentboard_agents.outward import run_form
from agentboard_agents.project import Project
from agentboard_agents.protocols.changeset_claims import is_test
from agentboard_agents.run import RunState
from tests.agents.session_parts import BETTER, BROKEN, CHANGES, LIST, TASKS, Server
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import Said, call, last_text, say, status

TEST_SUB = (
    "import unittest\n\nimport calc\n\n\nclass Subtracts(unittest.TestCase):\n"
    "    def test_sub(self) -> None:\n        self.assertEqual(calc.sub(3, 2), 1)\n"
)
BOOKS = "def settle_balance(amount: int) -> int:\n    return -amount\n"
OLD_NEWS = TEST_SUB.replace("calc.sub(3, 2), 1", "calc.add(1, 2), 3")


def project_with(directory: Path, definition: str = CHANGES, **files: str) -> Project:
    return make_project(
        directory, {".claude/agents/backend.md": definition, LIST: TASKS, **files}, tested=True
    )


def answer(**files: str | None) -> Said:
    """A change set: text for a file, None to delete it; names spell `.` as `_dot_`."""
    changes: list[dict[str, Any]] = []
    for name, text in files.items():
        path = name.replace("_dot_", ".")
        action = "delete" if text is None else "modify" if path == "calc.py" else "create"
        changes.append({"path": path, "action": action, "content": text or ""})
    return say(json.dumps({"files": changes, "explanation": "the sign was wrong"}))


def now(team: Crew, file: str) -> str:
    return Path(team.run().worktree or "", file).read_text()


def claims(team: Crew) -> dict[str, tuple[str, bool]]:
    return {one.claim: (one.fact, one.holds) for one in team.run().claims}


async def test_each_correction_is_on_record(tmp_path: Path, serve: Server) -> None:
    serve(
        answer(calc_dot_py=BROKEN),
        answer(ghost_dot_py=None),
        answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB),
    )
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.outcome == "review", run.reason
        first, second = run_form(run)["corrections"]
        assert first["error"].startswith("unittest") or first["error"].startswith("pytest")
        assert first["analysis"] == "the sign was wrong"
        assert list(first["fix"]) == ["delete ghost.py"]
        assert first["result"].startswith("refused: ")
        assert second["error"].startswith("ghost.py: delete of a file")
        assert (*second["fix"], second["result"]) == ("modify calc.py", "create test_sub.py", "passed")


async def test_a_refused_set_is_told_everything_that_is_wrong_with_it(tmp_path: Path, serve: Server) -> None:
    server = serve(
        answer(**{"../out_dot_py": "x\n", "calc_dot_py": None, "gone/no_dot_py": None, ".git/hook": "x\n"}),
        answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB),
    )
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
    told = last_text(server.requests[1])
    assert "the path leaves the project" in told
    assert "the path is git's own" in told
    assert "gone/no.py: delete of a file that does not exist" in told


@pytest.mark.parametrize("anew", [False, True])
async def test_an_answer_that_is_cut_goes_on_where_it_ended(
    tmp_path: Path, serve: Server, *, anew: bool
) -> None:
    whole = answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB).blocks[0]["text"]
    half = len(whole) // 2
    rest = whole if anew else whole[half:]
    serve(Said(({"type": "text", "text": whole[:half]},), "max_tokens"), say(rest))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.outcome == "review"
        assert not run.corrections
        assert now(team, "calc.py") == BETTER


async def test_the_agent_is_told_what_its_task_is_about(tmp_path: Path, serve: Server) -> None:
    server = serve(answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB))
    tasks = TASKS.replace("T1 Subtract numbers", "T1 Subtract as settle_balance does (depends on T2)")
    async with crew(project_with(tmp_path, **{LIST: tasks, "books.py": BOOKS})) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        assert team.events("context_related")[0]["files"][0] == "books.py"
    told = last_text(server.requests[0])
    assert "- books.py:1 function settle_balance" in told
    assert "Dependencies:\n- T2 Multiply numbers: todo" in told
    assert f"Workflow step: 1 of 2 in {LIST}, 2 open" in told


async def test_tests_that_come_first_fail_without_the_change(tmp_path: Path, serve: Server) -> None:
    serve(answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        fact, holds = claims(team)["the tests come first"]
        assert holds
        assert fact.startswith("fail on the base, pass with the change: ")
        assert "test_sub" in fact


async def test_a_change_without_tests_is_said_to_have_none(tmp_path: Path, serve: Server) -> None:
    serve(answer(calc_dot_py=BETTER))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        assert any("has no tests" in one["message"] for one in team.events("problem_found"))


async def test_tests_that_prove_nothing_are_said_to(tmp_path: Path, serve: Server) -> None:
    serve(answer(calc_dot_py=BETTER, test_sub_dot_py=OLD_NEWS))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        fact, holds = claims(team)["the tests come first"]
        assert not holds
        assert "pass without the change" in fact


async def test_what_a_command_changed_beside_the_sets_is_shown(tmp_path: Path, serve: Server) -> None:
    serve(call("Bash", command="echo 1 > sneaky.txt"), answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        await team.end()
        assert claims(team)["nothing is changed but by change sets"] == (
            "changed by a command: sneaky.txt",
            False,
        )


async def test_standards_warn_and_fail_only_where_configured(tmp_path: Path, serve: Server) -> None:
    bare = BETTER + "\n\ndef twice(x):\n    return x * 2\n"
    for number, configured in enumerate(("", "standards:\n  docstrings: false\n  fail: true\n")):
        serve(*[answer(calc_dot_py=bare, test_sub_dot_py=TEST_SUB)] * 1, *[answer(calc_dot_py=BETTER)] * 3)
        directory = tmp_path / str(number)
        directory.mkdir()
        project = project_with(directory, **{".agentboard.yaml": configured} if configured else {})
        async with crew(project) as team:
            await team.dispatch("backend", task="T1")
            run = await team.end()
            gates = {gate.name: gate for gate in run.gates}
            assert run.outcome == "review", run.reason
            if configured:
                assert run.attempts == 1
                assert "docstrings" not in gates
                assert gates["type hints"].state == "passed", "corrected"
            else:
                assert run.attempts == 0
                assert gates["type hints"].state == "passed"
                assert any(
                    "twice has no type hints" in one["message"] for one in team.events("problem_found")
                )
                assert gates["type hints"].new_failures == (
                    "calc.py:9: twice has no type hints for x, return",
                )


async def test_the_first_level_asks_before_it_applies(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, CHANGES.replace("D2", "D1"))
    server = serve(*[answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB)] * 2)
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        (item,) = team.store.inbox()
        assert (item.kind, item.options) == ("permission", ("approve", "deny"))
        assert "modify calc.py" in item.text
        assert "sub" not in now(team, "calc.py")
        team.answer("deny: say why first")
        await team.count("permission_asked", 2)
        team.answer("approve")
        run = await team.end()
        assert (run.outcome, run.attempts) == ("review", 1)
    assert "say why first" in last_text(server.requests[1])


async def test_a_rule_that_denies_a_file_counts_for_change_sets_too(tmp_path: Path, serve: Server) -> None:
    rules = json.dumps({"permissions": {"deny": ["Edit(secret/**)"]}})
    project = project_with(tmp_path, **{".claude/settings.json": rules})
    server = serve(answer(**{"secret/a_dot_py": "x"}), answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).attempts == 1
    assert "secret/a.py: the rule Edit(secret/**)" in last_text(server.requests[1])


async def test_a_blocker_that_can_wait_does_not_stop_the_run(tmp_path: Path, serve: Server) -> None:
    asked = call("RaiseBlocker", question="Cents  or euros?", kind="ASYNC")
    again = call("RaiseBlocker", question="cents or euros?", kind="ASYNC")
    server = serve(asked, again, answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB))
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.state is RunState.REVIEW
        (item,) = [one for one in team.store.inbox() if one.kind == "blocker"]
        assert (item.text, item.what) == ("Cents or euros?", "ASYNC")
        (message,) = blockers.handed_on(item, run, "euros")
        assert message.data["text"].endswith("The answer: euros")
    assert "asked already" in last_text(server.requests[2])


async def test_nobody_waits_for_an_answer_longer_than_a_day(
    tmp_path: Path, serve: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(call("RaiseBlocker", question="Why?", kind="SYNC"), *[say("no set")] * 4)
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        assert "Blocked: Why?" in team.read(LIST)
        monkeypatch.setattr(blockers, "LASTS", timedelta(0))
        run = await team.end()
        assert run.state is RunState.FAILED
        assert "expired" in (run.reason or "")
        assert len(team.events("blocker_expired")) == 2
        assert "Blocked: the blocker expired" in team.read(LIST)


async def test_the_same_question_of_two_runs_about_one_task_is_answered_once(
    tmp_path: Path, serve: Server
) -> None:
    asks = call("RaiseBlocker", question="Cents or euros?", kind="SYNC")
    sets = answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB)
    serve(asks, asks, sets, sets)
    async with crew(project_with(tmp_path)) as team:
        for run in ("r1", "r2"):
            await team.dispatch("backend", task="T1", run=run)
            await team.until(RunState.WAITING, run=run)
        assert len(team.store.inbox()) == 2
        (need,) = rank(team.store.inbox(), ())
        assert (need.run, need.text) == ("r1", "Cents or euros?")
        team.answer("euros")
        for run in ("r1", "r2"):
            assert (await team.end(run)).outcome == "review"
            (told,) = [one for one in team.events("tool_finished", run) if one["tool"] == "RaiseBlocker"]
            assert told["summary"] == "answered: euros"


async def test_an_old_blocker_that_can_wait_is_closed(tmp_path: Path) -> None:
    async with crew(project_with(tmp_path)) as team:
        data = {"item": "i1", "item_kind": "blocker", "text": "Why?", "what": "ASYNC"}
        team.store.append([NewEvent("", "backend", "item_raised", data)])
        blockers.expire(team.store)
        assert [item.id for item in team.store.inbox()] == ["i1"]
        old = (datetime.now(UTC) - timedelta(hours=24)).isoformat()
        assert blockers.is_old(old)
        assert not blockers.is_old("yesterday")


async def test_the_answer_has_a_form_where_the_api_can_hold_it_to_one(tmp_path: Path, serve: Server) -> None:
    good = answer(calc_dot_py=BETTER, test_sub_dot_py=TEST_SUB)
    server = serve(
        status(400, "invalid_request_error", "output_config: Extra inputs are not permitted"), good
    )
    async with crew(project_with(tmp_path)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
    first, second = server.requests
    assert first["output_config"]["format"]["schema"]["required"] == ["files", "explanation"]
    assert "output_config" not in second


def test_standards_count_only_what_is_new() -> None:
    before = {"a.py": '"""A."""\n\n\ndef old(x):\n    return x\n'}
    now = {"a.py": before["a.py"] + f"\n\ndef new(x) -> int:\n    return {'1 + ' * 40}1\n", "b.py": "\x00("}
    found = {one.name: one.new_failures for one in judged(Standards(function_length=3), now, before)}
    assert found["type hints"] == ("a.py:8: new has no type hints for x",)
    assert found["docstrings"] == ("a.py:8: new has no docstring",)
    assert len(found["line length"]) == 1
    assert found["function length"] == ()


def test_standards_read_any_rubbish() -> None:
    for text in ("(" * 5_000, "x" + ".y" * 20_000, "-" * 50_000 + "1", "\udc80", "def f(:"):
        assert judged(Standards(), {"a.py": text}, {})


@pytest.mark.parametrize(
    ("path", "expected"),
    [("test_a.py", True), ("a/tests/b.py", True), ("a_test.go", True), ("web/a.spec.ts", True),
     ("__tests__/a.js", True), ("contest.py", False), ("testing.md", False), ("src/latest.py", False)],
)  # fmt: skip
def test_which_files_hold_tests(path: str, *, expected: bool) -> None:
    assert is_test(path) is expected
