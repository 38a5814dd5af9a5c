"""What commands print reaches whoever reads it, whatever bytes the project's files hold."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentboard_tui import first_picture
from agentboard_tui.cli import main
from agentboard_tui.cli.entry import run
from agentboard_tui.cli.output import Output
from tests.support.projects import make_project

BYTES = {
    ".claude/agents/odd.md": b"---\nname: odd\ndescription: caf\xe9\n---\nYou are odd.\n",
    ".claude/tasks/odd-tasks.md": b"## To Do\n- [ ] caf\xe9\n",
    ".claude/artifacts/no\xe9.md": b"x\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    root = make_project(tmp_path / "shop", {})
    for name, data in BYTES.items():
        place = os.fsencode(root) + b"/" + (name.encode("latin-1"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
    return root


@pytest.mark.parametrize("command", ["agents", "tasks", "artifacts", "check", "status"])
def test_bytes_that_are_no_text_are_valid_json(
    project: Path, command: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(["-C", str(project), command, "--json"])
    printed = capfdbinary.readouterr().out.decode("utf-8")
    assert "\\ud" not in printed
    assert json.loads(printed)


@pytest.mark.parametrize("words", [["tasks"], ["tasks", "--json"]])
def test_a_locale_without_utf_8_ends_no_list(project: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "agentboard_tui", "-C", str(project), *words]
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"caf" in done.stdout


@pytest.mark.parametrize(
    "words", [["tasks"], ["tasks", "--json"], ["--version"], ["--help"], ["set", "--help"], ["status"]]
)
def test_a_full_disk_is_one_line(project: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "agentboard_tui", *words]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=project, stdout=full, stderr=subprocess.PIPE, check=False, text=True, env=buffered
        )
    assert done.returncode == 1
    assert done.stderr == "agentboard: No space left on device\n"


@pytest.mark.parametrize("words", ["--version", "status --json", "tasks"])
def test_a_process_without_stdout_ends_well(project: Path, words: str) -> None:
    command = f'exec "$0" -m agentboard_tui {words} >&-'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=project, capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_lines_and_values_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "utf-8"))
    output = Output()
    output.line("one")
    output.value({"two": 2})
    output.line("three")
    assert raw.getvalue() == b'one\n{"two":2}\nthree\n'


def test_a_command_beside_a_directory_of_its_name_shows_no_board(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(first_picture, "show", shown.append)
    monkeypatch.setattr(sys, "argv", ["agentboard", "tasks"])
    (project / "tasks").mkdir()
    monkeypatch.chdir(project)
    assert main() == 0
    assert shown == []


def test_an_id_is_taken_as_it_was_printed(project: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    odd = os.fsencode(project) + b"/.claude/tasks/o\xff-tasks.md"
    with open(odd, "wb") as file:
        file.write(b"- [ ] an odd one\n")
    run(["-C", str(project), "tasks", "--json"])
    tasks = json.loads(capfdbinary.readouterr().out)
    (name,) = (task["id"] for task in tasks if task["title"] == "an odd one")
    assert run(["-C", str(project), "set", name, "done"]) == 0
    with open(odd, "rb") as file:
        assert file.read() == b"- [x] an odd one\n"
