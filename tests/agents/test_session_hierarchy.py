"""A hierarchy of agents: what each is given before it works, and the questions that they leave each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentboard_tasks.formats.consultations import DIRECTORY
from tests.agents.session_parts import LIST, TASKS, Server
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import Reaction, call, last_text, said, say

ENGINEER = """| name | description | tools |
|---|---|---|
| backend | Implements | Read, Write, Agent |

Read the team protocol `.claude/agents-shared/team-protocol.md`, `.claude/agents-memory/backend/`
and `app/CLAUDE.md`.

## Hierarchy
- Lead: Architecture Lead
- Tier: 2
- Peers: Db Architect
"""
OTHER = """---
name: {name}
description: The {name}
tools: Read, Agent
---

You are {name}. Memory: `.claude/agents-memory/{name}/`.

- Lead: {lead}
- Tier: 1
"""
FILES = {
    ".claude/agents/backend.md": ENGINEER,
    ".claude/agents/architecture-lead.md": OTHER.format(name="architecture-lead", lead="none"),
    ".claude/agents/db-architect.md": OTHER.format(name="db-architect", lead="Architecture Lead"),
    ".claude/agents-shared/team-protocol.md": "Be brief.\n",
    ".claude/agents-memory/backend/2026-01-02-errors.md": "Errors are values.\n",
    ".claude/agent-memory/backend/MEMORY.md": "Money is in cents.\n",
    ".claude/agents-memory/db-architect/2026-01-03-keys.md": "Keys are integers.\n",
    LIST: TASKS,
}


def text_of(request: dict[str, Any]) -> str:
    return "\n".join(said(request))


async def test_each_is_given_the_protocol_and_its_own_memory_also_when_it_is_consulted(
    tmp_path: Path, serve: Server
) -> None:
    server = serve(call("Agent", agent="DB Architect", prompt="Which keys?"), say("Integers."), say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        await team.dispatch("backend", task="T1")
        await team.end()
        own, (nested,) = team.events("context_loaded"), team.events("context_loaded", "r1-n1")
        told = [one["message"] for one in team.events("problem_found")]
    for wanted in ("Be brief.", "Errors are values.", "Money is in cents.", "Small functions."):
        assert wanted in text_of(server.requests[0])
    assert "Keys are integers." not in text_of(server.requests[0])
    for wanted in ("Be brief.", "Keys are integers.", "Which keys?"):
        assert wanted in text_of(server.requests[1])
    assert "Errors are values." not in text_of(server.requests[1])
    assert own[0]["files"] == [
        ".claude/agents-shared/team-protocol.md",
        ".claude/agent-memory/backend/MEMORY.md",
        ".claude/agents-memory/backend/2026-01-02-errors.md",
        "CLAUDE.md",
    ]
    assert ".claude/agents-memory/db-architect/2026-01-03-keys.md" in nested["files"]
    assert any("names app/CLAUDE.md, which is not there" in one for one in told)


def deferral(agent: str = "Db Architect") -> Reaction:
    return call("DeferConsultation", agent=agent, question="Which index for refunds?")


async def left(team: Crew) -> str:
    """Let the engineer leave a question, twice, and return its file."""
    await team.dispatch("backend", task="T1")
    await team.end()
    first, second = team.events("consultation_deferred")
    assert first["file"] == second["file"], "the same question is kept once"
    return str(first["file"])


@pytest.mark.parametrize("taker", ["db-architect", "architecture-lead"])
async def test_a_question_that_was_left_is_offered_to_who_can_answer_it(
    tmp_path: Path, serve: Server, taker: str
) -> None:
    server = serve(deferral(), deferral(), say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        file = await left(team)
        assert file.startswith(f"{DIRECTORY}/20")
        assert file.endswith("-which-index-for-refunds.md")
        assert "from: backend\nto: db-architect\nlead: architecture-lead\n" in team.read(file)
        answer = call("AnswerConsultation", file=file, answer="On created_at.")
        server = serve(answer, say("Answered."), say("Thanks."), say("Nothing for me."))
        await team.dispatch(taker, run="r2", prompt="See what waits")
        await team.end("r2")
        assert "Which index for refunds?" in text_of(server.requests[0])
        assert f"{taker}, 20" in team.read(file).partition("## Answer")[2]
        await team.dispatch("backend", run="r3", task="T2")
        await team.end("r3")
        await team.dispatch(taker, run="r4", prompt="Anything else?")
        await team.end("r4")
    assert "On created_at." in text_of(server.requests[2]), "who asked is told"
    assert "AnswerConsultation" not in {tool["name"] for tool in server.requests[2]["tools"]}
    assert "wait for you" not in text_of(server.requests[3]), "an answered question waits for nobody"


async def test_what_is_too_deep_is_left_for_the_lead_of_who_asked(tmp_path: Path, serve: Server) -> None:
    server = serve(say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        server = serve(call("Agent", agent="db-architect", prompt="Which index?"), say("Done."))
        await team.dispatch("backend", task="T1", depth=3)
        await team.end()
        (event,) = team.events("consultation_deferred")
        assert (event["asked"], event["to"]) == ("db-architect", "architecture-lead")
        assert "Which index?" in team.read(event["file"])
        assert [(one.agent, one.sender) for one in team.store.messages()] == [
            ("architecture-lead", "backend")
        ]
    assert "depth 3 is reached" in last_text(server.requests[1])


async def test_a_concern_reaches_the_lead_and_stops_nothing(tmp_path: Path, serve: Server) -> None:
    concern = "The spec forgets refunds of refunds"
    serve(call("FlagConcern", concern=concern), call("Write", file_path="a.txt", content="x"), say("Done."))
    async with crew(make_project(tmp_path, FILES)) as team:
        await team.dispatch("backend", task="T1")
        assert (await team.end()).outcome == "review"
        items = [(one.kind, one.text, one.to) for one in team.store.inbox() if one.kind == "problem"]
        assert items == [("problem", concern, "Architecture Lead")]
        assert [(one.agent, one.text) for one in team.store.messages()] == [
            ("architecture-lead", f"Concern: {concern}")
        ]
