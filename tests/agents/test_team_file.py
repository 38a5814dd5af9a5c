"""What the team's root `tasks.md` says reaches the agents whom it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.project import Project
from agentboard_agents.protocols import brief_for
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import survey

AGENT = "---\nname: {0}\ndescription: d\n---\nYou are {0}.\n"
TEAM = """# Tasks

## Coordination Points
- Backend ↔ Frontend: the shape of /users
- Data <-> Infra: buckets
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "project"
    files = {
        ".claude/agents/backend-engineer.md": AGENT.format("backend-engineer"),
        ".claude/agents/data-engineer.md": AGENT.format("data-engineer"),
        ".claude/agents/writer.md": AGENT.format("writer"),
        "tasks.md": TEAM,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Project(str(root), str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("agent", "told", "not_told"),
    [
        ("backend-engineer", "Backend ↔ Frontend: the shape of /users", "buckets"),
        ("data-engineer", "Data ↔ Infra: buckets", "/users"),
        ("writer", "write it", "Agree on"),
    ],
)
def test_an_agent_is_told_where_it_must_agree_with_others(
    project: Project, agent: str, told: str, not_told: str
) -> None:
    here = survey(project)
    spec = RunSpec("r1", agent, agent, "", "checklist", "rehearsal", prompt="write it")
    opening = brief_for(here, here.agent(agent), spec).opening
    assert told in opening
    assert not_told not in opening
