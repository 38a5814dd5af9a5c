"""A message has receipts: delivered, read when the turn that contained it is complete, and acted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.run import RunState
from tests.agents.session_parts import CHECKLIST, LIST, TASKS
from tests.support.crew import crew, make_project
from tests.support.modelserver import ModelServer, call, said, say


async def test_a_message_is_delivered_read_and_acted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    project = make_project(tmp_path, {".claude/agents/backend.md": CHECKLIST, LIST: TASKS})
    with ModelServer(call("AskUserQuestion", question="Which?"), say("Done.")) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project) as team:
            await team.dispatch("backend", task="T1")
            await team.until(RunState.WAITING)
            told = {"message": "m7", "text": "Use tabs", "sender": "human"}
            team.store.append([NewEvent("r1", "backend", "message_queued", told)])
            assert [message.state for message in team.store.messages()] == ["queued"]
            team.answer("The first")
            team.desk.wake("r1")
            await team.end()
            assert any("Use tabs" in text for text in said(server.requests[-1]))
            assert [message.state for message in team.store.messages()] == ["acted"]
            kinds = [event.kind for event in team.store.events(run="r1") if event.data.get("message") == "m7"]
            assert kinds == ["message_queued", "message_delivered", "message_read", "message_acted"]
