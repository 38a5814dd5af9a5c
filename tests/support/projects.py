"""Small real repositories for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["AGENT", "TASKS", "make_project"]

AGENT = """---
name: api-engineer
description: Builds the server side
tools: Read, Write, Edit, Bash, TodoWrite
model: sonnet
---

You build the server side. Keep `.claude/tasks/api-engineer-tasks.md` true.
"""

TASKS = """# API engineer tasks

## In Progress

## To Do
- [ ] T1 Greet the world
- [ ] T2 Greet the moon

## Completed
"""

FILES = {
    ".claude/agents/api-engineer.md": AGENT,
    ".claude/tasks/api-engineer-tasks.md": TASKS,
    "README.md": "hello\n",
}


def make_project(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a git repository with `files` (default: one agent, two tasks) in one commit on `main`."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES if files is None else files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _git(root, "init", "-q", "-b", "main")
    _git(root, "add", "-A")
    _git(root, "commit", "-q", "--allow-empty", "-m", "start")
    return root


def _git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid")
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, env=env, capture_output=True)
