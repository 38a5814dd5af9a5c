"""The screens behind the board: what they show, and what their keys ask of the worker."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.team import Team
from agentboard_tui import diffs, first_picture
from agentboard_tui.diffs import FileDiff, parse
from agentboard_tui.screens.agent import AgentScreen
from agentboard_tui.screens.dispatch import DispatchDialog
from agentboard_tui.screens.review import ReviewScreen
from agentboard_tui.widgets import diff_list
from agentboard_tui.widgets.bars import bar
from agentboard_tui.widgets.sheet import Sheet
from tests.tui.stage import Stage, screen_text, until
from tests.tui.test_diffs import DIFF


@pytest.fixture
def reviewed(working: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A run that has finished, with a gate, a claim that does not hold and an assumption."""

    def fake(project: Project, run: str) -> tuple[FileDiff, ...]:
        assert (project.root, run) == (working.project.root, "r1")
        return parse(DIFF)

    monkeypatch.setattr(diff_list, "read_diff", fake)
    working.happen("gates_started")
    working.happen("gate_finished", name="pytest", state="failed", new_failures=["test_x"], output="E  boom")
    working.happen("claim_checked", claim="changed 3 files", fact="2 files", holds=False)
    working.happen("assumption_found", text="cents", file="a.py", line=3)
    working.happen("criterion_marked", text="it opens", state="claimed")
    working.happen("review_ready")
    return working


async def test_dispatch_shows_what_the_agent_will_be_told(stage: Stage) -> None:
    (stage.root / "CLAUDE.md").write_text("Use oak.\n")
    async with stage.board() as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "Use oak." in screen_text(app))
        text = screen_text(app)
        assert "Files that go in: CLAUDE.md" in text
        for words in (
            "checklist (the agent's own)",
            "main (checked out)",
            "ready: checklist · base main · at most 200 turns",
        ):
            assert words in text


async def test_dispatch_takes_model_and_budget(stage: Stage) -> None:
    async with stage.board() as (_app, pilot):
        await pilot.press("d", "down", "down", "right", "down", "right", "right", "enter")
        await until(pilot, lambda: bool(stage.store.runs()))
        spec = stage.store.runs()[0].spec
        assert (spec.model, spec.limits.budget_usd) == ("sonnet", 1.0)


async def test_what_is_missing_stops_the_dispatch_in_place(stage: Stage) -> None:
    text = "---\nname: cleo\ndescription: x\n---\n**Palette:** [Insert the palette here]\n"
    (stage.root / ".claude/agents/cleo.md").write_text(text)
    (stage.root / ".claude/tasks/cleo-tasks.md").write_text("## To Do\n- [ ] T1 Hang the bell\n")
    (stage.root / ".agentboard.yaml").write_text("agents: {cleo: {protocol: brief}}\n")
    async with stage.board() as (app, pilot):
        app.selected = "cleo"
        await pilot.press("d")
        await until(pilot, lambda: "nothing fills" in screen_text(app))
        await pilot.press("enter")
        assert isinstance(app.screen, DispatchDialog)
        assert stage.store.runs() == []


async def test_the_tabs_of_an_agent(reviewed: Stage) -> None:
    note = reviewed.root / ".claude/agents-memory/ada/2026-01-02-doors.md"
    note.parent.mkdir(parents=True)
    note.write_text("Doors open inwards.\n")
    reviewed.happen("context_loaded", files=["CLAUDE.md"])
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "enter")
        seen: dict[str, str] = {}
        for tab in ("task", "diff", "gates", "messages", "memory", "definition"):
            await pilot.press("tab")
            screen = app.screen
            assert isinstance(screen, AgentScreen)
            assert screen.tab == tab
            await until(pilot, lambda: "reading the diff" not in screen_text(app))
            seen[tab] = screen_text(app)
        assert "ada-tasks.md:4" in seen["task"]
        assert "shop/a.py" in seen["diff"]
        assert "test_x" in seen["gates"]
        assert "m writes one" in seen["messages"]
        for words in ("2026-01-02", "doors", "ITS RUN WAS GIVEN", "CLAUDE.md"):
            assert words in seen["memory"]
        assert "Build well." in seen["definition"]


async def test_searching_a_transcript_goes_to_the_block_and_unfolds_it(working: Stage) -> None:
    working.happen("tool_called", call="c", tool="Bash", summary="ls", input={"command": "ls"})
    working.happen("tool_finished", call="c", tool="Bash", ok=True, summary="1 file", output="needle.txt")
    for number in range(60):
        working.happen("tool_called", call=f"n{number}", tool="Bash", summary=f"step {number}")
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        assert "needle.txt" not in screen_text(app)
        await pilot.press("slash", *"needle")
        await until(pilot, lambda: "needle.txt" in screen_text(app))
        assert app.words == ""


async def test_words_for_an_agent_may_have_several_lines(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter", "m", *"one", "ctrl+j", *"two")
        assert "to ada:" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(working.commands("message")))
        assert working.commands("message")[0].data["text"] == "one\ntwo"


async def test_events_reach_a_transcript_while_a_dialog_is_in_front(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter", "question_mark")
        working.happen("tool_called", call="c", tool="Bash", summary="make bread")
        await until(pilot, lambda: any("make bread" in line.text for line in app.board.panes[0].lines))
        await pilot.press("escape")
        await until(pilot, lambda: "make bread" in screen_text(app))


async def test_review_shows_changes_and_what_speaks_against_them_first(reviewed: Stage) -> None:
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "v")
        await until(pilot, lambda: "shop/a.py" in screen_text(app))
        text = screen_text(app)
        assert isinstance(app.screen, ReviewScreen)
        for words in ("+new", "1 new failure", "test_x", "changed 3 files", "2 files", "cents", "it opens"):
            assert words in text


async def test_accept_asks_before_it_merges(reviewed: Stage) -> None:
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "v", "A")
        await until(pilot, lambda: "Accept the work of ada?" in screen_text(app))
        assert "Some gates fail" in screen_text(app)
        assert reviewed.commands("accept") == []
        await pilot.press("enter")
        await until(pilot, lambda: bool(reviewed.commands("accept")))
        assert reviewed.commands("accept")[0].run == "r1"


async def test_reject_sends_the_feedback(reviewed: Stage) -> None:
    async with reviewed.board() as (_app, pilot):
        await pilot.press("j", "v", "R", *"too slow", "enter")
        await until(pilot, lambda: bool(reviewed.commands("reject")))
        assert reviewed.commands("reject")[0].data["reason"] == "too slow"


async def test_a_refusal_of_the_worker_is_one_line(reviewed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentboard_tui.orders.PATIENCE", 10.0)
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "v", "A", "enter")
        await until(pilot, lambda: bool(reviewed.commands("accept")))
        reviewed.store.settle(reviewed.commands("accept")[0].id, False, "main has moved on")
        await until(pilot, lambda: "main has moved on" in screen_text(app))


async def test_work_that_has_not_finished_is_not_accepted(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(_project: Project, _run: str) -> tuple[FileDiff, ...]:
        return parse(DIFF)

    monkeypatch.setattr(diff_list, "read_diff", fake)
    async with working.board() as (app, pilot):
        await pilot.press("j", "v", "A")
        await until(pilot, lambda: "only finished work" in screen_text(app))
        assert working.commands("accept") == []


async def test_a_diff_that_cannot_be_had_is_one_line(
    reviewed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_project: Project, _run: str) -> tuple[FileDiff, ...]:
        raise diffs.DiffFault("the branch is gone")

    monkeypatch.setattr(diff_list, "read_diff", fails)
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "v")
        await until(pilot, lambda: "the branch is gone" in screen_text(app))


async def test_shared_files_are_previewed_by_their_kind(stage: Stage) -> None:
    shared = stage.root / "shared"
    shared.mkdir()
    agent = stage.root / ".claude/agents/ada.md"
    agent.write_text(agent.read_text() + "\nShared artifacts directory: shared/\n")
    (stage.root / ".agentboard.yaml").write_text("artifacts: [shared]\n")
    summary = {
        "completed": True,
        "blockers": None,
        "files_modified": ["a.py"],
        "next_recommended_action": "go",
    }
    (shared / "ada-summary.md").write_text(f"# Done\n\n```json\n{json.dumps(summary)}\n```\n")
    api = {"openapi": "3.1.0", "info": {}, "paths": {"/doors": {"get": {"summary": "all doors"}}}}
    (shared / "doors-openapi.json").write_text(json.dumps(api))
    async with stage.board() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "says it is done" in screen_text(app))
        await pilot.press("j")
        await until(
            pilot, lambda: "/doors" in screen_text(app) or "openapi" in screen_text(app).split("│")[1]
        )


async def test_markdown_is_laid_out_for_the_width_that_there_is(stage: Stage) -> None:
    plan = stage.root / ".claude/artifacts/plan.md"
    plan.parent.mkdir(parents=True)
    plan.write_text("one two three four five six seven eight nine ten eleven twelve thirteen fourteen\n" * 2)
    async with stage.board(width=160) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "ten eleven" in screen_text(app))
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: "fourteen" in screen_text(app))


@pytest.mark.parametrize(("width", "height"), [(40, 20), (59, 12), (80, 24), (120, 12)])
async def test_no_word_of_markdown_stands_alone(stage: Stage, width: int, height: int) -> None:
    plan = stage.root / ".claude/artifacts/plan.md"
    plan.parent.mkdir(parents=True)
    plan.write_text("ab " * 400)
    async with stage.board(width, height) as (app, pilot):
        await pilot.press("4", "right")
        await until(pilot, lambda: "ab ab" in screen_text(app))
        lines = [line.rpartition("│")[2].count("ab") for line in screen_text(app).splitlines()]
        counts = [count for count in lines if count]
        assert len(counts) > 4
        assert set(counts) == {max(counts)}


async def test_a_shared_file_stays_where_it_is_read_while_it_grows_or_the_width_changes(stage: Stage) -> None:
    plan = stage.root / ".claude/artifacts/plan.md"
    plan.parent.mkdir(parents=True)
    plan.write_text("".join(f"- item {number};\n" for number in range(200)))
    async with stage.board(height=20) as (app, pilot):
        await pilot.press("4", "right")
        await until(pilot, lambda: "• item 0;" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "• item 199;" in screen_text(app))
        await pilot.resize_terminal(90, 20)
        plan.write_text(plan.read_text() + "- the last\n")
        await until(pilot, lambda: "• the last" in app.screen.query_one(Sheet).text)
        assert "• item 9" not in screen_text(app)
        assert "• item 19" in screen_text(app)


async def test_a_shared_file_that_changed_shows_what_is_new(stage: Stage) -> None:
    plan = stage.root / ".claude/artifacts/plan.md"
    plan.parent.mkdir(parents=True)
    plan.write_text("# Plan\n\n- first\n- second\n")
    async with stage.board() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "• first" in screen_text(app))
        plan.write_text("# Plan\n\n- first\n- third\n")
        await until(pilot, lambda: "CHANGED" in screen_text(app))
        assert "-- second" in screen_text(app)
        assert "+- third" in screen_text(app)


async def test_the_team_is_a_tree_with_problems_and_messages(stage: Stage) -> None:
    (stage.root / ".claude/agents/bob.md").write_text(
        "---\nname: bob\ndescription: d\n---\nLead: ada\n\nHelp.\n"
    )
    async with stage.board() as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "TEAM" in screen_text(app))
        lines = [line for line in screen_text(app).splitlines() if "ada" in line or "bob" in line]
        assert lines[0].startswith(" ada")
        assert any(line.startswith("   bob") for line in lines)


async def test_a_message_to_a_person_is_read_when_it_was_shown(working: Stage) -> None:
    sent = {"message": "m1", "to": "the lead", "sender": "ada", "text": "Which hinges?"}
    working.happen("message_queued", **sent)
    working.happen("message_delivered", **sent)
    async with working.board() as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "Which hinges?" in screen_text(app))
        await until(pilot, lambda: [one.state for one in working.store.messages()] == ["read"])


async def test_the_team_shows_consultations_with_depth_and_what_was_left_for_later(working: Stage) -> None:
    left = working.root / ".claude/agents-shared/deferred/2026-01-02-hinges.md"
    left.parent.mkdir(parents=True)
    left.write_text("---\nfrom: ada\nto: bob\nasked: 2026-01-02\n---\n\nWhich hinges?\n")
    spec = msgspec.structs.replace(
        working.store.runs()[0].spec, run="r1-n1", agent="bob", stem="bob", parent="r1", depth=1
    )
    working.store.append([NewEvent("r1-n1", "bob", "run_queued", msgspec.to_builtins(spec))])
    async with working.board() as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "CONSULTS" in screen_text(app))
        for words in ("1 now", "depth 1", "LEFT FOR LATER", "1 open", "ada → bob", "Which hinges?"):
            assert words in screen_text(app)


async def test_the_timeline_has_a_bar_for_each_run(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "TIMELINE" in screen_text(app))
        assert "━" in screen_text(app)


@pytest.mark.parametrize("width", [1, 7, 80])
def test_bars_stay_in_their_cells(width: int) -> None:
    for start, end in ((0, 0), (0, 100), (50, 60), (100, 100), (-50, 500)):
        at, length = bar(start, end, 0, 100, width)
        assert 0 <= at < width
        assert 0 < length <= width - at


async def test_no_screen_breaks_in_a_small_window(reviewed: Stage) -> None:
    async with reviewed.board() as (app, pilot):
        for keys in (("4",), ("5",), ("6",), ("1", "j", "v"), ("1", "enter", "tab", "tab"), ("d",)):
            await pilot.resize_terminal(80, 24)
            await pilot.press(*keys)
            for size in ((1, 1), (40, 20)):
                await pilot.resize_terminal(*size)
            await pilot.press("escape")
            assert app.is_running


def test_an_empty_team_has_no_tree(tmp_path: Path) -> None:
    from agentboard_agents.board import EMPTY_BOARD
    from agentboard_tui.screens.team import members

    assert tmp_path.exists()
    assert list(members(Team(), EMPTY_BOARD)) == []


async def test_the_timeline_shows_stretches_gates_and_the_moment_before(working: Stage) -> None:
    working.happen("pause_requested")
    working.happen("run_paused")
    working.happen("run_resumed")
    working.happen("gate_finished", name="pytest", state="failed")
    working.happen("turn_finished", tokens={"input": 900}, cost_usd=0.25)
    async with working.board() as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "✗" in screen_text(app) and "tokens" in screen_text(app))
        assert "now" in screen_text(app)
        working.happen("gate_finished", name="pytest", state="passed")
        await until(pilot, lambda: "✓" in screen_text(app))
        await pilot.press("left")
        await until(pilot, lambda: "as it was at" in screen_text(app))
        await pilot.press("right")
        await until(pilot, lambda: "as it was at" not in screen_text(app))


async def test_what_happened_while_the_board_was_closed_is_told(working: Stage) -> None:
    first_picture.keep(working.project.state, [""], 1)
    os.utime(Path(working.project.state) / first_picture.FILE, (0, 0))  # left long ago
    working.happen("run_failed", reason="the roof fell in")
    async with working.board() as (app, pilot):
        await until(pilot, lambda: "while you were away: 1 run (1 failed)" in screen_text(app))
        await pilot.press("5")
        await until(pilot, lambda: "SINCE YOU LAST LOOKED" in screen_text(app))
        assert "the roof fell in" in screen_text(app)


async def test_an_assumption_is_judged_in_the_review(
    reviewed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentboard_tui.screens.answer.GUARD", 0.0)
    reviewed.happen(
        "assumption_found",
        text="euros",
        file="b.py",
        line=1,
        item="r1-assumes-1",
        options=["confirm", "reject"],
    )
    async with reviewed.board() as (app, pilot):
        await pilot.press("j", "v")
        await until(pilot, lambda: "its assumptions are confirmed" in screen_text(app))
        await pilot.press("a")
        await until(pilot, lambda: "Assumption made: euros (b.py:1)" in screen_text(app))
        await pilot.press("2")
        await until(pilot, lambda: bool(reviewed.commands("answer")))
        assert reviewed.commands("answer")[0].data["item"] == "r1-assumes-1"
        assert reviewed.commands("answer")[0].data["text"] == "reject"
