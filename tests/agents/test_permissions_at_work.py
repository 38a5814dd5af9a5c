"""Permissions in a real run: what a definition and settings leave of the tools, and what searches show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.sandbox import choose
from agentboard_agents.session_equipment import equip
from agentboard_agents.session_web import Web, web_of
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import survey
from tests.support.crew import crew, make_project
from tests.support.modelserver import ModelServer, calls, say

SECRET = "canary-71b0"
Call = tuple[str, dict[str, Any]]

boxed = pytest.mark.skipif(choose().name != "bubblewrap", reason="needs a sandbox that runs unasked")


def files(front: str = "", **permissions: list[str]) -> dict[str, str]:
    """Return a project with an agent `one`, a colleague `sec` whose name is another, and settings."""
    return {
        ".claude/agents/one.md": f"---\nname: one\ndescription: d\n{front}---\n\nKeep the list.\n",
        ".claude/agents/sec.md": "---\nname: Security Reviewer\ndescription: d\n---\n\nReview.\n",
        ".claude/tasks/one-tasks.md": "# Tasks\n\n## To Do\n- [ ] T1 Work\n",
        ".claude/settings.json": json.dumps({"permissions": permissions}),
        "secrets/key.txt": SECRET + "\n",
        "open.txt": "nothing secret\n",
    }


async def outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project_files: dict[str, str], *wanted: Call
) -> list[str]:
    """Let the model make calls in one reply, and return what it was told about each."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k" * 20)
    with ModelServer(calls(*wanted), say("Done.")) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, project_files)) as team:
            await team.dispatch("one", task="T1")
            await team.end()
            return [str(one["output"]) for one in team.events("tool_finished")]


@boxed
async def test_a_specifier_in_a_definition_is_all_that_it_leaves_of_a_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = "tools: Read(open.txt), Bash(git log *), Bash(ls), Write\n"
    told = await outputs(
        tmp_path,
        monkeypatch,
        files(front),
        ("Bash", {"command": "git log --oneline"}),
        ("Bash", {"command": "ls"}),
        ("Bash", {"command": "ls; cat calc.py"}),
        ("Read", {"file_path": "open.txt"}),
        ("Read", {"file_path": "calc.py"}),
        ("Write", {"file_path": "new.txt", "content": "x"}),
    )
    assert "start" in told[0]
    assert "calc.py" in told[1]
    assert "this agent has of Bash only Bash(git log *), Bash(ls)" in told[2]
    assert "nothing secret" in told[3]
    assert "this agent has of Read only Read(open.txt)" in told[4]
    assert "new.txt" in told[5]


@boxed
async def test_a_specifier_that_is_not_closed_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await outputs(
        tmp_path, monkeypatch, files("tools: Read, Bash(git log\n"), ("Bash", {"command": "git log"})
    )
    assert "this agent has of Bash only" in told[0]
    found = survey(Project(str(tmp_path / "project"), str(tmp_path / "other"))).agent("one").problems
    assert [(problem.line, "not closed" in problem.message) for problem in found] == [(4, True)]


@boxed
async def test_a_refused_tool_with_a_specifier_is_a_rule_that_denies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await outputs(
        tmp_path,
        monkeypatch,
        files("disallowedTools: Bash(touch *), Edit(calc.py)\n"),
        ("Bash", {"command": "true && touch x"}),
        ("Bash", {"command": "ls"}),
        ("Write", {"file_path": "calc.py", "content": "x"}),
    )
    assert "Bash(touch *) in .claude/agents/one.md denies it" in told[0]
    assert "calc.py" in told[1]
    assert "Edit(calc.py) in .claude/agents/one.md denies it" in told[2]


@boxed
@pytest.mark.parametrize("kind", ["deny", "ask", "none"])
async def test_searches_leave_out_what_must_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rules = ["Read(./secrets/**)"]
    project = {"deny": files(deny=rules), "ask": files(ask=rules), "none": files()}[kind]
    told = await outputs(
        tmp_path,
        monkeypatch,
        project,
        ("Grep", {"pattern": "canary", "output_mode": "content"}),
        ("Grep", {"pattern": "canary", "path": "secrets", "output_mode": "content"}),
        ("Grep", {"pattern": "secret", "output_mode": "content"}),
        ("Glob", {"pattern": "**/*.txt"}),
        ("Glob", {"pattern": "secrets/*"}),
        ("LS", {"path": "secrets"}),
    )
    shown = kind == "none"
    assert (SECRET in told[0]) == (SECRET in told[1]) == shown
    assert all(("key.txt" in one) == shown for one in told[3:])
    assert "nothing secret" in told[2]
    assert "open.txt" in told[3]


@boxed
async def test_a_file_that_must_not_be_read_is_not_shown_out_of_history_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await outputs(
        tmp_path,
        monkeypatch,
        files(deny=["Read(./secrets/**)"]),
        ("Bash", {"command": "git show HEAD:secrets/key.txt"}),
        ("Bash", {"command": "cat '$(' secrets/key.txt; $("}),
    )
    assert all("Read(./secrets/**) in .claude/settings.json denies it" in one for one in told)


@boxed
@pytest.mark.parametrize("named", ["sec", "Security Reviewer", "security-reviewer"])
@pytest.mark.parametrize("rule", ["Agent(sec)", "Task(Security Reviewer)"])
async def test_a_rule_about_an_agent_holds_by_each_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, rule: str
) -> None:
    wanted = ("Agent", {"agent": named, "prompt": "look"})
    told = await outputs(tmp_path, monkeypatch, files("tools: Agent, Read\n", deny=[rule]), wanted)
    assert f"the rule {rule} in .claude/settings.json denies it" in told[0]


@boxed
async def test_an_agent_calls_in_only_those_that_its_definition_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("Agent", {"agent": "sec", "prompt": "look"})
    told = await outputs(tmp_path, monkeypatch, files("tools: Agent(two, three), Read\n"), wanted)
    assert "this agent has of Agent only Agent(two), Agent(three)" in told[0]


def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, front: str = "", **permissions: list[str]) -> Web:
    """Return what of the web an agent has whose user allows it the network."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = tmp_path / "config" / "agentboard" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("agents:\n  one:\n    network: true\n")
    project = make_project(tmp_path, files(front, **permissions))
    spec = RunSpec("r1", "one", "one", ".claude/agents/one.md", "checklist", "anthropic")
    return web_of(equip(project, Run("r1", "one", "one", RunState.WORKING, "", spec)))


def test_rules_reach_the_tools_that_the_api_carries_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = web(
        tmp_path,
        monkeypatch,
        deny=["WebFetch(domain:evil.com)", "WebSearch"],
        ask=["WebFetch(domain:*.b.org)"],
    )
    (fetch,) = found.definitions
    assert fetch["blocked_domains"] == ["b.org", "evil.com"]
    assert "WebSearch in .claude/settings.json is against it" in found.absent["WebSearch"]


def test_domains_in_a_definition_are_all_that_can_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = "tools: WebFetch(domain:docs.a.org), WebFetch(domain:b.org)\n"
    found = web(tmp_path, monkeypatch, front, deny=["WebFetch(domain:a.org)"])
    (fetch,) = found.definitions
    assert fetch["allowed_domains"] == ["b.org"]
    assert "blocked_domains" not in fetch


@pytest.mark.parametrize(
    ("front", "deny", "why"),
    [
        ("", ["WebFetch(domain:*)"], "is against it"),
        ("", ["WebFetch"], "is against it"),
        ("tools: WebFetch(domain:a.org)\n", ["WebFetch(domain:a.org)"], "the rules leave no domain"),
        ("disallowedTools: WebFetch\n", [], "your definition refuses it"),
    ],
)
def test_a_tool_of_the_web_that_rules_leave_nothing_of_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, front: str, deny: list[str], why: str
) -> None:
    found = web(tmp_path, monkeypatch, front, deny=deny)
    assert why in found.absent["WebFetch"]
    assert "web_fetch" not in {str(one["name"]) for one in found.definitions}
