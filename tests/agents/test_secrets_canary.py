"""A canary key: it is nowhere but in the worker's memory, whatever repeats it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.sandbox.choice import choose
from tests.support.crew import crew, make_project
from tests.support.modelserver import ModelServer, Said, call, say, status

KEY = "sk-ant-canary-0123456789abcdef-ZZ"
FILES = {
    ".claude/agents/one.md": "---\nname: one\ndescription: d\n---\n\nKeep `.claude/tasks/one-tasks.md`.\n",
    ".claude/tasks/one-tasks.md": "# Tasks\n\n## To Do\n- [ ] T1 Work\n",
}


def holding(directory: Path, needle: bytes) -> list[str]:
    """Return the files beneath a directory that hold the needle."""
    files = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path) for path in files if needle in plain_bytes(path)]


def plain_bytes(path: Path) -> bytes:
    """Return what a file holds; git's objects are unpacked."""
    data = path.read_bytes()
    if "objects" in path.parts:
        with contextlib.suppress(zlib.error):
            return zlib.decompress(data)
    return data


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    return KEY


async def test_a_server_that_repeats_the_key_does_not_get_it_into_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """It says it in a text, split over deltas, in thinking, as input of tools, and in an error."""
    if choose().name != "bubblewrap":
        pytest.skip(choose().reason)
    thinking = {"type": "thinking", "thinking": f"The key is {key}.", "signature": "s"}
    spoken = {"type": "text", "text": f"Your key is {key} and {key}."}
    bash = {
        "type": "tool_use",
        "id": "b",
        "name": "Bash",
        "input": {"command": f"env; cat /proc/*/environ; echo {key}"},
    }
    write = {"type": "tool_use", "id": "w", "name": "Write", "input": {"file_path": "k.txt", "content": key}}
    todo = call("TodoWrite", todos=[{"content": key, "status": "pending"}])
    replies: list[Any] = [
        Said((thinking, spoken, bash, write), "tool_use"),
        todo,
        status(429, "rate_limit_error", f"slow down, {key}", retry_after="0"),
        say(f"I am done with {key}."),
    ]
    with ModelServer(*replies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(make_project(tmp_path, FILES)) as team:
            await team.dispatch("one", task="T1")
            run = await team.end()
        assert key in str(server.headers), "the model itself gets it"
    assert run.turns == 3
    assert holding(tmp_path, key.encode()) == []
    assert "k.txt" in os.listdir(run.worktree or ""), "the tools ran, with what was left of their input"


WORKER = """
import os, resource, sys
from agentboard_agents import credentials
from agentboard_agents.hardening import harden
harden()
print("child", os.popen("env").read().count("sk-ant-canary"), os.environ.get("ANTHROPIC_API_KEY"))
print("core", resource.getrlimit(resource.RLIMIT_CORE))
print("kept", len(credentials.value("ANTHROPIC_API_KEY") or ""))
print("dumpable", [line.split()[1] for line in open("/proc/self/status") if line.startswith("CoreDumping")])
def broken(key):
    raise ValueError("cannot use " + key)
broken(credentials.value("ANTHROPIC_API_KEY"))
"""


def test_a_hardened_process_keeps_it_to_itself(key: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, timeout=30, check=False
    )
    assert "child 0 None" in done.stdout
    assert "core (0, 0)" in done.stdout
    assert f"kept {len(KEY)}" in done.stdout
    assert "cannot use [redacted]" in done.stderr, "a crash tells what happened, not the key"
    assert key not in done.stdout + done.stderr


def test_the_real_worker_and_what_the_command_line_says(tmp_path: Path, key: str) -> None:
    """From dispatch to review by the command line; its output, its worker's log and its state hold no key.

    A person types it, too: as a task, a message, a reason, and in the place of a name.
    """
    project = make_project(tmp_path, FILES)
    command = [os.path.join(os.path.dirname(sys.executable), "agentboard")]
    words = (
        ["run", "one", "--task", "T1"],
        ["run", "one", "--prompt", f"use {key}"],
        ["run", f"nobody-{key}"],
        ["answer", key, "yes"],
        ["message", "one", f"psst, {key}"],
        *(["runs", "--json"], ["inbox", "--json"], ["messages"], ["recap"], ["status"], ["diff", key]),
    )
    with ModelServer(say(f"Hello, {key}."), say(f"Used {key}.")) as server:
        environment = {
            **os.environ,
            "ANTHROPIC_BASE_URL": server.url,
            "AGENTBOARD_WORKER_IDLE": "1",
            "HOME": str(tmp_path / "home"),
        }
        said = [
            subprocess.run(
                [*command, *typed, "-C", project.root],
                env=environment, capture_output=True, text=True, timeout=60, check=False,
            )
            for typed in words
        ]  # fmt: skip
        assert server.requests, [(one.stdout, one.stderr) for one in said]
    text = "".join(one.stdout + one.stderr for one in said)
    assert key not in text
    deadline = time.monotonic() + 10
    while workers_of(project.root) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holding(tmp_path, key.encode()) == []


def workers_of(root: str) -> list[str]:
    """Return the workers that serve a project."""
    found: list[str] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"worker" in words and root.encode() in words:
                found.append(name)
    return found
