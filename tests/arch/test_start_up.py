"""What starts the screens is light: nothing of the worker's side is imported before the first picture."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import Home
from tests.support.terminal import Screen

WORKER_SIDE = frozenset({"anthropic", "dbos", "mcp", "git", "gitdb", "httpx", "sqlalchemy", "sandlock"})
LINE = re.compile(r"import time:\s+\d+ \|\s+\d+ \|\s*([\w.]+)")

MODULES = (
    "agentboard_tui.app",
    "agentboard_tui.cli",
    "agentboard_agents.store",
    "agentboard_agents.client",
    "agentboard_agents.board",
    "agentboard_agents.definition",
    "agentboard_agents.team",
    "agentboard_agents.project",
    "agentboard_agents.config",
    "agentboard_agents.survey",
    "agentboard_tasks.workspace",
)


def top_level(report: str) -> set[str]:
    """Return the top-level packages in what `-X importtime` printed."""
    return {name.partition(".")[0] for name in LINE.findall(report)}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_start_imports_nothing_of_the_worker(module: str) -> None:
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = top_level(done.stderr)
    assert module.partition(".")[0] in found
    assert found & WORKER_SIDE == set()


def test_the_board_imports_nothing_of_the_worker_before_its_first_picture(tmp_path: Path) -> None:
    home = Home(tmp_path)
    command = [sys.executable, "-X", "importtime", "-m", "agentboard_tui"]
    with Screen(command, env=home.env, cwd=home.root) as screen:
        screen.wait_for("T1 Greet the world", 30)
        found = top_level(screen.raw.decode(errors="replace").replace("\r", ""))
    assert {"textual", "agentboard_agents", "agentboard_tasks"} <= found
    assert found & WORKER_SIDE == set()


def test_a_plain_command_does_not_import_the_screens() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "agentboard_tui", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert top_level(done.stderr) & (WORKER_SIDE | {"textual", "rich", "yaml", "sqlite3"}) == set()
