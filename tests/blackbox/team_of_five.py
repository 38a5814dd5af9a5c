"""A project with a team of five, one agent of each way of working, and a model that plays all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from tests.blackbox.foreign import Act, Block, Foreign, say, use
from tests.blackbox.test_brief_job import put
from tests.support.shell import COMMAND, PATIENCE, Home

__all__ = ["LAYOUTS", "STEMS", "TEAM", "equip", "playing", "run_all", "summary"]

HEAD = (
    "---\nname: {name}\ndescription: The {name}\ntools: {tools}\nmodel: a-model\n---\n\nYou are {name}.\n\n"
)
LIST = "# {name}\n\n## To Do\n- [ ] T1 Write the {module} module\n\n## In Progress\n\n## Completed\n"
BRIEFED = """Your working directory is: /project/

Your task: [Team Lead writes the task here]

Feature context: [Team Lead pastes the whole feature here]

Shared artifacts directory: /project/shared/

When done write /project/shared/briefed-summary.md with a JSON block:
{ completed, blockers, next_recommended_action, files_modified }
"""
CHANGER = """Answer with JSON:
{"files": [{"path": "a.py", "action": "create|modify|delete", "content": "…"}], "explanation": ""}

Maturity Level: D3
"""
LOOPER = """Work through `tasks/looper_prd.json`: the first story with `passes: false`.
Log in `tasks/looper_progress.txt`.
"""
ASKER = """Read `.claude/agents-shared/team-protocol.md` and `.claude/agents-memory/asker/`.

## Hierarchy
- Lead: Briefed
- Tier: 2
"""
LISTER = "Keep `.claude/tasks/lister-tasks.md` true.\n"
TEAM = {"briefed": BRIEFED, "changer": CHANGER, "looper": LOOPER, "asker": ASKER, "lister": LISTER}
STEMS = tuple(TEAM)
TOOLS = {"changer": "['Read', 'Write']", "asker": "Read, Write, Edit, Agent"}
PRD: dict[str, Any] = {
    "featureName": "Numbers",
    "branchName": "feature/numbers",
    "overview": "Numbers for all.",
    "agent": "looper",
    "userStories": [
        {"id": 1, "title": "One", "priority": 1, "acceptanceCriteria": ["ONE is 1"], "passes": False},
        {"id": 2, "title": "Two", "priority": 2, "acceptanceCriteria": ["TWO is 2"], "passes": False},
    ],
}
TEST = """import unittest

import app


class Holds(unittest.TestCase):
    def test_value(self) -> None:
        self.assertEqual(app.VALUE, 1)
"""
NODE_TEST = """const test = require("node:test");
const assert = require("node:assert");

test("value", () => assert.strictEqual(require("./app.js").VALUE, 1));
"""
LAYOUTS: dict[str, dict[str, str]] = {
    "unittest": {"app.py": "VALUE = 1\n", "test_app.py": TEST},
    "npm test": {
        "package.json": json.dumps({"name": "app", "private": True, "scripts": {"test": "node --test"}})
        + "\n",
        "app.js": "exports.VALUE = 1;\n",
        "app.test.js": NODE_TEST,
    },
}
"""The gate of a project to the files that it is found by."""

Script = Callable[[dict[str, Any], int], list[Block]]
"""What one agent does: from the request, and how often it has spoken in its conversation."""


def equip(home: Home, layout: str = "unittest") -> None:
    """Write the project."""
    files = {**LAYOUTS[layout], "tasks/looper_prd.json": json.dumps(PRD, indent=2) + "\n"}
    files[".claude/agents-shared/team-protocol.md"] = "Be brief.\n"
    for name, body in TEAM.items():
        head = HEAD.format(name=name, tools=TOOLS.get(name, "Read, Write, Edit, Bash, TodoWrite"))
        files[f".claude/agents/{name}.md"] = head + body
        if name != "looper":
            files[f".claude/tasks/{name}-tasks.md"] = LIST.format(name=name, module=name)
    put(home, files)


def playing(scripts: dict[str, Script]) -> Foreign:
    """Serve a model in which each agent has a script of its own; what a death interrupted is done again."""

    def play(request: int, said: int) -> Act:
        asked = server.requests[request]
        system = json.dumps(asked["system"])
        name = next(name for name in STEMS if f"You are {name}." in system)
        interrupted = json.dumps(asked["messages"]).count('"interrupted: ')
        return {"blocks": scripts[name](asked, said - interrupted)}

    server = Foreign(script=play)
    return server


def summary(**members: Any) -> Block:
    """Write the output summary of the one who works for a lead."""
    block = {"completed": True, "blockers": None, "next_recommended_action": "review", **members}
    text = f"# Summary\n\n```json\n{json.dumps(block, indent=2)}\n```\n"
    return use("Write", 2, file_path="/project/shared/briefed-summary.md", content=text)


def run_all(
    home: Home, stems: Sequence[str] = STEMS, meanwhile: Callable[[], object] = lambda: None
) -> dict[str, int]:
    """Let the agents work through all they have at the same time; return the exit codes."""
    started = {
        stem: subprocess.Popen(
            [COMMAND, "run", stem],
            cwd=home.root,
            env=home.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for stem in stems
    }
    meanwhile()
    said = {stem: process.communicate(timeout=PATIENCE)[0] for stem, process in started.items()}
    assert all(b"Traceback" not in text for text in said.values()), said
    return {stem: process.returncode for stem, process in started.items()}


def done(text: str = "Done.") -> list[Block]:
    """End a turn."""
    return [say(text)]
