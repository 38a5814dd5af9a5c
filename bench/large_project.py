"""A project as large as the demands name: 50 agents, 10,000 tasks, 1,000,000 events."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store

__all__ = [
    "AGENTS",
    "EVENTS",
    "TASKS",
    "build",
    "environment",
    "files_alone",
    "long_run",
    "scratch_home",
    "small",
    "team",
]

AGENTS = 50
TASKS = 10_000
EVENTS = int(os.environ.get("AGENTBOARD_BENCH_EVENTS", "1000000"))


def environment(home: Path) -> dict[str, str]:
    """Return an environment whose state lies below `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {
        **kept,
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "TERM": "xterm-256color",
    }


def scratch_home() -> Path:
    """Return a new directory that goes away with this process."""
    home = Path(tempfile.mkdtemp(prefix="agentboard-bench-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def small() -> Path:
    """Make a project of one agent and a few tasks; return its folder."""
    return team(1)


def team(agents: int) -> Path:
    """Make a project of so many agents with a few tasks, where nothing ever ran; return its folder."""
    root = _repository(scratch_home())
    for number in range(agents):
        _agent(root, number)
    _tasks(root, 0, 3)
    return root


def long_run(events: int) -> Path:
    """Make a project of one agent whose run has so many lines; return its folder."""
    root = small()
    os.environ["XDG_STATE_HOME"] = str(root.parent / "state")
    _history(Project.open(str(root)), 1, events)
    return root


@functools.cache
def files_alone(tasks: int) -> Path:
    """Make a project of 50 agents and this many tasks, where nothing ever ran; return its folder."""
    root = _repository(scratch_home())
    for number in range(AGENTS):
        _agent(root, number)
        _tasks(root, number, tasks // AGENTS)
    return root


@functools.cache
def build() -> Path:
    """Make the large project; return its folder, whose parent is the home of `environment`."""
    home = scratch_home()
    root = _repository(home)
    for number in range(AGENTS):
        _agent(root, number)
        _tasks(root, number, TASKS // AGENTS)
    os.environ["XDG_STATE_HOME"] = str(home / "state")
    _history(Project.open(str(root)), AGENTS, EVENTS)
    return root


def _repository(home: Path) -> Path:
    root = home / "bench-project"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".claude" / "tasks").mkdir()
    return root


def _agent(root: Path, number: int) -> None:
    name = f"agent-{number:02}"
    text = f"---\nname: {name}\ndescription: works on part {number}\ntools: Read, Edit\n---\nYou work.\n"
    (root / ".claude" / "agents" / f"{name}.md").write_text(text)


def _tasks(root: Path, number: int, count: int) -> None:
    lines = [f"- [ ] T{index:04} Part {number} step {index}" for index in range(count)]
    head = f"# Agent {number}\n\n## In Progress\n\n## To Do\n"
    text = head + "\n".join(lines) + "\n\n## Completed\n"
    (root / ".claude" / "tasks" / f"agent-{number:02}-tasks.md").write_text(text)


def _history(project: Project, agents: int, events: int) -> None:
    store = Store.open(project)
    runs = [f"r{number:012}" for number in range(agents)]
    for number, run in enumerate(runs):
        name = f"agent-{number:02}"
        spec = RunSpec(
            run=run, agent=name, stem=name, definition="", protocol="checklist", runtime="rehearsal"
        )
        data = {"run": run, "agent": name, "stem": name, "definition": "", "protocol": "checklist"}
        store.append(
            [NewEvent(run, spec.agent, "run_queued", {**data, "runtime": "rehearsal", "title": "Part"})]
        )
        store.append([NewEvent(run, spec.agent, "run_started", {"branch": f"ab/{name}/t"})])
    path = store.path
    store.close()
    _chatter(path, runs, events)


def _chatter(path: str, runs: list[str], events: int) -> None:
    row = ("2026-01-01T00:00:00.000Z", "text", b'{"text":"a line of the work that goes on\\n"}')
    with sqlite3.connect(path) as connection:
        size = len(runs)
        rows = ((row[0], runs[i % size], f"agent-{i % size:02}", row[1], row[2]) for i in range(events))
        connection.executemany(
            "INSERT INTO events (time, run, agent, kind, data) VALUES (?, ?, ?, ?, ?)", rows
        )
