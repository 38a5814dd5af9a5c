"""A project with a team of five, one agent of each way of working, and a model that plays all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from tests.blackbox.foreign import Act, Block, Foreign, say, use
from tests.blackbox.test_brief_job import put
from tests.support.shell import COMMAND, PATIENCE, Home

__all__ = ["LAYOUTS", "STEMS", "TEAM", "Layout", "equip", "playing", "run_all", "summary"]

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
GO = """#!/bin/sh
# Stands for `go test -json ./...`: a package is well when its files name one package, `app` where VALUE is 1.
for place in $(find . -name '*.go' -exec dirname {} + | sort -u); do
    test "$(sed -n 's/^package //p' "$place"/*.go | sort -u | wc -l)" = 1 && action=pass || action=fail
    grep -qs 'VALUE = [^1]' "$place"/app.go && action=fail
    echo "{\\"Action\\":\\"$action\\",\\"Package\\":\\"shop/$place\\",\\"Test\\":\\"TestValue\\"}"
    test $action = pass || failed=1
done
exit ${failed:-0}
"""
TSC = """#!/usr/bin/env node
const { readdirSync, readFileSync } = require("node:fs");
const wrong = readdirSync("src").filter((name) => !readFileSync(`src/${name}`, "utf8").includes("export "));
for (const name of wrong) console.log(`src/${name}(1,1): error TS2306: File is not a module.`);
process.exit(wrong.length ? 2 : 0);
"""
TS_TEST = """import test from "node:test";
import assert from "node:assert";
import { readFileSync } from "node:fs";

test("value", () => assert.match(readFileSync("src/app.ts", "utf8"), /VALUE = 1;/));
"""
CONFIGURED = "gates:\n  - name: layout\n    command: test -d cmd -a -d internal\n"


class Layout(Struct, frozen=True):
    """What a project looks like: its checks, its files, where a module goes and what is in it."""

    gates: frozenset[str]
    files: dict[str, str]
    place: str = "{}.py"
    module: str = "VALUE = {}\n"
    tools: dict[str, str] = {}

    def path(self, name: str) -> str:
        """Return where a module goes."""
        return self.place.format(name)


LAYOUTS = {
    "python": Layout(frozenset({"unittest"}), {"app.py": "VALUE = 1\n", "test_app.py": TEST}),
    "node": Layout(
        frozenset({"npm test"}),
        {
            "package.json": json.dumps({"name": "app", "private": True, "scripts": {"test": "node --test"}})
            + "\n",
            "app.js": "exports.VALUE = 1;\n",
            "app.test.js": NODE_TEST,
        },
    ),
    "go": Layout(
        frozenset({"go test", "layout"}),
        {
            "go.mod": "module shop\n\ngo 1.21\n",
            "cmd/shop/main.go": "package main\n\nfunc main() {}\n",
            "internal/app/app.go": "package app\n\nconst VALUE = 1\n",
            "internal/app/app_test.go": "package app\n",
            ".agentboard.yaml": CONFIGURED,
        },
        "internal/{}/value.go",
        "package numbers\n\nconst Value = {}\n",
        {"tools/go": GO},
    ),
    "typescript": Layout(
        frozenset({"npm test", "tsc"}),
        {
            "package.json": json.dumps({"name": "app", "type": "module", "scripts": {"test": "node --test"}})
            + "\n",
            "tsconfig.json": '{"compilerOptions": {"strict": true}, "include": ["src"]}\n',
            "src/app.ts": "export const VALUE = 1;\n",
            "test/app.test.mjs": TS_TEST,
            ".gitignore": "node_modules/\n",
        },
        "src/{}.ts",
        "export const VALUE = {};\n",
        {"shop/node_modules/.bin/tsc": TSC},
    ),
}
"""By the name of what it is like. A program that is not installed is stood for by one with its answers."""

Script = Callable[[dict[str, Any], int], list[Block]]
"""What one agent does: from the request, and how often it has spoken in its conversation."""


def equip(home: Home, layout: Layout = LAYOUTS["python"]) -> None:
    """Write the project."""
    for name, text in layout.tools.items():
        tool = home.place / name
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.write_text(text)
        tool.chmod(0o755)
    home.env["PATH"] = f"{home.place}/tools:{home.env['PATH']}" if layout.tools else home.env["PATH"]
    files = {**layout.files, "tasks/looper_prd.json": json.dumps(PRD, indent=2) + "\n"}
    files[".claude/agents-shared/team-protocol.md"] = "Be brief.\n"
    for name, body in TEAM.items():
        head = HEAD.format(name=name, tools=TOOLS.get(name, "Read, Write, Edit, Bash, TodoWrite"))
        files[f".claude/agents/{name}.md"] = head + body
        if name != "looper":
            files[f".claude/tasks/{name}-tasks.md"] = LIST.format(name=name, module=name)
    put(home, files)
    if ".agentboard.yaml" in files:
        home.agentboard("trust", "--yes")


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
