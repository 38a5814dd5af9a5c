"""An agent keeps to its own part of the repository: told by its tools, and by a gate for what commands do."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.owned_paths import avoided, whose
from tests.agents.session_parts import BETTER, CHECKLIST, LIST, TASKS, Server
from tests.support.crew import crew, make_project
from tests.support.modelserver import call, last_text, say

RULE = "- Only implement backend code - do not modify frontend or infrastructure code\n"


@pytest.mark.parametrize(
    ("body", "own", "expected"),
    [
        (RULE, "backend-engineer", ["frontend", "infrastructure"]),
        ("Do **not** touch the frontend.", "api", ["frontend"]),
        ("Never change backend or mobile code.", "web-engineer", ["backend", "mobile"]),
        ("Do not modify backend contracts alone.", "backend-engineer", []),
        ("Work with the frontend team.", "backend", []),
    ],
)
def test_what_a_definition_tells_its_agent_to_leave_alone(body: str, own: str, expected: list[str]) -> None:
    assert [area.name for area in avoided(body, own)] == expected


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("frontend/app.tsx", "frontend"),
        ("apps/web/page.tsx", "frontend"),
        ("web/index.html", "frontend"),
        ("packages/core/frontend/x.ts", "frontend"),
        ("infra/main.tf", "infrastructure"),
        (".github/workflows/ci.yml", "infrastructure"),
        ("app/client/http.py", ""),
        ("frontend.md", ""),
        ("calc.py", ""),
    ],
)
def test_whose_a_path_is(path: str, area: str) -> None:
    assert whose(path, avoided(RULE, "backend")) == area


async def test_a_backend_agent_does_not_touch_the_frontend(tmp_path: Path, serve: Server) -> None:
    files = {".claude/agents/backend.md": CHECKLIST + "\n" + RULE, LIST: TASKS, "frontend/app.js": "1\n"}
    server = serve(
        call("Write", file_path="frontend/app.js", content="2\n"),
        call("Bash", command="echo 3 > frontend/app.js; mkdir infra; echo 4 > infra/x.tf"),
        call("Write", file_path="calc.py", content=BETTER),
        say("Done."),
        call("Bash", command="git show HEAD:frontend/app.js > frontend/app.js; rm infra/x.tf"),
        say("Put back."),
    )
    async with crew(make_project(tmp_path, files)) as team:
        await team.dispatch("backend", task="T1")
        run = await team.end()
        assert (run.outcome, run.attempts) == ("review", 1), run.reason
        first, last = [one for one in team.events("gate_finished") if one["name"] == "owned paths"]
        assert first["new_failures"] == ["frontend/app.js is frontend", "infra/x.tf is infrastructure"]
        assert last["state"] == "passed"
        assert team.show("frontend/app.js") == "1"
    assert "leave alone" in last_text(server.requests[1])
    assert "not yours to change" in last_text(server.requests[4])
