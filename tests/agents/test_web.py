"""WebFetch and WebSearch are the API's own tools: who has them, and what rules do to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.crew import crew, make_project
from tests.support.modelserver import ModelServer, calls, said, say

AGENT = """---
name: backend
description: d
{tools}
---
Work.
"""
BOTH = calls(("WebFetch", {"url": "https://example.org/"}), ("WebSearch", {"query": "x"}))


async def offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: str, settings: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], str]:
    """Return the API's own tools in the first call, and what came of calling them by our names."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    files = {".claude/agents/backend.md": AGENT.format(tools=tools)}
    if settings is not None:
        files[".claude/settings.json"] = json.dumps({"permissions": settings})
    project = make_project(tmp_path, files)
    with ModelServer(BOTH, say("Done.")) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            await team.dispatch("backend", prompt="Look it up")
            await team.end()
    tools_of = [tool for tool in server.requests[0]["tools"] if "type" in tool]
    return tools_of, "\n".join(said(server.requests[1]))


async def test_an_agent_that_lists_them_has_the_apis_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, told = await offered(tmp_path, monkeypatch, "tools: Read, WebFetch, WebSearch")
    assert [(tool["name"], tool["type"][:-9]) for tool in tools] == [
        ("web_fetch", "web_fetch"),
        ("web_search", "web_search"),
    ]
    assert "call web_fetch" in told


async def test_an_agent_that_lists_others_or_none_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, told = await offered(tmp_path / "a", monkeypatch, "tools: Read")
    assert tools == []
    assert told.count("does not list it") == 2
    tools, told = await offered(tmp_path / "b", monkeypatch, "color: blue")
    assert tools == []
    assert "no network is configured" in told


async def test_rules_hold_and_one_that_asks_denies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {
        "deny": ["WebFetch(domain:evil.example)"],
        "ask": ["WebFetch(domain:*.odd.example)", "WebSearch"],
    }
    tools, told = await offered(tmp_path, monkeypatch, "tools: Read, WebFetch, WebSearch", rules)
    (fetch,) = tools
    assert fetch["blocked_domains"] == ["evil.example", "odd.example"]
    assert "the rule WebSearch in .claude/settings.json" in told
