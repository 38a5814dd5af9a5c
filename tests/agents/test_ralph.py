"""The Ralph loop among people: blockers, checkpoints, other teams, knots, and words without deeds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from agentboard_agents.survey import survey
from agentboard_agents.task_states import set_by_hand
from agentboard_tasks.model import State
from tests.agents.session_parts import BETTER, LOOPING, Server
from tests.support.crew import crew, git, make_project
from tests.support.modelserver import Said, call, last_text, say, stall

PRD_FILE, LOG = "tasks/backend_prd.json", "tasks/backend_progress.txt"


def story(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Story {number}", "priority": number, "passes": False, **more}


def prd(*stories: dict[str, Any], **more: Any) -> str:
    return json.dumps({"featureName": "Numbers", **more, "userStories": list(stories)}, indent=2) + "\n"


def project_with(directory: Path, text: str, **files: str) -> Project:
    return make_project(directory, {".claude/agents/backend.md": LOOPING, PRD_FILE: text, **files})


def writes(name: str) -> Said:
    return call("Write", file_path=name, content=f"{name}\n")


def put(project: Project, file: str, text: str) -> None:
    Path(project.root, file).write_text(text)


def passes(project: Project) -> list[bool]:
    stories = json.loads(Path(project.root, PRD_FILE).read_text())["userStories"]
    return [one["passes"] for one in stories]


async def test_a_story_that_nothing_was_changed_for_does_not_pass(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1)))
    cheat = call("Edit", file_path=PRD_FILE, old_string='"passes": false', new_string='"passes": true')
    server = serve(cheat, say("All done, all tests pass."), say("It is done."))
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.until(RunState.WAITING)
        (item,) = team.store.inbox()
        assert (item.kind, item.to) == ("blocker", "pm")
        assert "nothing was changed" in item.text
        assert passes(project) == [False]
        assert [(one.claim, one.fact, one.holds) for one in run.claims] == [
            ("#1 passes", "nothing was changed for this story", False)
        ]
        team.answer("stop")
        run = await team.end()
        assert (run.outcome, run.reason) == ("review", "stopped by a person at story #1")
        assert "## Blocker #1: Story 1" in team.read(LOG)
        assert not team.events("commit_created")
    assert "Nothing in your work tree has changed" in last_text(server.requests[2])


async def test_a_question_is_a_blocker_for_the_pm_and_goes_on_with_the_answer(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1)))
    asked = call("AskUserQuestion", question="Cents or euros?", tried=["read the PRD", "read the tests"])
    server = serve(asked, writes("one.txt"), say("Learnings:\n- euros"))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        (item,) = team.store.inbox()
        assert (item.kind, item.to) == ("blocker", "pm")
        assert "Cents or euros?" in item.text
        log = team.read(LOG)
        assert "## Blocker #1: Story 1\nRaised: " in log
        assert "\nTried:\n- read the PRD\n- read the tests\n\nQuestion: Cents or euros?\n" in log
        team.answer("euros")
        assert (await team.end()).outcome == "review"
        assert passes(project) == [True]
    assert "euros" in last_text(server.requests[1])


async def test_an_agent_that_ends_blocked_is_believed_and_told_the_answer_afresh(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1), story(2)))
    stuck = "BLOCKED: the schema is missing.\nTried:\n- all folders\nQuestion: Where is the schema?"
    server = serve(writes("half.txt"), say(stuck), writes("two.txt"), say("Done."))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        assert "Where is the schema?" in team.store.inbox()[0].text
        assert "- all folders" in team.read(LOG)
        team.answer("skip it")
        run = await team.end()
        assert (run.outcome, run.reason) == ("review", "skipped: 1")
        assert passes(project) == [False, True]
    assert "Story 2" in last_text(server.requests[2])
    assert len(server.requests[2]["messages"]) == 1


async def test_a_branch_that_git_refuses_is_named_with_its_file_and_the_run_can_be_tried_again(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1), branchName="feature/bad..name"))
    serve(writes("one.txt"), say("Learnings:\n- sun"))
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        assert run.state is RunState.FAILED
        assert run.reason == (
            f"{PRD_FILE}: the branch 'feature/bad..name' cannot name a branch or commit: it holds two dots "
            "(correct it there, then: agentboard retry r1)"
        )
        put(project, PRD_FILE, prd(story(1), branchName="feature/good"))
        await team.dispatch("backend", run="r2")
        assert (await team.end("r2")).branch == "feature/good"


async def test_a_checkpoint_stops_for_a_person(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1, checkpoint=True), story(2, checkpoint=True)))
    server = serve(writes("one.txt"), say("Done."), writes("two.txt"), say("Done."))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        assert passes(project) == [True, False]
        assert len(server.requests) == 2
        assert "checkpoint" in team.store.inbox()[0].text
        team.answer("go on, but in French")
        assert (await team.end()).outcome == "review", "the last one is looked at in review"
    assert "in French" in last_text(server.requests[2])


async def test_another_teams_prd_comes_first(tmp_path: Path, serve: Server) -> None:
    other = "tasks/schema_prd.json"
    text = prd(story(1), dependencies=["schema", "nobody"])
    project = project_with(tmp_path, text, **{other: prd(story(7), agent="schema")})
    server = serve(writes("one.txt"), say("Done."))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        (item,) = team.store.inbox()
        assert (item.kind, item.to) == ("blocker", "pm")
        assert f"{other}: #7 is open" in item.text
        assert server.requests == []
        assert any("nobody" in one["message"] for one in team.events("problem_found"))
        put(project, other, prd({**story(7), "passes": True}, agent="schema"))
        assert (await team.end()).outcome == "review", "it goes on by itself"
        assert passes(project) == [True]


async def test_stories_that_wait_for_each_other_are_no_success(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1, dependsOn=[2]), story(2, dependsOn=[1])))
    serve(writes("one.txt"), say("Done."), writes("two.txt"), say("Done."))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        assert "#1 waits for #2; #2 waits for #1" in team.store.inbox()[0].text
        put(project, PRD_FILE, prd(story(1), story(2, dependsOn=[1])))
        team.answer("go on")
        await team.end()
        assert passes(project) == [True, True]


async def test_a_second_run_waits_until_the_first_is_through_the_prd(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1, checkpoint=True), story(2)))
    done = say("Learnings:\n- sun")
    server = serve(writes("one.txt"), done, writes("two.txt"), done)
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        await team.dispatch("backend", run="r2")
        await team.until(RunState.WAITING, run="r2")
        (asked,) = [item for item in team.store.inbox() if item.run == "r2"]
        assert asked.text == f"r1 works through {PRD_FILE} already. This run begins when that has ended."
        team.answer("go on")
        await team.end()
        await team.end("r2")
        assert (team.run().state, team.run("r2").state) == (RunState.REVIEW, RunState.REVIEW)
        assert not team.events("commit_created", "r2")
        assert team.read(LOG).count("## Task #") == 2
    assert len(server.requests) == 4


async def test_the_agents_own_log_entry_becomes_part_of_ours(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1)), **{LOG: "## Codebase Patterns\n- tabs\n"})
    own = "\n## Task #1: Story 1\nCompleted: now\n\nLearnings:\n- it rains\n\nFiles modified:\n- lies.py\n"
    serve(call("Bash", command=f"printf '{own}' >> {LOG}; echo 1 > one.txt"), say("Learnings:\n- sun"))
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        log = team.read(LOG)
        assert log.startswith("## Codebase Patterns\n- tabs\n")
        assert log.count("## Task #1: Story 1") == 1
        assert "Learnings:\n- it rains\n- sun\n\nFiles modified:\n- one.txt\n" in log
        assert [(one.claim, one.holds) for one in run.claims] == [(f"#1 is completed in {LOG}", True)]


async def test_entries_and_passes_of_other_stories_are_taken_back_and_stay_on_record(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1), story(2)), **{LOG: "## Codebase Patterns\n- tabs\n"})
    false = "\n## Task #2: Story 2\nCompleted: now\n\nLearnings:\n- lies\n"
    cheat = call(
        "Edit",
        file_path=PRD_FILE,
        old_string='"passes": false',
        new_string='"passes": true',
        replace_all=True,
    )
    log = call("Bash", command=f"printf '{false}' >> {LOG}")
    done = say("Learnings:\n- sun")
    serve(cheat, log, writes("one.txt"), done, writes("two.txt"), done)
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        text = team.read(LOG)
        assert (text.count("## Task #2: Story 2"), text.count("- lies")) == (1, 0)
        assert passes(project) == [True, True]
        assert {one.claim: one.holds for one in run.claims} == {
            "#1 passes": True,
            "#2 passes, said at #1": False,
            f"#2 is completed in {LOG}, said at #1": False,
        }


@pytest.mark.parametrize(
    ("last", "turns", "state"),
    [
        (writes("two.txt"), 3, RunState.REVIEW),
        (Said(({"type": "text", "text": "No."},), "refusal"), 9, RunState.FAILED),
    ],
)
async def test_what_an_agent_says_of_a_story_that_was_never_checked_does_not_stay(
    tmp_path: Path, serve: Server, last: Said, turns: int, state: RunState
) -> None:
    project = project_with(tmp_path, prd(story(1)))
    cheat = call("Edit", file_path=PRD_FILE, old_string='"passes": false', new_string='"passes": true')
    serve(cheat, writes("one.txt"), last)
    async with crew(project) as team:
        await team.dispatch("backend", limits=Limits(turns=turns))
        run = await team.end()
        assert run.state is state
        assert passes(project) == [False]
        assert [(one.claim, one.fact, one.holds) for one in run.claims] == [
            ("#1 passes", "the run ended before it was checked", False)
        ]
        assert not team.events("commit_created"), "what no check has passed is not committed"
        if state is RunState.REVIEW:
            assert run.outcome == "limit"
            assert (
                run.reason == "the limit of 3 turns is reached; 0 of 1 stories pass, story #1 is not finished"
            )


async def test_what_an_agent_says_of_a_story_does_not_survive_its_cancelled_run(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1)))
    cheat = call("Edit", file_path=PRD_FILE, old_string='"passes": false', new_string='"passes": true')
    server = serve(cheat, stall(say("late"), 30))
    async with crew(project) as team:
        await team.dispatch("backend")
        await asyncio.to_thread(server.wait_for, 2)
        assert passes(project) == [True]
        team.store.append([NewEvent("r1", "backend", "cancel_requested", {"reason": "enough"})])
        team.desk.wake("r1")
        assert (await team.end()).state is RunState.CANCELLED
        assert passes(project) == [False]


async def test_what_a_person_says_of_a_story_meanwhile_stays(tmp_path: Path, serve: Server) -> None:
    project = project_with(tmp_path, prd(story(1), story(2)))
    serve(call("AskUserQuestion", question="Which?"), writes("one.txt"), say("Learnings:\n- sun"))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        set_by_hand(project, survey(project).task("backend_prd:2"), State.DONE)
        team.answer("The first")
        run = await team.end()
        assert passes(project) == [True, True]
        assert run.claims == ()
        assert len(team.events("commit_created")) == 1


async def test_what_a_person_writes_of_a_story_into_the_file_meanwhile_stays(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1), story(2)))
    cheat = call(
        "Edit",
        file_path=PRD_FILE,
        old_string='"passes": false',
        new_string='"passes": true',
        replace_all=True,
    )
    done = say("Learnings:\n- sun")
    serve(call("AskUserQuestion", question="Which?"), cheat, writes("one.txt"), done)
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        by_hand = json.loads(team.read(PRD_FILE))
        by_hand["userStories"][1]["passes"] = True
        put(project, PRD_FILE, json.dumps(by_hand, indent=4))
        team.answer("The first")
        run = await team.end()
        assert passes(project) == [True, True]
        assert [(one.claim, one.holds) for one in run.claims] == [("#1 passes", True)]
        assert len(team.events("commit_created")) == 1


async def test_a_prd_that_somebody_is_in_the_middle_of_editing_is_waited_for(
    tmp_path: Path, serve: Server
) -> None:
    whole = prd(story(1), story(2))
    project = project_with(tmp_path, whole)
    done = say("Learnings:\n- sun")
    serve(call("AskUserQuestion", question="Which?"), writes("one.txt"), done, writes("two.txt"), done)
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        put(project, PRD_FILE, whole[:-20])
        team.answer("The first")
        await team.count("blocker_created", 2)
        (item,) = [one for one in team.store.inbox() if one.kind == "blocker"]
        assert "not valid JSON" in item.text
        assert not team.events("commit_created"), "nothing is committed before it can be marked"
        put(project, PRD_FILE, whole)
        run = await team.end()
        assert (run.state, run.outcome) == (RunState.REVIEW, "review"), run.reason
        assert passes(project) == [True, True]
        assert len(team.events("commit_created")) == 2


async def test_what_was_begun_of_a_skipped_story_is_set_aside_for_the_next(
    tmp_path: Path, serve: Server
) -> None:
    project = project_with(tmp_path, prd(story(1), story(2)))
    blocked = say("BLOCKED: no key\nQuestion: Which key?")
    broken = call("Write", file_path="calc.py", content="broken\n")
    serve(writes("one.txt"), broken, blocked, writes("two.txt"), say("Learnings:\n- sun"))
    async with crew(project) as team:
        await team.dispatch("backend")
        await team.until(RunState.WAITING)
        team.answer("skip it")
        run = await team.end()
        assert passes(project) == [False, True]
        changed = git(project.root, "diff", "--name-only", str(run.base), str(run.branch))
        assert changed == "two.txt", "the second story's commit holds its own work alone"
        (told,) = [one["message"] for one in team.events("problem_found") if "set aside" in one["message"]]
        kept = told.rpartition(" ")[2]
        assert git(project.root, "show", f"{kept}:one.txt") == "one.txt"
        assert git(project.root, "show", f"{kept}:calc.py") == "broken"


async def test_criteria_are_proved_by_what_was_seen(tmp_path: Path, serve: Server) -> None:
    criteria = ["All tests pass", "sub returns the difference", "The manual says so"]
    project = project_with(tmp_path, prd(story(1, acceptanceCriteria=criteria)))
    tests = "import unittest\nimport calc\n\n\nclass T(unittest.TestCase):\n    def test_sub(self):\n"
    tests += "        self.assertEqual(calc.sub(3, 2), 1)\n"
    serve(
        call("Write", file_path="calc.py", content=BETTER),
        call("Write", file_path="test_sub.py", content=tests),
        say(
            "Acceptance criteria:\n- sub returns the difference: test_sub shows it\n- The manual says so: yes"
        ),
    )
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        assert [(one.state, one.evidence.partition(" (")[0]) for one in run.criteria] == [
            ("proved", run.criteria[0].evidence.partition(" (")[0]),
            ("proved", "sub returns the difference: test_sub shows it"),
            ("claimed", "The manual says so: yes"),
        ]
        assert "passed" in run.criteria[0].evidence
        assert git(project.root, "log", "-1", "--format=%s", str(run.branch)) == "[backend] Task #1: Story 1"
