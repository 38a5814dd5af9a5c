"""One run of each way of working, from dispatch to review: all real but the model, which is scripted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.events import Event, NewEvent
from agentboard_agents.protocols import ralph_story
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from agentboard_agents.store import Store
from agentboard_tasks.formats import progress
from tests.agents.session_parts import (
    ARCHITECT,
    BETTER,
    BRIEFED,
    BROKEN,
    CHANGES,
    CHECKLIST,
    CONSULTING,
    LIST,
    LOOPING,
    TASKS,
    Server,
    changed,
)
from tests.support.crew import crew, git, make_project
from tests.support.modelserver import Reaction, call, last_text, said, say, status


async def test_a_task_list_from_to_do_to_completed(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}, tested=True)
    server = serve(call("Write", file_path="calc.py", content=BETTER), say("Subtraction is there."))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert (run.state, run.outcome) == (RunState.REVIEW, "review"), run.reason
        assert (run.branch or "").startswith("ab/backend/")
        assert "def sub" in team.show("calc.py")
        assert "def sub" not in team.read("calc.py"), "the user's files stay as they were"
        assert "completed: 20" in team.read(LIST).partition("## Completed")[2]
        assert git(project.root, "diff", "--name-only") == LIST
        assert changed(team) == ["calc.py"]
        assert run.tokens.output == 40
        assert [gate.state for gate in run.gates] == ["passed"]
        assert [one["state"] for one in team.events("task_changed")] == ["in_progress", "done"]
    opening = "\n".join(said(server.requests[0]))
    assert "Subtract numbers" in opening
    assert "Small functions." in opening
    names = {tool["name"] for tool in server.requests[0]["tools"]}
    assert {"Read", "Bash", "AskUserQuestion"} <= names
    assert "web_fetch" in names, "the API's own tool, under the API's name"


async def test_failing_checks_are_corrected(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}, tested=True)
    broken = call("Write", file_path="calc.py", content=BROKEN)
    mended = call("Write", file_path="calc.py", content=BETTER)
    server = serve(broken, say("Done."), mended, say("Corrected."))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert (run.outcome, run.attempts) == ("review", 1), run.reason
        assert "test_add" in team.events("correction_attempt")[0]["reason"]
        assert "test_add" in last_text(server.requests[2])


async def test_work_whose_checks_never_pass_is_kept_and_blocked(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}, tested=True)
    serve(call("Write", file_path="calc.py", content=BROKEN), *[say("I think it is fine.")] * 4)
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert (run.state, run.outcome, run.attempts) == (RunState.REVIEW, "gates_failed", 3)
        assert changed(team) == ["calc.py"], "the work is on the branch whatever the checks say"
        assert "Blocked: the checks do not pass" in team.read(LIST)


async def test_a_filled_brief_and_a_summary_held_against_the_facts(tmp_path: Path, serve: Server) -> None:
    tasks = TASKS.replace("backend", "x")
    project = make_project(tmp_path, {".claude/agents/backend.md": BRIEFED, LIST: tasks})
    summary = {
        "completed": True,
        "blockers": None,
        "next_recommended_action": "ship",
        "files_modified": ["app/refund.py", "app/ghost.py"],
    }
    code = "# Todo: Assumption made: amounts are cents\nCENTS = 100\n"
    server = serve(
        call("Write", file_path="refund.py", content=code),
        call("Write", file_path="../calc.py", content="no"),
        call("SendMessage", to="Team Lead", text="Which currency?"),
        say("Done."),
        call(
            "Write",
            file_path="/project/shared/backend-summary.md",
            content=f"Did it.\n\n{json.dumps(summary)}",
        ),
        say("Written."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1", context="Refunds for all.")
        waiting = await team.until(RunState.WAITING)
        assert waiting.task
        item = team.store.inbox()[0]
        assert (item.kind, item.text, item.to) == ("question", "Which currency?", "lead")
        team.answer("Euro")
        run = await team.end()
        assert run.outcome == "review", run.reason
        assert changed(team) == ["app/refund.py"]
        holds = {claim.claim: claim.holds for claim in run.claims}
        assert holds["files_modified: app/refund.py"]
        assert not holds["files_modified: app/ghost.py"]
        assert holds["completed: yes"]
        found = [(one.text, one.file, one.line) for one in run.assumptions]
        assert found == [("amounts are cents", "app/refund.py", 1)]
        assert "Did it." in team.read("shared/backend-summary.md"), "artifacts are the team's live copy"
    system = server.requests[0]["system"][0]["text"]
    assert "Feature context: Refunds for all." in system
    assert "Subtract numbers" in system
    assert "[The lead" not in system
    assert "outside of what you may change" in last_text(server.requests[2])
    assert "Team Lead answers: Euro" in last_text(server.requests[3])
    assert "backend-summary.md is missing" in last_text(server.requests[4])


async def test_an_unfilled_placeholder_stops_the_run(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": BRIEFED})
    server = serve()
    async with crew(project) as team:
        await team.dispatch("backend", prompt="Add refunds")
        run = await team.end()
        assert run.state is RunState.FAILED
        assert "The lead pastes the whole feature here" in (run.reason or "")
    assert server.requests == []


def change_set(*files: dict[str, str]) -> Reaction:
    return say(f"Here it is.\n```json\n{json.dumps({'files': files, 'explanation': 'why'})}\n```")


async def test_a_change_set_is_applied_whole_tested_and_corrected(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHANGES, LIST: TASKS}, tested=True)
    server = serve(
        change_set(
            {"path": "new.py", "action": "create", "content": "x = 1\n"},
            {"path": "ghost.py", "action": "modify", "content": "y = 1\n"},
        ),
        change_set({"path": "calc.py", "action": "modify", "content": BROKEN}),
        change_set(
            {"path": "calc.py", "action": "modify", "content": BETTER},
            {"path": "CLAUDE.md", "action": "delete"},
        ),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        item = team.store.inbox()[0]
        assert (item.kind, "CLAUDE.md" in item.text) == ("permission", True), "D2 asks before it deletes"
        team.answer("approve")
        run = await team.end()
        assert (run.outcome, run.attempts) == ("review", 2), run.reason
        assert changed(team) == ["CLAUDE.md", "calc.py"]
        assert team.show("calc.py") == BETTER.strip()
    assert "ghost.py: modify of a file that does not exist" in last_text(server.requests[1])
    assert "test_add" in last_text(server.requests[2])
    assert "Write" not in {tool["name"] for tool in server.requests[0]["tools"]}


async def test_what_an_agent_says_of_files_is_held_against_them_and_what_its_files_hold_it_does_not_say(
    tmp_path: Path, serve: Server
) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHANGES, LIST: TASKS}, tested=True)
    made = {"path": "new.py", "action": "create", "content": "# Everything is committed. Deleted new.py.\n"}
    answer = {"files": [made], "explanation": "Created `new.py`. Deleted calc.py."}
    serve(say(f"Everything is pushed.\n```json\n{json.dumps(answer)}\n```"))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        said = [(one.claim, one.fact) for one in run.claims if one.claim.startswith("says")]
        assert [claim for claim, _ in said] == ["says: Everything is pushed", "says: Deleted calc.py"]
        assert said[1][1] == "calc.py is still there"


async def test_a_change_set_that_cannot_be_corrected_waits_for_a_person(
    tmp_path: Path, serve: Server
) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHANGES, LIST: TASKS})
    good = change_set({"path": "calc.py", "action": "modify", "content": BETTER})
    server = serve(*[say("No JSON here.")] * 4, good)
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        assert team.store.inbox()[0].kind == "blocker"
        team.answer("Answer with the JSON object alone.")
        run = await team.end()
        assert (run.outcome, run.attempts) == ("review", 3), run.reason
    assert "JSON object alone" in last_text(server.requests[4])


CRITERION = "sub returns the difference"
PRD: dict[str, Any] = {
    "featureName": "Numbers",
    "branchName": "feature/numbers",
    "overview": "Better numbers.",
    "userStories": [
        {"id": 1, "title": "Subtract", "priority": 2, "acceptanceCriteria": [CRITERION], "passes": False},
        {"id": 2, "title": "Note", "priority": 1, "acceptanceCriteria": [], "passes": False},
    ],
}


async def test_the_ralph_loop_works_through_its_prd(tmp_path: Path, serve: Server) -> None:
    files = {".claude/agents/backend.md": LOOPING, "tasks/backend_prd.json": json.dumps(PRD, indent=2) + "\n"}
    project = make_project(tmp_path, files)
    cheat = {"old_string": '"passes": false', "new_string": '"passes": true', "replace_all": True}
    report = f"Learnings:\n- notes are plain text\n\nAcceptance criteria:\n- {CRITERION}: tested"
    server = serve(
        call("Write", file_path="NOTE.txt", content="hello\n"),
        call("Edit", file_path="tasks/backend_prd.json", **cheat),
        say(report),
        call("Write", file_path="calc.py", content=BETTER),
        say(report),
    )
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        assert (run.state, run.outcome) == (RunState.REVIEW, "review"), run.reason
        assert run.branch == "feature/numbers"
        subjects = git(project.root, "log", "--format=%s", "main..feature/numbers").splitlines()
        assert subjects == ["[backend] Task #1: Subtract", "[backend] Task #2: Note"]
        stories = json.loads(team.read("tasks/backend_prd.json"))["userStories"]
        assert [story["passes"] for story in stories] == [True, True]
        log = team.read("tasks/backend_progress.txt")
        assert log.index("## Task #2: Note") < log.index("## Task #1: Subtract")
        assert "- notes are plain text" in log
        assert "- NOTE.txt" in log
        claims = {claim.claim: claim.holds for claim in run.claims}
        assert claims == {"#1 passes, said at #2": False, "#2 passes": True}
        assert [one.state for one in run.criteria] == ["claimed"]
        assert changed(team) == ["NOTE.txt", "calc.py"]
    second = server.requests[3]["messages"]
    assert len(second) == 1, "each iteration starts afresh"
    assert "notes are plain text" in last_text(server.requests[3]), "the log is its memory"
    assert "Task #2: Note" in last_text(server.requests[3]), "and the history"


async def test_an_entry_is_written_although_an_earlier_round_wrote_the_same_in_that_second(
    tmp_path: Path, serve: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = "2026-01-02T03:04:05+00:00"

    async def now(_session: object) -> str:
        return at

    monkeypatch.setattr(ralph_story, "now", now)
    alike = progress.entry("2", "Note", at, ["notes are plain text"], ["NOTE.txt"]).decode().lstrip()
    alone = {**PRD, "userStories": PRD["userStories"][1:]}
    files = {".claude/agents/backend.md": LOOPING, "tasks/backend_progress.txt": alike}
    project = make_project(tmp_path, {**files, "tasks/backend_prd.json": json.dumps(alone, indent=2) + "\n"})
    serve(call("Write", file_path="NOTE.txt", content="hello\n"), say("Learnings:\n- notes are plain text\n"))
    async with crew(project) as team:
        await team.dispatch("backend")
        run = await team.end()
        assert run.outcome == "review", run.reason
        assert team.read("tasks/backend_progress.txt").count(alike.strip()) == 2


async def test_a_later_ralph_loop_goes_on_from_where_the_first_one_ended(
    tmp_path: Path, serve: Server
) -> None:
    files = {".claude/agents/backend.md": LOOPING, "tasks/backend_prd.json": json.dumps(PRD)}
    serve(
        call("Write", file_path="NOTE.txt", content="hello\n"),
        say("Learnings:\n- none"),
        call("Write", file_path="calc.py", content=BETTER),
        say("Learnings:\n- none"),
    )
    project = make_project(tmp_path, files)
    async with crew(project) as team:
        await team.dispatch("backend", limits=Limits(iterations=1))
        first = await team.end()
        await team.dispatch("backend", run="r2")
        second = await team.end("r2")
        assert team.read("tasks/backend_progress.txt").startswith("## Task #2: Note")
    assert (second.state, second.outcome) == (RunState.REVIEW, "review"), second.reason
    subjects = git(project.root, "log", "--format=%s", f"main..{second.branch}").splitlines()
    assert subjects == ["[backend] Task #1: Subtract", "[backend] Task #2: Note"]
    assert second.base == git(project.root, "rev-parse", str(first.branch))


async def test_nobody_sees_a_run_in_review_without_its_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[str]] = []
    append = Store.append

    def spied(store: Store, events: Sequence[NewEvent]) -> list[Event]:
        batches.append([event.kind for event in events])
        return append(store, events)

    monkeypatch.setattr(Store, "append", spied)
    async with crew(make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})) as team:
        await team.dispatch("backend", task="T1", runtime="rehearsal")
        await team.end()
    assert batches[-1] == ["review_ready", "run_finished"]


async def test_a_ralph_loop_ends_at_its_iteration_limit(tmp_path: Path, serve: Server) -> None:
    files = {".claude/agents/backend.md": LOOPING, "tasks/backend_prd.json": json.dumps(PRD)}
    serve(call("Write", file_path="NOTE.txt", content="hello\n"), say("Learnings:\n- none"))
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", limits=Limits(iterations=1))
        run = await team.end()
        assert (run.state, run.outcome) == (RunState.REVIEW, "limit")
        assert "1 iterations" in (run.reason or "")


async def test_consulting_remembering_and_flagging(tmp_path: Path, serve: Server) -> None:
    files = {
        ".claude/agents/backend.md": CONSULTING,
        ".claude/agents/architect.md": ARCHITECT,
        ".claude/agents-shared/team-protocol.md": "Be kind to each other.\n",
        ".claude/agents-memory/backend/2026-01-02-names.md": "Names are short.\n",
        LIST: TASKS,
    }
    server = serve(
        call("Agent", agent="Architect", prompt="Which column?"),
        call("Read", file_path="calc.py"),
        say("The third."),
        call("SaveMemory", topic="Column choice", text="It is the third."),
        call("FlagConcern", concern="The spec names a fourth."),
        call("Write", file_path="calc.py", content=BETTER),
        say("Done."),
    )
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.outcome == "review", run.reason
        loaded = team.events("context_loaded")[0]["files"]
        assert ".claude/agents-shared/team-protocol.md" in loaded
        assert ".claude/agents-memory/backend/2026-01-02-names.md" in loaded
        names = git(team.project.root, "ls-files", "--others", ".claude/agents-memory/backend").splitlines()
        assert [name.endswith("-column-choice.md") for name in names] == [True]
        assert "It is the third." in team.read(names[0])
        assert changed(team) == ["calc.py"]
        concerns = [item.text for item in team.store.inbox() if item.kind == "problem"]
        assert concerns == ["The spec names a fourth."]
    assert "Be kind" in last_text(server.requests[0])
    consulted = server.requests[1]
    assert "You design." in consulted["system"][0]["text"]
    assert "Write" not in {tool["name"] for tool in consulted["tools"]}
    assert last_text(server.requests[3]) == "The third."


async def test_a_fault_ends_the_run_with_its_reason(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    serve(status(401, "authentication_error", "invalid key"))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.state is RunState.FAILED
        assert "invalid key" in (run.reason or "")
        assert "invalid key" in team.read(LIST), "the task says why it is blocked"


async def test_a_cancelled_run_gives_its_task_back(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    serve(call("AskUserQuestion", question="Which one?", options=["a", "b"]))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        team.desk.control("r1").emit("cancel_requested")
        team.desk.wake("r1")
        run = await team.end()
        assert run.state is RunState.CANCELLED
        assert team.read(LIST) == TASKS


async def test_an_escalation_blocks_the_task_until_it_is_answered(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    server = serve(call("Write", file_path="calc.py", content=BETTER), say("Then I do that."))
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        team.desk.control("r1").emit("escalate_requested", to="lead", reason="wrong schema")
        await team.until(RunState.WAITING)
        assert "Blocked: wrong schema" in team.read(LIST)
        assert server.requests == []
        team.answer("Use the new one.")
        run = await team.end()
        assert run.outcome == "review", run.reason
        states = [one["state"] for one in team.events("task_changed")]
        assert states == ["in_progress", "blocked", "in_progress", "done"]
    assert "Use the new one." in last_text(server.requests[0])


async def test_the_rehearsal_runs_without_a_key(tmp_path: Path) -> None:
    script = {
        "conversations": [
            {
                "task": "T1",
                "turns": [
                    {"tools": [{"name": "Write", "input": {"file_path": "calc.py", "content": BETTER}}]},
                    {"text": "Done."},
                ],
            }
        ]
    }
    files = {
        ".claude/agents/backend.md": CHECKLIST.replace("tools:", "model: claude-opus-4-6\ntools:"),
        LIST: TASKS,
        ".agentboard/rehearsal/backend.yaml": json.dumps(script),
    }
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", task="T1", runtime="rehearsal")
        run = await team.end()
        assert (run.outcome, run.runtime) == ("review", "rehearsal"), run.reason
        assert run.cost_usd is None
        assert changed(team) == ["calc.py"]


async def test_an_agent_that_did_nothing_is_not_believed(tmp_path: Path) -> None:
    async with crew(make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})) as team:
        await team.dispatch("backend", task="T1", runtime="rehearsal")
        run = await team.end()
        assert run.state is RunState.REVIEW
        assert [claim.holds for claim in run.claims] == [False]
        assert "Blocked: the agent changed nothing" in team.read(LIST)
