"""The main job from the keyboard: dispatch, watch, pause, resume, escalate, answer, leave, come back."""

from __future__ import annotations

import os

from tests.support.modelserver import ModelServer, call, say
from tests.support.shell import Home, until
from tests.support.terminal import Screen

LIST = ".claude/tasks/api-engineer-tasks.md"
SCRIPT = """
conversations:
  - task: T1
    turns:
      - {text: I look round first., pace: 0.2, tools: [{name: LS, input: {path: .}}]}
      - {text: I read next., pace: 0.2, tools: [{name: Read, input: {file_path: README.md}}]}
      - {text: I greet., pace: 0.2, tools: [{name: Write, input: {file_path: hello.txt, content: Hello}}]}
      - {text: The world is greeted., pace: 0.1}
"""


def dispatch(screen: Screen) -> None:
    """Dispatch the first agent's first task with three keys."""
    screen.wait_for("T1 ")
    screen.press("j")
    screen.wait_for("┏━ api-engineer")
    screen.press("d")
    screen.wait_for("ready: checklist")
    screen.press("enter")


def state_of_run(home: Home) -> object:
    (run,) = home.json("runs")
    return run["state"]


def state_of_task(home: Home) -> object:
    return next(task["state"] for task in home.json("tasks") if task["id"].endswith(":T1"))


def test_a_run_is_dispatched_paused_resumed_escalated_answered_and_finished(home: Home) -> None:
    script = home.root / ".agentboard/rehearsal/api-engineer.yaml"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    home.env["AGENTBOARD_RUNTIME"] = "rehearsal"
    with home.board() as screen:
        dispatch(screen)
        screen.wait_for("I look round first.")
        screen.press("p")
        screen.wait_for("‖ paused")
        assert state_of_run(home) == "paused"
        screen.press("p")
        screen.wait_for("▶ working")
        screen.press("e")
        screen.wait_for("Escalate api-engineer")
        screen.press("which moon?", "enter")
        screen.wait_for("● escalation api-engineer")
        assert "which moon?" in screen.lines()[-2]
        (item,) = home.json("inbox")
        assert (item["kind"], item["to"], item["text"]) == ("escalation", "human", "which moon?")
        assert state_of_task(home) == "blocked"
        screen.press("a")
        screen.wait_for("your answer")
        screen.press("the near one", "enter")
        screen.wait_for("◆ review", 40)
        screen.wait_for("rehearsal")
    assert state_of_run(home) == "review"
    assert state_of_task(home) == "done"
    assert "- [x] T1 Greet the world (completed: 20" in (home.root / LIST).read_text()
    assert home.git("show", "ab/api-engineer/t1:hello.txt") == "Hello"


def test_quitting_leaves_the_agent_at_work_and_another_board_shows_it(home: Home) -> None:
    with ModelServer(*(call("LS", path=".") for _ in range(2)), say("Done.", pace=0.3)) as server:
        home.model_at(server.url)
        with home.board() as screen:
            dispatch(screen)
            screen.wait_for("worker ok")
            worker = until(lambda: home.worker_pid())
            screen.press("q")
            assert screen.ended() == 0
        os.kill(worker, 0)
        with home.board(80, 24) as again:
            again.wait_for("T1 Greet the world")
            again.wait_for("worker ok")
            again.wait_for("review")
        assert home.worker_pid() == worker


def test_keys_typed_ahead_dispatch_too(home: Home) -> None:
    home.take_sample()
    with home.board() as screen:
        screen.wait_for("T1 Create users")
        screen.press("j", "d", "enter")
        screen.wait_for("dispatched api-engineer")
    assert len(home.json("runs")) == 1
