"""The board: what it shows of files and runs, and what its keys ask of the worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_tui.screens.answer import AnswerDialog
from agentboard_tui.screens.dispatch import DispatchDialog
from agentboard_tui.screens.help import HelpScreen
from tests.tui.stage import Stage, screen_text, until


async def test_agents_and_tasks_of_the_files_are_shown(stage: Stage) -> None:
    async with stage.board() as (app, _pilot):
        text = screen_text(app)
        assert "ada" in text
        assert "bob" in text
        assert "Build the door" in text
        assert "rehearsal" in text.splitlines()[0]


async def test_a_line_appended_to_a_task_file_shows(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        path = stage.root / ".claude/tasks/ada-tasks.md"
        path.write_text(path.read_text().replace("## Completed", "- [ ] T9 Dig a well\n\n## Completed"))
        await until(pilot, lambda: "Dig a well" in screen_text(app))


async def test_an_agent_file_that_appears_shows(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        (stage.root / ".claude/agents/eve.md").write_text("---\nname: eve\ndescription: x\n---\nbody\n")
        await until(pilot, lambda: app.board.pane("eve") is not None)


async def test_events_of_a_run_show_in_its_pane(working: Stage) -> None:
    async with working.board() as (app, pilot):
        working.happen("tool_called", call="c", tool="Bash", summary="pytest -q")
        await until(pilot, lambda: "Bash pytest -q" in screen_text(app))
        assert "working" in screen_text(app)


async def test_a_run_without_a_living_worker_is_stale(working: Stage) -> None:
    async with working.board() as (app, _pilot):
        assert "!▶ working" in screen_text(app)


async def test_the_pause_key_writes_the_command_and_shows_that_it_was_asked(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "p")
        assert "pause asked" in screen_text(app)
        await until(pilot, lambda: bool(working.commands("pause")))
        assert working.commands("pause")[0].run == "r1"


async def test_the_same_key_lets_a_paused_run_go_on(working: Stage) -> None:
    working.happen("pause_requested")
    working.happen("run_paused")
    async with working.board() as (_app, pilot):
        await pilot.press("j", "p")
        await until(pilot, lambda: bool(working.commands("resume")))


async def test_pause_without_a_run_says_why_and_writes_nothing(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("j", "p")
        await until(pilot, lambda: "has no run" in screen_text(app))
        assert stage.store.pending() == []


async def test_dispatch_takes_the_obvious_choice_with_enter(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DispatchDialog))
        await until(pilot, lambda: "ready" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.store.runs()))
        run = stage.store.runs()[0]
        assert (run.stem, run.task, run.runtime) == ("ada", "ada-tasks:T1", "rehearsal")
        await until(pilot, lambda: "queued" in screen_text(app))
        assert app.selected == "ada"


async def test_arrows_choose_another_agent_and_field(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("d")
        dialog = app.screen
        assert isinstance(dialog, DispatchDialog)
        await pilot.press("right")
        assert dialog.order().agent == "bob"
        await pilot.press(*["down"] * 6, "left")
        assert dialog.order().runtime == "anthropic"


async def test_dispatch_offers_other_ways_of_working_and_other_branches(stage: Stage) -> None:
    (stage.root / ".git/objects").mkdir()
    heads = stage.root / ".git/refs/heads"
    (heads / "release").mkdir(parents=True)
    (heads / "release/2").write_text("1" * 40)
    async with stage.board() as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "(checked out)" in screen_text(app))
        await pilot.press(*["down"] * 4, "right", "down", "right")
        await until(pilot, lambda: "ready" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.store.runs()))
        sent = stage.store.events(0)[0].data
        assert (sent["protocol"], sent["base"]) == ("brief", "release/2")


async def test_a_task_that_a_run_works_on_is_not_dispatched_again(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "d")
        await until(pilot, lambda: isinstance(app.screen, DispatchDialog))
        assert "Paint the wall" in screen_text(app)
        assert isinstance(app.screen, DispatchDialog)
        assert app.screen.order().task == "ada-tasks:T2"


async def test_without_a_key_the_api_is_not_used_silently(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTBOARD_RUNTIME")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    async with stage.board() as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "ANTHROPIC_API_KEY" in screen_text(app))
        await pilot.press("enter")
        await pilot.pause()
        assert stage.store.runs() == []
        assert isinstance(app.screen, DispatchDialog)


async def test_escalate_asks_why_and_for_whom(working: Stage) -> None:
    async with working.board() as (_app, pilot):
        await pilot.press("j", "e")
        await pilot.press("down", *"which colour", "enter")
        await until(pilot, lambda: bool(working.commands("escalate")))
        assert working.commands("escalate")[0].data == {"to": "lead", "reason": "which colour"}


async def test_a_message_goes_to_the_run_that_the_dialog_names(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "m")
        assert "Message to ada" in screen_text(app)
        await pilot.press(*"use oak", "enter")
        await until(pilot, lambda: bool(working.commands("message")))
        command = working.commands("message")[0]
        assert (command.run, command.data["text"]) == ("r1", "use oak")


async def test_an_interrupt_is_a_message_that_does_not_wait(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "i")
        assert "Interrupt ada" in screen_text(app)
        await pilot.press(*"stop", "enter")
        await until(pilot, lambda: bool(working.commands("message")))
        command = working.commands("message")[0]
        assert (command.run, command.data["interrupt"], command.data["text"]) == ("r1", True, "stop")


async def test_cancel_needs_a_yes(working: Stage) -> None:
    async with working.board() as (_app, pilot):
        await pilot.press("j", "x", "escape")
        await pilot.pause()
        assert working.commands("cancel") == []
        await pilot.press("x", "enter")
        await until(pilot, lambda: bool(working.commands("cancel")))


async def test_an_approve_key_pressed_too_soon_does_nothing(
    working: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    working.happen(
        "permission_asked", item="q1", text="May I?", what="rm -r build\u202e", options=["approve", "deny"]
    )
    clock = [100.0]
    monkeypatch.setattr("agentboard_tui.screens.answer.monotonic", lambda: clock[0])
    async with working.board() as (app, pilot):
        await pilot.press("a")
        dialog = app.screen
        assert isinstance(dialog, AnswerDialog)
        assert "rm -r build<U+202E>" in screen_text(app)
        assert "hidden" in screen_text(app)
        clock[0] += 0.3
        await pilot.press("a")
        assert app.screen is dialog
        clock[0] += 0.2
        await pilot.press("a")
        await until(pilot, lambda: bool(working.commands("answer")))
        data = working.commands("answer")[0].data
        assert (data["item"], data["choice"]) == ("q1", "approve")


async def test_deny_is_for_permissions_and_takes_a_reason(working: Stage) -> None:
    working.happen("permission_asked", item="q1", text="May I?", what="rm -r build", options=[])
    async with working.board() as (_app, pilot):
        await pilot.press("n", *"not now", "enter")
        await until(pilot, lambda: bool(working.commands("answer")))
        data = working.commands("answer")[0].data
        assert (data["choice"], data["reason"]) == ("deny", "not now")


async def test_a_question_is_answered_with_words(working: Stage) -> None:
    working.happen("question_asked", item="q1", text="Which colour?", options=[])
    async with working.board() as (app, pilot):
        assert "asks" in screen_text(app)
        await pilot.press("a", *"red", "enter")
        await until(pilot, lambda: bool(working.commands("answer")))
        assert working.commands("answer")[0].data["text"] == "red"


async def test_escape_goes_back_until_nothing_is_selected(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j")
        assert app.selected == "ada"
        await pilot.press("tab", "escape", "escape")
        assert app.selected is None


async def test_the_filter_hides_agents_that_do_not_match(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("slash", *"bob", "enter")
        await until(pilot, lambda: "─ ada" not in screen_text(app))
        assert "─ bob" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: "─ ada" in screen_text(app))


async def test_help_explains_the_keys_and_what_is_not_available(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "not now: " in screen_text(app)


async def test_the_palette_offers_actions_by_name(working: Stage) -> None:
    async with working.board() as (_app, pilot):
        await pilot.press("j", "colon")
        await pilot.pause(0.05)
        await pilot.press(*"freeze")
        await until(pilot, lambda: "pause every run" in screen_text(pilot.app))  # type: ignore[arg-type]
        await pilot.press("enter")
        await pilot.press("enter")
        await until(pilot, lambda: bool(working.commands("pause_all")))


async def test_the_transcript_shows_what_happens_and_its_prompt_writes_to_the_agent(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("j", "enter")
        working.happen("text", text="I look around.")
        working.happen("tool_called", call="c", tool="Bash", summary="ls", input={"command": "ls"})
        working.happen("tool_finished", call="c", tool="Bash", ok=True, summary="3 files", output="door.py")
        await until(pilot, lambda: "Bash ls → 3 files" in screen_text(app))
        assert "door.py" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "door.py" in screen_text(app))
        await pilot.press("m", *"hello", "enter")
        await until(pilot, lambda: bool(working.commands("message")))


async def test_the_inbox_answers_what_is_under_the_cursor(working: Stage) -> None:
    working.happen("question_asked", item="q1", text="Which colour?", options=["red", "blue"])
    async with working.board() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "Which colour?" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswerDialog))
        assert "blue" in screen_text(app)


async def test_the_tasks_screen_dispatches_the_task_under_the_cursor(stage: Stage) -> None:
    async with stage.board() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "Paint the wall" in screen_text(app))
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, DispatchDialog))
        assert isinstance(app.screen, DispatchDialog)
        assert app.screen.order().task == "ada-tasks:T2"


async def test_a_store_that_cannot_be_used_is_a_line_not_a_crash(stage: Stage) -> None:
    path = stage.store.path
    stage.store.close()
    for name in (path, f"{path}-wal", f"{path}-shm"):
        Path(name).write_bytes(b"rubbish" * 1000)  # noqa: ASYNC240  a small file
    async with stage.board() as (app, pilot):
        assert "ada" in screen_text(app)
        assert app.board.notices
        await pilot.press("j", "d")
        await until(pilot, lambda: "store" in screen_text(app))


async def test_every_size_from_one_cell_up_is_survived(working: Stage) -> None:
    async with working.board() as (app, pilot):
        for size in ((1, 1), (10, 4), (40, 20), (60, 20), (80, 24), (200, 60), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            lines = screen_text(app).splitlines()
            assert len(lines) <= size[1]
        assert "Build the door" in screen_text(app)


async def test_leaving_does_not_touch_the_run(working: Stage) -> None:
    async with working.board() as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code == 0
    assert working.store.pending() == []
    run = working.store.run("r1")
    assert run is not None
    assert run.state == "working"


async def test_rows_say_how_many_agents_are_out_of_sight(stage: Stage) -> None:
    for number in range(30):
        text = f"---\nname: extra-{number:02}\ndescription: one more\n---\nx\n"
        (stage.root / f".claude/agents/extra-{number:02}.md").write_text(text)
    async with stage.board(80, 24) as (app, pilot):
        await until(pilot, lambda: "▾ 11 more" in screen_text(app))
        assert "▴" not in screen_text(app)
        await pilot.press("[")
        await until(pilot, lambda: "▴ 11 more" in screen_text(app))
        assert "extra-29" in screen_text(app)


async def test_an_idle_pane_says_who_the_agent_is(stage: Stage) -> None:
    (stage.root / ".claude/agents/cleo.md").write_text(
        "---\ndescription: Hangs bells\n---\nYou hang bells.\n"
    )
    async with stage.board() as (app, pilot):
        await until(pilot, lambda: "Hangs bells" in screen_text(app))
        assert "there is no `name`" in screen_text(app)
