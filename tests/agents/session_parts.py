"""What tests of whole runs share: files for each way of working, and a model that says what it is told."""

from __future__ import annotations

import pytest

from tests.support.crew import Crew, git
from tests.support.modelserver import ModelServer, Reaction

TASKS = """# Backend Tasks

## In Progress

## To Do
- [ ] T1 Subtract numbers
- [ ] T2 Multiply numbers

## Completed
"""
LIST = ".claude/tasks/backend-tasks.md"
CHECKLIST = """---
name: backend
description: Works through a list
tools: Read, Write, Edit, Glob, Grep, LS, Bash, TodoWrite, WebFetch
---

Keep your list in `.claude/tasks/backend-tasks.md`.
"""
BRIEFED = """---
name: backend
description: Works for a lead
tools: Read, Write
---

Your working directory is: /project/app/

Your task: [The lead writes the task here]

Feature context: [The lead pastes the whole feature here]

Shared artifacts directory: /project/shared/

When done write a summary to /project/shared/backend-summary.md with a JSON block.
"""
CHANGES = """---
name: backend
description: Answers with change sets
tools: ['Read', 'Write', 'Bash']
---

Return JSON: {"files": [{"path": "a.py", "action": "create" | "modify" | "delete", "content": "text"}]}

## Maturity Level: D2
"""
LOOPING = """---
name: backend
description: Loops over a PRD
---

Load `tasks/backend_prd.json`, take the first story where `passes: false`.
Read `tasks/backend_progress.txt`.
"""
CONSULTING = """| name | description | tools | model |
|---|---|---|---|
| backend | Consults others | Read, Write, Agent | opus |

Read the team protocol `.claude/agents-shared/team-protocol.md` and `.claude/agents-memory/backend/`.

## Hierarchy
- Lead: Architect
- Tier: 2
"""
ARCHITECT = "---\nname: architect\ndescription: Knows the schema\n---\n\nYou design.\n"
ADDED = "def add(one: int, other: int) -> int:\n    return one + other\n\n\n"
BETTER = ADDED + "def sub(one: int, other: int) -> int:\n    return one - other\n"
BROKEN = "def add(one: int, other: int) -> int:\n    return one - other\n"


class Server:
    """Starts the model server with a test's replies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._started: list[ModelServer] = []

    def __call__(self, *replies: Reaction) -> ModelServer:
        server = ModelServer(*replies)
        self._started.append(server)
        self._monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        return server

    def close(self) -> None:
        for server in self._started:
            server.close()


def changed(team: Crew) -> list[str]:
    """Return what the run's branch changed."""
    branch = team.run().branch
    assert branch is not None
    return git(team.project.root, "diff", "--name-only", "main", branch).splitlines()
