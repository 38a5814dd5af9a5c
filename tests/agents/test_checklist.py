"""An agent and its task list: plans and edits become moves, the plan is kept, claims are checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentboard_agents.project import Project
from agentboard_agents.protocols.checklist_moves import (
    EMPTY,
    Planned,
    followed,
    newly_done,
    settled,
    standings,
)
from agentboard_agents.protocols.checklist_plan import listed, plan_in
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from agentboard_agents.survey import survey
from agentboard_agents.task_states import set_by_hand
from agentboard_tasks.model import State
from tests.agents.session_parts import BETTER, BROKEN, CHECKLIST, LIST, TASKS, Server
from tests.support.crew import crew, make_project
from tests.support.modelserver import Said, call, last_text, say
from tests.support.shell import until

DAY = "2026-05-04"
OLD = """# Backend Tasks

Keep this line.

## In Progress
- [ ] T1 Subtract numbers
  - a detail

## To Do
- [ ] T2 Multiply numbers
- [ ] Divide numbers

## Completed
- [x] T0 Add numbers
"""


def plan(*lines: tuple[str, str]) -> list[Planned]:
    return [Planned(text, status) for text, status in lines]


def todos(*lines: tuple[str, str]) -> Said:
    return call("TodoWrite", todos=[{"content": text, "status": status} for text, status in lines])


def tick_by_hand(project: Project, key: str) -> None:
    """Tick a task as a person does with an editor."""
    place = Path(project.root, LIST)
    place.write_text(place.read_text().replace(f"- [ ] {key}", f"- [x] {key}"))


def sections(text: str) -> dict[str, list[str]]:
    """The items of each section, as they stand."""
    parts = [part.splitlines() for part in text.split("\n## ")[1:]]
    return {lines[0]: [line for line in lines[1:] if line.strip()] for lines in parts}


def followed_text(text: str, lines: Sequence[Planned], own: str | None = "T1") -> str:
    return followed(text.encode(), LIST, lines, own, DAY).decode()


def test_a_plan_moves_what_it_names_and_adds_what_is_new() -> None:
    lines = plan(
        ("Subtract numbers", "completed"),
        ("T2: multiply numbers!", "in_progress"),
        ("Divide numbers", "completed"),
        ("Round numbers", "pending"),
        ("Read the rules", "completed"),
    )
    made = followed_text(OLD, lines)
    assert sections(made) == {
        "In Progress": ["- [ ] T2 Multiply numbers", "- [ ] T1 Subtract numbers", "  - a detail"],
        "To Do": ["- [ ] Round numbers"],
        "Completed": [
            f"- [x] Read the rules (completed: {DAY})",
            f"- [x] Divide numbers (completed: {DAY})",
            "- [x] T0 Add numbers",
        ],
    }
    assert "Keep this line." in made
    assert followed_text(made, lines) == made, "to say it again changes nothing"


def test_the_runs_own_task_is_not_completed_by_a_plan() -> None:
    assert followed_text(OLD, plan(("T1", "completed"))) == OLD
    assert "T1 Subtract numbers (completed" in followed_text(OLD, plan(("T1", "completed")), own=None)


def test_a_list_that_is_not_there_is_begun() -> None:
    made = followed_text(
        EMPTY.format(title="Backend"), plan(("One", "pending"), ("Two", "in_progress")), None
    )
    assert sections(made) == {"In Progress": ["- [ ] Two"], "To Do": ["- [ ] One"], "Completed": []}


def test_ticks_become_moves_and_moves_get_their_tick_and_date() -> None:
    before = standings(OLD.encode(), LIST)
    ticked = OLD.replace("- [ ] T2", "- [x] T2").replace("- [ ] Divide numbers\n", "")
    ticked = ticked.replace("## Completed\n", "## Completed\n- [ ] Divide numbers\n")
    done = newly_done(ticked.encode(), LIST, before)
    assert [task.title for task in done] == ["Multiply numbers", "Divide numbers"]
    made = settled(ticked.encode(), LIST, before, "T1", DAY).decode()
    assert sections(made)["To Do"] == []
    assert sections(made)["Completed"] == [
        f"- [x] Divide numbers (completed: {DAY})",
        f"- [x] T2 Multiply numbers (completed: {DAY})",
        "- [x] T0 Add numbers",
    ]


def test_what_stood_so_before_is_left_alone() -> None:
    crooked = OLD.replace("- [ ] T2", "- [x] T2")
    assert settled(crooked.encode(), LIST, standings(crooked.encode(), LIST), "T1", DAY).decode() == crooked


async def test_plan_and_edits_end_in_the_list_and_the_plan_is_kept(tmp_path: Path, serve: Server) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    text = "I see.\n\n## Execution plan\n\n1. subtract\n2. test it\n\n## More\n\nno"
    server = serve(
        say(text, stop_reason="pause_turn"),
        todos(("T1 Subtract numbers", "in_progress"), ("Document it", "pending")),
        call("Edit", file_path=LIST, old_string="- [ ] T2", new_string="- [x] T2"),
        call("Write", file_path="calc.py", content=BETTER),
        todos(("T1 Subtract numbers", "completed"), ("Document it", "completed")),
        say("Done."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.outcome == "review", run.reason
        found = sections(team.read(LIST))
        assert found["In Progress"] == found["To Do"] == []
        words = [line.partition(" (completed: 20")[0] for line in found["Completed"]]
        assert words == ["- [x] T1 Subtract numbers", "- [x] T2 Multiply numbers", "- [x] Document it"]
        assert all("(completed: 20" in line for line in found["Completed"])
        kept = team.read(".claude/artifacts/backend-t1-plan.md")
        assert kept == "# Execution plan: Subtract numbers\n\n1. subtract\n2. test it\n"
        assert ("completed: T2: Multiply numbers", True) in [(one.claim, one.holds) for one in run.claims]
    assert "execution plan" in last_text(server.requests[0])


async def test_what_the_checks_do_not_bear_out_is_to_do_again(tmp_path: Path, serve: Server) -> None:
    once = f"{CHECKLIST}\nMax correction attempts: 0\n"
    project = make_project(tmp_path, {".claude/agents/backend.md": once, LIST: TASKS}, tested=True)
    lie = TASKS.replace("- [ ] T1 Subtract numbers\n- [ ] T2 Multiply numbers\n", "").replace(
        "## Completed\n", "## Completed\n- [x] T1 Subtract numbers\n- [x] T2 Multiply numbers\n"
    )
    serve(
        call("Read", file_path=LIST),
        call("Bash", command=f"cat > {LIST} <<'END'\n{lie}END"),
        call("Write", file_path="calc.py", content=BROKEN),
        say("All done."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert run.outcome == "gates_failed"
        found = sections(team.read(LIST))
        assert found["Completed"] == []
        assert any("T2" in line for line in found["To Do"])
        assert "Blocked: the checks do not pass" in team.read(LIST)
        false = {one.claim for one in run.claims if not one.holds}
        assert {"completed: T1: Subtract numbers", "completed: T2: Multiply numbers"} <= false


async def test_what_a_person_ticks_meanwhile_stays_whatever_the_checks_say(
    tmp_path: Path, serve: Server
) -> None:
    once = f"{CHECKLIST}\nMax correction attempts: 0\n"
    project = make_project(tmp_path, {".claude/agents/backend.md": once, LIST: TASKS}, tested=True)
    serve(
        call("AskUserQuestion", question="Which?"),
        call("Write", file_path="calc.py", content=BROKEN),
        todos(("T1", "in_progress"), ("T2 Multiply numbers", "pending")),
        say("Done."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        set_by_hand(project, survey(project).task("T2"), State.DONE)
        team.answer("The first")
        run = await team.end()
        assert run.outcome == "gates_failed"
        assert run.claims == ()
        assert any("T2" in line for line in sections(team.read(LIST))["Completed"])


@pytest.mark.parametrize("checked", [False, True])
async def test_what_a_person_ticks_in_the_file_itself_meanwhile_is_no_claim_of_the_agent(
    tmp_path: Path, serve: Server, checked: bool
) -> None:
    once = f"{CHECKLIST}\nMax correction attempts: 0\n"
    project = make_project(tmp_path, {".claude/agents/backend.md": once, LIST: TASKS}, tested=True)
    serve(
        call("AskUserQuestion", question="Which?"),
        call("Write", file_path="calc.py", content=BETTER if checked else BROKEN),
        todos(("T1", "in_progress"), ("T2 Multiply numbers", "pending")),
        say("Done."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        tick_by_hand(project, "T2")
        team.answer("The first")
        run = await team.end()
        assert run.outcome == ("review" if checked else "gates_failed")
        assert run.claims == ()
        assert any("T2" in line for line in sections(team.read(LIST))["Completed"])
        (told,) = team.events("finished_elsewhere")
        assert told == {"task": "backend-tasks:T2", "file": LIST}


async def test_what_a_command_ticks_in_the_background_is_the_agents_own_doing(
    tmp_path: Path, serve: Server
) -> None:
    once = f"{CHECKLIST}\nMax correction attempts: 0\n"
    project = make_project(tmp_path, {".claude/agents/backend.md": once, LIST: TASKS}, tested=True)
    wait = "until test -e go; do sleep 0.02; done"
    cheat = f"{wait}; sed -i 's/- \\[ \\] T2/- [x] T2/' {LIST}; touch gone; sleep 60"
    serve(
        call("Bash", command=cheat, run_in_background=True),
        call("Write", file_path="go", content=""),
        call("AskUserQuestion", question="Which?"),
        call("Write", file_path="calc.py", content=BROKEN),
        say("Done."),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1")
        await team.until(RunState.WAITING)
        await asyncio.to_thread(until, lambda: "[x] T2" in team.read(LIST))
        team.answer("The first")
        run = await team.end()
        assert ("completed: T2: Multiply numbers", False) in [(one.claim, one.holds) for one in run.claims]
        assert any("T2" in line for line in sections(team.read(LIST))["To Do"])


async def test_what_another_run_does_with_its_task_stays_as_that_run_has_it(
    tmp_path: Path, serve: Server
) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}, tested=True)
    plan_of_second = todos(("T1 Subtract numbers", "pending"), ("T2", "in_progress"))
    serve(
        plan_of_second,
        call("AskUserQuestion", question="Which?"),
        call("Write", file_path="calc.py", content=BETTER),
        say("Done."),
        plan_of_second,
        Said(({"type": "text", "text": "No."},), "refusal"),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T2", run="r2")
        await team.until(RunState.WAITING, run="r2")
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        team.answer("The first", run="r2")
        second = await team.end("r2")
        assert second.state is RunState.FAILED
        assert second.claims == ()
        assert any("T1" in line for line in sections(team.read(LIST))["Completed"])


@pytest.mark.parametrize("turns", [2, 9])
async def test_what_is_ticked_in_a_run_that_is_never_checked_is_to_do_again(
    tmp_path: Path, serve: Server, turns: int
) -> None:
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS}, tested=True)
    serve(
        todos(("T1", "in_progress"), ("T2 Multiply numbers", "completed")),
        call("Read", file_path=LIST),
        Said(({"type": "text", "text": "No."},), "refusal"),
    )
    async with crew(project) as team:
        await team.dispatch("backend", task="T1", limits=Limits(turns=turns))
        run = await team.end()
        assert run.outcome == ("limit" if turns == 2 else "failed")
        found = sections(team.read(LIST))
        assert found["Completed"] == []
        assert any("T2" in line for line in found["To Do"])
        assert [(one.claim, one.holds) for one in run.claims] == [("completed: T2: Multiply numbers", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Execution Plan\n- a\n\n### Part\n- b\n\n## Next\n- c", "- a\n\n### Part\n- b"),
        ("### 2. Implementation plan for T1\na", "a"),
        ("**Execution plan:**\n\n1. a\n2. b", "1. a\n2. b"),
        ("My plan is to leave.", ""),
        ("", ""),
    ],
)
def test_what_a_plan_is(text: str, expected: str) -> None:
    assert plan_in(text) == expected


def test_a_plan_made_with_the_tool_is_one_as_well() -> None:
    block = {
        "type": "tool_use",
        "name": "TodoWrite",
        "input": {"todos": [{"content": "a"}, {"content": "b"}]},
    }
    assert listed([{"role": "assistant", "content": [block]}]) == "- a\n- b"
    assert listed([{"role": "assistant", "content": [{**block, "input": {"todos": "x"}}]}]) == ""
