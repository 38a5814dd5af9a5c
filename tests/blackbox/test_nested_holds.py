"""A run inside a run that waits for a person: who follows the outer one is told, and never hangs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.projection import Tokens
from tests.support.modelserver import ModelServer, Said, call, say
from tests.support.projects import FILES
from tests.support.shell import Home, until

LEAD = """---
name: api-engineer
description: Builds the server side
tools: Read, Write, Agent
model: claude-sonnet-4-5
---
Work.
"""
FILES_OF_TWO = {
    **FILES,
    ".claude/agents/api-engineer.md": LEAD,
    ".claude/agents/architect.md": LEAD.replace("api-engineer", "architect"),
}
DEAR = Tokens(1_000, 2_000)


def script(body: dict[str, Any], consulted: Said) -> Said:
    said = sum(message["role"] == "assistant" for message in body["messages"])
    if "You are consulted" in str(body["system"]):
        return consulted if not said else say("Integers.")
    return call("Agent", agent="architect", prompt="Which type?") if not said else say("Done.", tokens=DEAR)


@pytest.mark.parametrize(
    ("consulted", "budget", "code", "kind", "answer"),
    [
        (call("AskUserQuestion", question="Integers or texts?"), "9", 3, "question", "integers"),
        (call("Read", file_path="README.md"), "0.04", 5, "budget", "$5"),
    ],
)
def test_the_exit_code_tells_what_a_consulted_agent_waits_for(
    tmp_path: Path, consulted: Said, budget: str, code: int, kind: str, answer: str
) -> None:
    home = Home(tmp_path, FILES_OF_TWO)
    dear = Said(consulted.blocks, consulted.stop_reason, DEAR)
    with ModelServer(script=lambda body: script(body, dear)) as server:
        home.model_at(server.url)
        told = home.agentboard("run", "api-engineer", "--task", "T1", "--budget", budget, code=code)
        (item,) = [item for item in home.json("inbox") if item["kind"] == kind]
        assert item["run"] != home.json("runs")[0]["id"]
        assert item["id"] in told.stderr
        home.agentboard("answer", item["id"], answer)
        until(lambda: home.json("runs")[0]["state"] == "review")
