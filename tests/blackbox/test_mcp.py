"""Published servers of tools in a run: one from PyPI, and a database behind one where both are installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.foreign import Block, Foreign, say, use
from tests.support.projects import FILES
from tests.support.shell import Home, until

AGENT = """---
name: api-engineer
description: Builds the server side
tools: Read, {tools}
{servers}---
Work.
"""
TIME = str(Path(sys.executable).with_name("mcp-server-time"))
CONVERT = {"source_timezone": "UTC", "time": "16:30", "target_timezone": "Asia/Tokyo"}


def project(place: Path, tools: str, servers: dict[str, Any], inline: str = "") -> Home:
    agent = AGENT.format(tools=tools, servers=inline)
    named = {".mcp.json": json.dumps({"mcpServers": servers})} if servers else {}
    return Home(place, {**FILES, **named, ".claude/agents/api-engineer.md": agent})


def asked(home: Home, *calls: Block) -> tuple[list[Block], list[str]]:
    """Let the agent make calls at once; return their results, and the names of the tools that it had."""
    with Foreign([*calls], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--prompt", "Look")
        return model.results(), [tool["name"] for tool in model.requests[0]["tools"]]


def test_a_server_from_pypi_answers_once_it_is_trusted(tmp_path: Path) -> None:
    server = {"command": TIME, "args": ["--local-timezone", "UTC"]}
    home = project(tmp_path, "mcp__time__convert_time", {"time": server})
    convert = use("mcp__time__convert_time", 1, **CONVERT)
    (refused,), names = asked(home, convert)
    assert "waits for trust" in refused["content"]
    assert "mcp__time__convert_time" not in names
    home.agentboard("trust", "--yes")
    (answer, other), names = asked(home, convert, use("mcp__time__get_current_time", 2, timezone="UTC"))
    assert "01:30" in answer["content"]
    assert "+9.0h" in answer["content"]
    assert "does not list it" in other["content"]
    assert [name for name in names if name.startswith("mcp__")] == ["mcp__time__convert_time"]


def test_a_server_in_front_matter_answers_too(tmp_path: Path) -> None:
    inline = f"mcpServers:\n  - clock:\n      command: {TIME}\n"
    home = project(tmp_path, "mcp__clock", {}, inline)
    home.agentboard("trust", "--yes")
    (answer,), names = asked(home, use("mcp__clock__convert_time", 1, **CONVERT))
    assert "01:30" in answer["content"]
    assert {"mcp__clock__convert_time", "mcp__clock__get_current_time"} <= set(names)


def test_a_tool_that_the_rules_deny_is_neither_offered_nor_used(tmp_path: Path) -> None:
    home = project(tmp_path, "mcp__time", {"time": {"command": TIME}})
    home.agentboard("trust", "--yes")
    (home.root / ".claude/settings.json").write_text('{"permissions": {"deny": ["mcp__time__convert_time"]}}')
    (refused, answer), names = asked(
        home,
        use("mcp__time__convert_time", 1, **CONVERT),
        use("mcp__time__get_current_time", 2, timezone="UTC"),
    )
    assert "the rule mcp__time__convert_time in .claude/settings.json denies it" in refused["content"]
    assert "UTC" in answer["content"]
    assert [name for name in names if name.startswith("mcp__")] == ["mcp__time__get_current_time"]


@contextmanager
def postgres(place: Path) -> Generator[str]:
    """A real database, as a user that is not root, on loopback."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(programs[-1]) if programs else "")
    if not initdb:
        pytest.skip("no Postgres is installed")
    data, sockets = place / "data", Path("/tmp") / f"agentboard-pg-{os.getpid()}"
    sockets.mkdir(mode=0o700)
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        data = sockets / "data"
        shutil.chown(sockets, "nobody")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **user}
    subprocess.run([initdb, "-D", str(data), "-A", "trust", "-U", "postgres"], check=True, **quiet)
    words = ["-D", str(data), "-k", str(sockets), "-h", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([str(Path(initdb).with_name("postgres")), *words], **quiet)
    try:
        until(lambda: (sockets / f".s.PGSQL.{port}").exists())
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(sockets, ignore_errors=True)


@pytest.mark.soak
def test_a_database_answers_behind_its_server(tmp_path: Path) -> None:
    program = os.environ.get("POSTGRES_MCP") or shutil.which("postgres-mcp")
    if program is None:
        pytest.skip("postgres-mcp is not installed: it needs Python 3.12, POSTGRES_MCP says where it is")
    names = ("list_schemas", "list_objects", "get_object_details", "explain_query", "execute_sql")
    listed = ", ".join(f"mcp__postgres__{name}" for name in names)
    with postgres(tmp_path) as url:
        server = {
            "command": program,
            "args": ["--access-mode=unrestricted"],
            "env": {"DATABASE_URI": "${DATABASE}"},
        }
        home = project(tmp_path / "home", listed, {"postgres": server})
        home.env["DATABASE"] = url
        home.agentboard("trust", "--yes")
        made = "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ann')"
        results, offered = asked(
            home,
            use("mcp__postgres__execute_sql", 1, sql=made),
            use("mcp__postgres__list_schemas", 2),
            use("mcp__postgres__list_objects", 3, schema_name="public"),
            use("mcp__postgres__get_object_details", 4, schema_name="public", object_name="users"),
            use("mcp__postgres__explain_query", 5, sql="SELECT * FROM users"),
            use("mcp__postgres__execute_sql", 6, sql="SELECT name FROM users"),
            use("mcp__postgres__get_top_queries", 7),
        )
    _, schemas, objects, details, plan, rows, unlisted = (str(one["content"]) for one in results)
    assert "public" in schemas
    assert "users" in objects
    assert "PRIMARY KEY" in details
    assert "Scan" in plan
    assert "Ann" in rows
    assert "does not list it" in unlisted
    assert {f"mcp__postgres__{name}" for name in names} <= set(offered)
