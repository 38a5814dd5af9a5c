"""agentboard as a person's shell runs it: an empty environment, a home, the installed command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from agentboard_tui.demo.building import build_sample
from tests.support.projects import make_project
from tests.support.terminal import Screen

__all__ = ["COMMAND", "Home", "until"]

COMMAND = str(Path(sys.executable).with_name("agentboard"))
PATIENCE = 60


class Home:
    """A home directory, a project in it, and the command run there."""

    def __init__(self, place: Path, files: dict[str, str] | None = None) -> None:
        self.place = place
        self.state = place / "state"
        self.root = make_project(place / "shop", files)
        self.env = {
            "HOME": str(place),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(place / "config"),
            "AGENTBOARD_WORKER_IDLE": "20",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }

    def model_at(self, url: str) -> None:
        """Let agents talk to a loopback model with a dummy key."""
        self.env |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "test-key-that-is-no-key"}

    def take_sample(self) -> None:
        """Work in the sample project of the demo instead, with the scripted model."""
        self.root = self.place / "sample"
        build_sample(str(self.root))
        self.env["AGENTBOARD_RUNTIME"] = "rehearsal"

    def board(self, columns: int = 120, rows: int = 40, *words: str) -> Screen:
        """Open the board in a terminal of this size."""
        return Screen([COMMAND, *words], env=self.env, cwd=self.root, columns=columns, rows=rows)

    def agentboard(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run the command to its end and check its exit code."""
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert code is None or done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str) -> Any:
        """Run a command with `--json` and return what it printed."""
        return json.loads(self.agentboard(*words, "--json").stdout)

    def git(self, *words: str) -> str:
        """Ask git about the project."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *words], env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def worker_pid(self) -> int:
        """Return the process id of the project's worker."""
        (lock,) = self.state.glob("agentboard/*/worker.lock")
        return int(lock.read_text().split()[0])


def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return the first true value of `true`; fail when there is none in `patience` seconds."""
    deadline = monotonic() + patience
    while not (value := true()):
        assert monotonic() < deadline, "it did not come to pass"
        sleep(0.02)
    return value
