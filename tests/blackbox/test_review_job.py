"""Review from the command line: diff, accept and its undo, reject with feedback to the same run."""

from __future__ import annotations

import json

from tests.support.modelserver import ModelServer, call, say
from tests.support.shell import Home, until

TASK_FILE = ".claude/tasks/api-engineer-tasks.md"


def test_feedback_goes_to_the_same_run_and_the_second_try_is_accepted(home: Home) -> None:
    with ModelServer(
        call("Write", file_path="hello.txt", content="hello\n"),
        say("Greeted."),
        call("Write", file_path="hello.txt", content="hello, world\n"),
        say("Greeted the world."),
    ) as server:
        home.model_at(server.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        (run,) = home.json("runs")
        assert home.agentboard("reject", run["id"], code=2).stdout == ""
        home.agentboard("reject", run["id"], "--reason", "greet the whole world")
        until(lambda: len(server.requests) >= 4 and home.json("runs")[0]["state"] == "review")
        (after,) = home.json("runs")
        assert (after["id"], after["branch"]) == (run["id"], run["branch"])
        asked = json.dumps(server.requests[2]["messages"])
        assert "greet the whole world" in asked
        assert "Greeted." in asked, "the conversation goes on where it ended"
    assert "  Feedback: greet the whole world" in (home.root / TASK_FILE).read_text()
    assert len(home.git("log", "--format=%s", f"main..{run['branch']}").splitlines()) == 2
    assert "hello, world" in home.agentboard("diff", run["id"]).stdout
    done = home.agentboard("accept", run["id"])
    assert "undo" in done.stdout
    assert (home.root / "hello.txt").read_text() == "hello, world\n"
    assert home.json("runs")[0]["state"] == "accepted"
    assert [item for item in home.json("inbox") if item["kind"] == "review"] == []
    home.agentboard("accept", run["id"], "--undo")
    assert not (home.root / "hello.txt").exists()
    assert home.json("runs")[0]["state"] == "review"
    home.agentboard("reject", run["id"], "--final", "--reason", "no")
    assert home.json("runs")[0]["state"] == "rejected"
    refused = home.agentboard("accept", run["id"], code=1)
    assert "only a run in review can be accepted" in refused.stderr
    assert home.json("conflicts") == []
