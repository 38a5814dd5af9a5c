"""What scripts rely on in `run`: exit codes, events, and what a model that nobody here wrote may do."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.foreign import Act, Foreign, events_of, say, think, use
from tests.support.shell import Home

TEST = "import unittest\n\nimport app\n\n\nclass Adds(unittest.TestCase):\n    def test_add(self) -> None:\n"
TESTED = {"app.py": "VALUE = 1\n", "test_app.py": f"{TEST}        self.assertEqual(app.VALUE, 1)\n"}


def commit(home: Home, files: dict[str, str]) -> None:
    """Add files to the project in a commit."""
    for name, text in files.items():
        place = home.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    home.git("add", "-A")
    home.git("-c", "user.name=dev", "-c", "user.email=dev@example.invalid", "commit", "-qm", "more")


def state_of(home: Home, key: str) -> str:
    return next(str(task["state"]) for task in home.json("tasks") if task["id"].endswith(f":{key}"))


def test_ids_that_repeat_in_every_turn_do_not_confuse_calls(home: Home) -> None:
    lines = [use("Bash", 1, command="echo a >> n.txt"), use("Bash", 2, command="echo b >> n.txt")]
    again = [think("and now?"), say("More."), use("Bash", 1, command="echo c >> n.txt")]
    with Foreign(lines, again, [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        assert len(model.requests) == 3
    (run,) = home.json("runs")
    assert home.git("show", f"{run['branch']}:n.txt").split() == ["a", "b", "c"]


def test_each_call_of_a_confused_model_gets_an_answer(home: Home) -> None:
    wrong = [
        use("Frobnicate", 1, x=1),
        use("Write", 2),
        use("Bash", 3, command=["ls"]),
        use("Write", 4, file_path="../../out", content="x"),
        use("Write", 5, file_path=".git/hooks/x", content="x"),
        use("Read", 6, file_path="/etc/passwd"),
    ]
    with Foreign(wrong, [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        results = model.results()
    assert [result["tool_use_id"] for result in results] == [f"toolu_{number}" for number in range(1, 7)]
    assert all(result["is_error"] for result in results)
    assert not (home.root / ".git/hooks/x").exists()


@pytest.mark.parametrize("cut", [2, 6])
def test_no_tool_of_a_reply_that_breaks_off_is_used(home: Home, cut: int) -> None:
    half = [say("part"), use("Write", 1, file_path="half.txt", content="x")]
    assert cut < len(events_of({"blocks": half}, "m"))

    def script(request: int, said: int) -> Act:
        if request == 0:
            return {"blocks": half, "cut": cut}
        return {"blocks": [use("Write", 1, file_path="whole.txt", content="x")] if said == 0 else [say()]}

    with Foreign(script=script) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
    (run,) = home.json("runs")
    assert home.git("diff", "--name-only", "main", run["branch"]) == "whole.txt"


def test_work_that_breaks_the_tests_exits_with_4_and_says_why_in_the_list(home: Home) -> None:
    commit(home, TESTED)
    with Foreign([use("Write", 1, file_path="app.py", content="VALUE = 2\n")], [say()]) as model:
        home.model_at(model.url)
        done = home.agentboard("run", "api-engineer", "--task", "T1", "--json", code=4)
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert kinds.count("correction_attempt") == 3
    assert kinds[-1] == "run_finished"
    (run,) = home.json("runs")
    assert (run["state"], run["gates"][0]["state"]) == ("review", "failed")
    assert state_of(home, "T1") == "blocked"
    assert home.git("diff", "--name-only", "main", run["branch"]) == "app.py"


def test_a_run_without_a_task_works_the_list_to_its_end(home: Home) -> None:
    with Foreign([use("Write", 1, file_path="a.txt", content="x")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer")
    assert [state_of(home, key) for key in ("T1", "T2")] == ["done", "done"]
    assert len(home.json("runs")) == 2


def test_a_limit_of_turns_exits_with_5(home: Home) -> None:
    with Foreign([use("LS", 1, path=".")]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1", "--max-turns", "2", code=5)
        assert len(model.requests) == 2


def test_a_model_that_refuses_fails_the_run(home: Home) -> None:
    with Foreign(script=lambda _request, _said: {"blocks": [say("No.")], "stop": "refusal"}) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1", code=1)
    (run,) = home.json("runs")
    assert "declined" in run["reason"]


def test_an_agent_of_a_directory_below_counts_for_who_stands_there(home: Home) -> None:
    agent = (home.root / ".claude/agents/api-engineer.md").read_text().replace("api-", "deep-")
    commit(home, {"part/.claude/agents/deep-engineer.md": agent})
    home.agentboard("run", "deep-engineer", "--prompt", "Greet", code=1)
    with Foreign([use("Write", 1, file_path="a.txt", content="x")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("-C", "part", "run", "deep-engineer", "--prompt", "Greet")
    assert "deep-engineer" in [agent["name"] for agent in home.json("-C", "part", "agents")]
    assert "deep-engineer" not in [agent["name"] for agent in home.json("agents")]


def test_an_agents_own_task_is_meant_before_another_agents(home: Home) -> None:
    agent = (home.root / ".claude/agents/api-engineer.md").read_text().replace("api-engineer", "web-engineer")
    tasks = (home.root / ".claude/tasks/api-engineer-tasks.md").read_text()
    files = {".claude/agents/web-engineer.md": agent, ".claude/tasks/web-engineer-tasks.md": tasks}
    commit(home, files)
    with Foreign([use("Write", 1, file_path="a.txt", content="x")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "web-engineer", "--task", "T1")
    (run,) = home.json("runs")
    assert run["task"] == "web-engineer-tasks:T1"


def test_an_agents_own_limit_of_turns_counts_unless_another_is_named(home: Home) -> None:
    definition = home.root / ".claude/agents/api-engineer.md"
    definition.write_text(definition.read_text().replace("model:", "maxTurns: 2\nmodel:"))
    with Foreign([use("Read", 1, file_path="README.md")]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1", code=5)
        assert len(model.requests) == 2
        home.agentboard("run", "api-engineer", "--task", "T2", "--max-turns", "3", code=5)
        assert len(model.requests) == 5
