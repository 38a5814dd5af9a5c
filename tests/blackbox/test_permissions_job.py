"""Permissions from the command line: what is asked, in full, and yes once, for the run, for the project."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.support.modelserver import ModelServer, call, calls, say
from tests.support.shell import Home, until

HIDDEN = "touch a\u202e b\u200b"
FIRST, SECOND = "touch one.txt", "touch two.txt"
TASKS = "# Tasks\n\n## To Do\n- [ ] T1 Greet\n- [ ] T2 Greet again\n"
DEFINITION = "---\nname: api-engineer\ndescription: d\ntools: {tools}\n---\n\nGreet.\n"


def bash(command: str) -> Any:
    return call("Bash", command=command)


def asked(home: Home) -> dict[str, Any]:
    """Wait for the one permission that is asked for."""
    found: list[dict[str, Any]] = until(
        lambda: [item for item in home.json("inbox") if item["kind"] == "permission"]
    )
    (item,) = found
    return item


def prepare(home: Home, tools: str = "Bash, Read", **permissions: list[str]) -> None:
    """Give the project's agent its tools, two tasks, and the project rules."""
    (home.root / ".claude/agents/api-engineer.md").write_text(DEFINITION.format(tools=tools))
    (home.root / ".claude/tasks/api-engineer-tasks.md").write_text(TASKS)
    (home.root / ".claude/settings.json").write_text(json.dumps({"permissions": permissions}))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="without bubblewrap every command asks")
def test_yes_once_for_the_run_and_for_the_project(home: Home) -> None:
    prepare(home, ask=["Bash(touch *)"])
    replies = [
        bash(HIDDEN),
        bash(FIRST),
        bash(FIRST),
        bash(SECOND),
        say("Done."),
        bash(SECOND),
        say("Again."),
    ]
    with ModelServer(*replies) as server:
        home.model_at(server.url)
        assert "agentboard approve" in home.agentboard("run", "api-engineer", "--task", "T1", code=3).stdout
        item = asked(home)
        assert item["what"] == HIDDEN
        shown = home.agentboard("inbox", item["id"]).stdout
        assert "touch a<U+202E> b<U+200B>" in shown
        assert "characters that are not shown: <U+202E>, <U+200B>" in shown
        assert "it has no network" in shown
        home.agentboard("deny", item["id"], "--reason", "plain names only")
        item = asked(home)
        assert item["what"] == FIRST
        assert (
            "cannot be approved for the whole"
            not in home.agentboard("approve", item["id"], "--for", "run").stderr
        )
        item = until(lambda: next((one for one in home.json("inbox") if one["what"] == SECOND), None))
        home.agentboard("approve", item["id"], "--for", "project")
        until(lambda: home.json("runs")[0]["state"] == "review")
        told = json.dumps(server.requests[-1]["messages"])
        assert "plain names only" in told
        worktree = home.json("runs")[0]["worktree"]
        home.agentboard("run", "api-engineer", "--task", "T2")
        assert [item["kind"] for item in home.json("inbox")] == ["review", "review"]
        assert home.agentboard("approve", home.json("inbox")[0]["id"], "--for", "run", code=2).stdout == ""
    kept = next(home.state.glob("agentboard/*/permissions.json")).read_text()
    assert SECOND in kept
    assert FIRST not in kept
    assert not list(home.root.glob("**/permissions.json"))
    assert {"one.txt", "two.txt"} <= {path.name for path in (home.place / worktree).iterdir()}


def test_without_a_sandbox_every_command_asks_and_says_so(home: Home) -> None:
    """No bubblewrap on PATH, and a kernel or an installation without the weaker one, or with it: it asks."""
    prepare(home)
    tools = home.place / "bin"
    tools.mkdir()
    for name in ("git", "sh", "bash", "env", "cat", "touch", "ls", "true"):
        (tools / name).symlink_to(shutil.which(name) or "")
    home.env["PATH"] = str(tools)
    with home.board() as screen:
        screen.wait_for("every command asks")
        screen.press("q")
    finding = next(one for one in home.json("doctor") if one["name"] == "sandbox")
    assert finding["state"] in {"worse", "missing"}
    assert "bubblewrap is not installed" in finding["fact"]
    with ModelServer(
        calls(("Bash", {"command": FIRST}), ("Bash", {"command": SECOND})), say("Done.")
    ) as server:
        home.model_at(server.url)
        told = home.agentboard("run", "api-engineer", "--task", "T1", code=3).stdout
        assert "every command asks" in told
        item = asked(home)
        assert "sandbox" in item["text"]
        assert not (home.place / home.json("runs")[0]["worktree"] / "one.txt").exists()
        home.agentboard("approve", item["id"])
        item = until(lambda: next((one for one in home.json("inbox") if one["what"] == SECOND), None))
        home.agentboard("deny", item["id"])
        until(lambda: home.json("runs")[0]["state"] == "review")
    made = {path.name for path in (home.place / home.json("runs")[0]["worktree"]).iterdir()}
    assert "one.txt" in made
    assert "two.txt" not in made
