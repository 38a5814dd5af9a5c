"""An agent with a task list from the command line: what it adds is worked on too, until the list is empty."""

from __future__ import annotations

import json
from typing import Any

from tests.support.modelserver import ModelServer, Reaction, call, said, say
from tests.support.shell import Home

LIST = ".claude/tasks/api-engineer-tasks.md"
PLAN = "## Execution plan\n\n1. greet\n2. say it in the manual"


def script(body: dict[str, Any]) -> Reaction:
    """Greet, and find more to do on the way; what the task is decides."""
    about = said(body)[0].partition("Your task:")[2]
    turn = sum(1 for message in body["messages"] if message["role"] == "assistant")
    more: list[Reaction] = []
    if "world" in about:
        todos = [{"content": "T1 Greet the world", "status": "in_progress"}]
        todos.append({"content": "Explain it", "status": "pending"})
        more.append(call("TodoWrite", todos=todos))
    name = next(word for word in ("world", "moon", "Explain") if word in about)
    steps: list[Reaction] = [
        *more,
        call("Write", file_path=f"{name}.txt", content="hello\n"),
        say(f"Done.\n\n{PLAN}"),
    ]
    return steps[min(turn, len(steps) - 1)]


def test_a_list_is_worked_through_with_what_the_agent_adds(home: Home) -> None:
    with ModelServer(script=script) as server:
        home.model_at(server.url)
        home.agentboard("run", "api-engineer")
        again = len(server.requests)
        done = home.agentboard("run", "api-engineer")
        assert len(server.requests) == again
        assert "nothing to do" in done.stderr
    runs = home.json("runs")
    assert [run["title"] for run in reversed(runs)] == ["Greet the world", "Greet the moon", "Explain it"]
    assert {run["state"] for run in runs} == {"review"}
    text = (home.root / LIST).read_text()
    head, _, completed = text.partition("## Completed\n")
    assert "- [" not in head
    words = [line.partition(" (completed: 20")[0] for line in completed.splitlines()]
    assert words == ["- [x] Explain it", "- [x] T2 Greet the moon", "- [x] T1 Greet the world"]
    kept = {one["path"] for one in home.json("artifacts")}
    assert ".claude/artifacts/api-engineer-t1-plan.md" in kept
    live = [json.loads(line) for line in home.agentboard("live", "--run", runs[-1]["id"]).stdout.splitlines()]
    states = [one["status"] for one in live if one["type"] == "task_status_changed"]
    assert states == ["in_progress", "done"]


def test_two_who_work_through_one_list_do_no_task_twice(home: Home) -> None:
    def asks_once(body: dict[str, Any]) -> Reaction:
        about, turn = said(body)[0].partition("Your task:")[2], len(body["messages"])
        if "world" in about and turn == 1:
            return call("AskUserQuestion", question="Which world?")
        return call("Write", file_path=f"{turn}.txt", content="hello\n") if turn == 1 else say("Done.")

    with ModelServer(script=asks_once) as server:
        home.model_at(server.url)
        home.agentboard("run", "api-engineer", code=3)
        home.agentboard("run", "api-engineer")
        assert "a run is at work on T1" in home.agentboard("run", "api-engineer", code=1).stderr
    tasks = [run["task"].partition(":")[2] for run in home.json("runs")]
    assert tasks == ["T2", "T1"]
