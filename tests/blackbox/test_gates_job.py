"""Gates from the command line: their progress, one that waits for a yes, one whose tool is missing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.blackbox.foreign import Foreign, say, use
from tests.blackbox.test_contract_runs import commit
from tests.support.shell import Home, until

WAITS = """import os
import time
import unittest


class Waits(unittest.TestCase):
    def test_go(self) -> None:
        while os.path.exists("wait") and not os.path.exists("go"):
            time.sleep(0.02)
"""
CONFIGURED = """gates:
  - name: notes
    command: test ! -e notes.txt || grep -q done notes.txt
"""


def test_gates_show_their_progress_and_a_configured_one_waits_for_trust(home: Home) -> None:
    commit(home, {"test_waits.py": WAITS, ".agentboard.yaml": CONFIGURED})
    note, wait = (
        use("Write", 1, file_path="notes.txt", content="draft\n"),
        use("Write", 2, file_path="wait", content=""),
    )
    replies = {0: [note, wait], 2: [note]}
    with Foreign(script=lambda request, _said: {"blocks": replies.get(request, [say()])}) as model:
        home.model_at(model.url)
        run_id = home.agentboard("dispatch", "api-engineer", "--task", "T1").stdout.strip()

        def running() -> bool:
            (run,) = home.json("runs")
            return {"name": "unittest", "state": "running", "new_failures": []} in run["gates"]

        until(running)
        (run,) = home.json("runs")
        assert run["state"] == "checking"
        Path(run["worktree"], "go").touch()
        until(lambda: home.json("runs")[0]["state"] == "review")
        gates = {gate["name"]: gate["state"] for gate in home.json("runs")[0]["gates"]}
        assert gates == {"unittest": "passed", "notes": "absent"}
        assert "agentboard trust" in home.agentboard("log", run_id).stdout
        assert "Ran 1 test" in home.agentboard("gates", run_id).stdout
        home.agentboard("trust", "--yes")
        done = home.agentboard("run", "api-engineer", "--task", "T2", "--json", code=4)
    finished = [json.loads(line) for line in done.stdout.splitlines()]
    last = [event for event in finished if event["kind"] == "gate_finished" and event["name"] == "notes"][-1]
    assert (last["state"], last["flaky"]) == ("failed", [])


def test_a_missing_tool_is_said_once_and_costs_no_correction(home: Home) -> None:
    commit(home, {"go.mod": "module shop\n\ngo 1.21\n", "shop_test.go": "package shop\n"})
    home.env["PATH"] = path_without(home, "go")
    with Foreign([use("Write", 1, file_path="shop.go", content="package shop\n")], [say()]) as model:
        home.model_at(model.url)
        done = home.agentboard("run", "api-engineer", "--task", "T1", code=4)
        assert len(model.requests) == 2, "nothing that the agent does would help"
    assert "go is not installed here" in done.stdout
    (run,) = home.json("runs")
    assert run["gates"] == [{"name": "go test", "state": "error", "new_failures": []}]
    assert run["attempts"] == 0


def path_without(home: Home, name: str) -> str:
    """Return the PATH without the directories that hold a program."""
    return ":".join(place for place in home.env["PATH"].split(":") if not Path(place, name).exists())
