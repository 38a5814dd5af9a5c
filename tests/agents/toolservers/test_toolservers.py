"""Servers of tools: real ones over their pipes in the real sandbox, and ones that misbehave."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.project import Project
from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.toolservers import link, pipe
from agentboard_agents.toolservers.hub import Hub
from agentboard_agents.toolservers.link import Link, LinkFault, stdio
from agentboard_agents.toolservers.named import Server, allowed, named_servers, server_of, split_name
from agentboard_agents.toolservers.shown import shown_to
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import mcp_want
from agentboard_agents.turns_port import ToolAnswer
from tests.agents.sandbox.processes import running, until

from .servers import BAD, GOOD

PYTHON = ((sys.prefix, sys.prefix), (sys.base_prefix, sys.base_prefix))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box that shows this Python."""
    if choose().name != "bubblewrap":
        pytest.skip(choose().reason)
    tree = tmp_path / "tree"
    tree.mkdir()
    return Box(str(tree), read_only=PYTHON)


def script(box: Box, source: str) -> str:
    path = Path(box.worktree, "server.py")
    path.write_text(source)
    return str(path)


def fit(name: str, text: str) -> str:
    return text if len(text) < 1_000 else f"{text[:500]}…{text[-500:]}"


@asynccontextmanager
async def hub(
    box: Box,
    source: str = GOOD,
    *,
    tools: tuple[str, ...] | None = None,
    reading: bool = False,
    **more: Any,
) -> AsyncGenerator[Hub]:
    server = Server("good", ".mcp.json", sys.executable, (script(box, source),), trusted=True, **more)
    one = Hub((server,), tools, (), choose(), box, fit, reading)
    try:
        yield one
    finally:
        await one.close()


async def use(server: Hub, tool: str, /, **given: Any) -> ToolAnswer:
    action = server.action(f"mcp__good__{tool}")
    assert action is not None
    return await action.act(given)


async def test_a_real_server_answers(box: Box) -> None:
    async with hub(box) as one:
        assert await one.open() == {}
        names = [definition["name"] for definition in one.definitions]
        assert "mcp__good__add" in names
        schema = one.definitions[0]["input_schema"]
        assert schema["properties"]["one"]["type"] == "integer"
        assert await use(one, "add", one=2, other=3) == ToolAnswer(True, "5", "mcp__good__add: 5")
        failed = await use(one, "fail")
        assert not failed.ok
        assert "fail" in failed.content
        wrong = await use(one, "add", one="x")
        assert not wrong.ok
        long = await use(one, "long")
        assert "THE END" in long.content
        assert len(long.content) < 1_100


async def test_who_is_consulted_has_the_tools_that_only_read(box: Box) -> None:
    async with hub(box, reading=True) as one:
        assert await one.open() == {}
        assert [definition["name"] for definition in one.definitions] == ["mcp__good__add"]
        assert (await use(one, "add", one=2, other=3)).ok
        refused = await use(one, "write", path="x", text="y")
        assert "only reads" in refused.content
    assert "x" not in os.listdir(box.worktree)


async def test_it_is_in_the_sandbox(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-mcp-1")
    async with hub(box, variables={"ASKED": "for"}) as one:
        await one.open()
        seen = (await use(one, "environment")).content
        assert "canary" not in seen
        assert "'ASKED': 'for'" in seen
        await use(one, "write", path=str(tmp_path / "out.txt"), text="x")
        assert sorted(os.listdir(tmp_path)) == ["tree"], "what it wrote there was in its own /tmp"
        assert (await use(one, "write", path=f"{box.worktree}/in.txt", text="x")).ok


async def test_only_what_the_definition_lists(box: Box) -> None:
    async with hub(box, tools=("Read", "mcp__good__add")) as one:
        await one.open()
        assert [definition["name"] for definition in one.definitions] == ["mcp__good__add"]
        assert "does not list" in (await use(one, "environment")).content
    assert allowed(("mcp__good",), (), "good", "x")
    assert allowed(("mcp__good__*",), (), "good", "x")
    assert allowed(None, (), "good", "x")
    assert not allowed(("mcp__good__y",), (), "good", "x")
    assert not allowed(None, ("mcp__good__x",), "good", "x")
    assert split_name("mcp__good__a__b") == ("good", "a__b")


async def test_a_server_that_dies_is_started_again_and_the_call_is_not_repeated(box: Box) -> None:
    async with hub(box) as one:
        await one.open()
        died = await use(one, "die")
        assert not died.ok
        assert "effect of this call is unknown" in died.content
        assert (await use(one, "add", one=1, other=1)).content == "2"
        for _ in range(link.STARTS):
            await use(one, "die")
        assert "too often" in (await use(one, "add", one=1, other=1)).content


async def test_new_tools_are_noticed(box: Box) -> None:
    async with hub(box) as one:
        await one.open()
        assert "mcp__good__added" not in [definition["name"] for definition in one.definitions]
        assert (await use(one, "grow")).ok
        assert (await use(one, "added")).content == "new"
        assert "mcp__good__added" in [definition["name"] for definition in one.definitions]


async def test_a_call_that_hangs_ends(box: Box) -> None:
    argv = [sys.executable, script(box, GOOD)]
    one = Link("good", stdio(pipe.Boxed(choose(), box, argv, box.worktree)), calling=0.5)
    try:
        await one.open()
        with pytest.raises(LinkFault, match=r"no answer|[Tt]imed out"):
            await one.call("hang", {})
        assert (await one.call("add", {"one": 1, "other": 2})).content
    finally:
        await one.close()


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_server_is_contained(box: Box, kind: str) -> None:
    command = "/no/such/program" if kind == "not there" else sys.executable
    argv = [command, script(box, BAD[kind])]
    one = Link("bad", stdio(pipe.Boxed(choose(), box, argv, box.worktree)), opening=3.0)
    began = time.monotonic()
    with pytest.raises(LinkFault) as fault:
        await one.open()
    await one.close()
    assert time.monotonic() - began < 9
    assert str(fault.value)
    if kind == "gone at once":
        assert "no database here" in str(fault.value)
    assert await until(argv[1], present=False)


async def test_nothing_is_left_when_the_run_ends(box: Box) -> None:
    async with hub(
        box, GOOD.replace("server.run()", "os.system('setsid -f sleep 54407.5'); server.run()")
    ) as one:
        await one.open()
        assert await until("54407.5", present=True)
    assert running("54407.5") == []
    assert running(f"{box.worktree}/server.py") == []


async def test_an_untrusted_or_broken_one_is_not_started(box: Box) -> None:
    made = Path(box.worktree, "started")
    source = f"open({str(made)!r}, 'w')"
    value = {"command": sys.executable, "args": [script(box, source)]}
    untrusted = server_of("good", value, ".mcp.json", trusted=False)
    strange = server_of("odd", {"type": "carrier-pigeon", "command": "x"}, ".mcp.json", trusted=True)
    empty = server_of("empty", [], ".mcp.json", trusted=True)
    bad = server_of("a__b", value, ".mcp.json", trusted=True)
    one = Hub((untrusted, strange, empty, bad), None, (), choose(), box, fit)
    faults = await one.open()
    assert set(faults) == {"good", "odd", "empty", "a__b"}
    assert "waits for trust" in faults["good"]
    assert "waits for trust" in (await use(one, "add")).content
    assert one.definitions == []
    assert os.listdir(box.worktree) == ["server.py"]


MCP_JSON = """{"mcpServers": {
  "local": {"command": "serve", "args": ["${WHERE:-here}", "$HOME"], "env": {"A": "${SECRET_TOKEN}"}},
  "remote": {
    "type": "http", "url": "https://${HOST}/mcp", "headers": {"Authorization": "Bearer ${SECRET_TOKEN}"}
  },
  "other": {"command": "x"}
}}"""
AGENT = b"---\nname: a\ndescription: d\ntools: Read, mcp__local__run, mcp__remote\n---\n\nWork.\n"


def test_what_is_configured_named_and_trusted(tmp_path: Path) -> None:
    from agentboard_agents.definition import parse

    root = tmp_path / "project"
    root.mkdir()
    (root / ".mcp.json").write_text(MCP_JSON)
    project = Project(str(root), str(tmp_path / "state"))
    definition = parse(AGENT, ".claude/agents/a.md")
    local, remote = named_servers(project, definition)
    assert (local.name, remote.name) == ("local", "remote")
    assert not local.trusted
    values = json.loads(MCP_JSON)["mcpServers"]
    load_trust(project).remember([mcp_want(project, "local", values["local"])])
    local, remote = named_servers(project, definition)
    assert (local.trusted, remote.trusted) == (True, False)
    filled = local.filled({"SECRET_TOKEN": "s3"})
    assert filled.arguments == ("here", "$HOME")
    assert filled.variables == {"A": "s3"}
    assert remote.filled({"HOST": "h", "SECRET_TOKEN": "t"}).headers == {"Authorization": "Bearer t"}
    assert local.variables == {"A": "${SECRET_TOKEN}"}, "nothing is filled in before trust"
    (root / ".mcp.json").write_text(MCP_JSON.replace('"serve"', '"evil"'))
    assert not named_servers(project, definition)[0].trusted, "a yes binds to the exact content"


async def test_the_program_and_files_that_its_command_names_are_shown_to_it(box: Box, tmp_path: Path) -> None:
    tool = tmp_path / "elsewhere" / "bin" / "serve"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    tool.chmod(0o755)
    source = tmp_path / "servers" / "good.py"
    source.parent.mkdir()
    source.write_text(GOOD)
    server = Server("good", ".mcp.json", str(tool), (str(source),), trusted=True)
    one = Hub((server,), None, (), choose(), box, fit)
    try:
        assert await one.open() == {}
        assert (await use(one, "add", one=2, other=3)).content == "5"
        assert not (await use(one, "write", path=str(source), text="x")).ok, "it is shown to be read"
    finally:
        await one.close()


def test_nothing_as_wide_as_the_home_is_shown(tmp_path: Path) -> None:
    home, state = tmp_path / "home", tmp_path / "home" / "state"
    state.mkdir(parents=True)
    for word in (str(home), str(tmp_path), "/", str(state), f"{home}/../home"):
        server = Server("x", ".mcp.json", "serve", (word,), trusted=True)
        assert shown_to(server, str(state), str(home)) == ()
    server = Server("x", ".mcp.json", str(home / "serve"), trusted=True)
    assert shown_to(server, str(state), str(home)) == ()
