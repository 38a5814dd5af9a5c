"""The main job from the command line: dispatch, work in a worktree, a commit, a task file that is true."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from tests.support.modelserver import ModelServer, Reaction, call, say
from tests.support.shell import Home, until

TASK_FILE = ".claude/tasks/api-engineer-tasks.md"


def test_a_task_is_dispatched_done_and_committed(home: Home) -> None:
    (home.root / "README.md").write_text("changed by the human\n")
    home.git("add", "README.md")
    before = home.git("status", "--porcelain")
    with ModelServer(call("Write", file_path="hello.txt", content="hello\n"), say("Greeted.")) as server:
        home.model_at(server.url)
        done = home.agentboard("run", "api-engineer", "--task", "T1", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["kind"] for event in events]
    for kind in (
        "run_queued",
        "run_started",
        "turn_started",
        "tool_called",
        "tool_finished",
        "commit_created",
        "run_finished",
    ):
        assert kind in kinds
    assert len({event["run"] for event in events}) == 1
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    (run,) = home.json("runs")
    assert run["state"] == "review"
    assert run["branch"] == "ab/api-engineer/t1"
    assert home.git("show", f"{run['branch']}:hello.txt") == "hello"
    assert home.git("log", "--format=%s", "main") == "start"
    assert not (home.root / "hello.txt").exists()
    assert [
        line for line in home.git("status", "--porcelain").splitlines() if TASK_FILE not in line
    ] == before.splitlines()
    assert "- [x] T1 Greet the world (completed: 20" in (home.root / TASK_FILE).read_text()
    assert TASK_FILE not in home.git("diff", "--name-only", "main", run["branch"])


def test_a_question_waits_for_its_answer(home: Home) -> None:
    with ModelServer(
        call("AskUserQuestion", question="Which world?", options=["this", "that"]), say("Done.")
    ) as server:
        home.model_at(server.url)
        home.agentboard("run", "api-engineer", "--task", "T1", code=3)
        (item,) = home.json("inbox")
        assert (item["kind"], item["text"], item["options"]) == ("question", "Which world?", ["this", "that"])
        home.agentboard("answer", item["id"], "this", "one")
        until(lambda: home.json("runs")[0]["state"] == "review")
        assert "this one" in json.dumps(server.requests[-1]["messages"])
    assert [item for item in home.json("inbox") if item["kind"] == "question"] == []


@pytest.mark.parametrize("cycles", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_a_paused_run_outlives_its_worker_and_the_board_and_calls_no_model(home: Home, cycles: int) -> None:
    finish: list[bool] = []

    def script(body: dict[str, Any]) -> Reaction:
        number = sum(message["role"] == "assistant" for message in body["messages"])
        return say("Done.") if finish else call("Bash", command=f"echo {number} >> count.txt; sleep 0.1")

    with ModelServer(script=script) as server:
        home.model_at(server.url)
        run = home.agentboard("dispatch", "api-engineer", "--task", "T1").stdout.strip()
        for cycle in range(cycles):
            server.wait_for(len(server.requests) + 2, 60)
            with home.board() as board:
                board.wait_for("api-engineer")
                home.agentboard("pause", run)
                asked = len(server.requests)
                os.kill(home.worker_pid(), signal.SIGKILL)
                board.process.kill()
            assert home.json("runs")[0]["state"] == "paused"
            home.agentboard("pause", run)  # the next worker has looked at the run, and leaves it alone
            home.agentboard("message", run, f"You rested {cycle}")
            assert home.json("runs")[0]["state"] == "paused"
            assert len(server.requests) == asked
            home.agentboard("resume", run)
        finish.append(True)
        until(lambda: home.json("runs")[0]["state"] == "review")
        heard = json.dumps(server.requests[-1]["messages"])
    assert all(f"You rested {cycle}" in heard for cycle in range(cycles))
    counted = home.git("show", f"{home.json('runs')[0]['branch']}:count.txt").split()
    assert counted == [str(number) for number in range(len(counted))]


def test_an_escalation_blocks_the_task_until_it_is_answered(home: Home) -> None:
    with ModelServer(
        *(call("Bash", command=f"echo {number} >> notes.txt") for number in range(3)),
        say("Done."),
    ) as server:
        home.model_at(server.url)
        run = home.agentboard("dispatch", "api-engineer", "--task", "T1").stdout.strip()
        home.agentboard("pause", run)
        home.agentboard("escalate", run, "--to", "lead", "--reason", "unsure about the moon", "--no-wait")
        home.agentboard("resume", run)
        item = until(
            lambda: next((item for item in home.json("inbox") if item["kind"] == "escalation"), None)
        )
        assert item["run"] == run
        assert "unsure about the moon" in item["text"]
        assert item["to"] == "lead"
        assert state_of(home, "T1") == "blocked"
        home.agentboard("answer", item["id"], "leave the moon alone")
        until(lambda: home.json("runs")[0]["state"] == "review")
        assert "leave the moon alone" in json.dumps(server.requests[-1]["messages"])
    assert state_of(home, "T1") == "done"


def state_of(home: Home, key: str) -> str:
    return next(str(task["state"]) for task in home.json("tasks") if task["id"].endswith(f":{key}"))


def test_a_worker_gives_way_to_one_with_the_new_address(home: Home) -> None:
    with ModelServer(say("Here.")) as first:
        home.model_at(first.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
    old = home.worker_pid()
    with ModelServer(say("There.")) as second:
        home.model_at(second.url)
        home.agentboard("run", "api-engineer", "--task", "T2")
        assert len(second.requests) == 1
    assert home.worker_pid() != old
