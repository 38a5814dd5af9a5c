"""The command line says what is wrong in one line, with the exit code that scripts rely on."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agentboard_agents import blockers
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store
from agentboard_tui.cli.arguments import COMMANDS, split_directory
from agentboard_tui.cli.entry import run
from tests.support.projects import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "AGENTBOARD_RUNTIME"):
        monkeypatch.delenv(name, raising=False)
    return make_project(tmp_path / "shop")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nonsense"], 2, "no such command or directory: nonsense"),
        (["-C", "/nowhere/at/all", "tasks"], 2, "no such directory"),
        (["run"], 2, "AGENT"),
        (["run", "nobody", "--task", "T1"], 1, "no agent 'nobody'"),
        (["run", "api-engineer", "--task", "T9"], 1, "no task 'T9'"),
        (["run", "api-engineer", "--task", "T1"], 1, "ANTHROPIC_API_KEY"),
        (["run", "api-engineer", "--budget", "lots"], 2, "'lots' is not an amount"),
        (["run", "api-engineer", "--max-turns", "0"], 2, "'0' is not a number above 0"),
        (["pause", "r404"], 1, "no run 'r404'"),
        (["pause"], 2, "--all"),
        (["answer", "q404", "yes"], 1, "no inbox item 'q404'"),
        (["message", "nobody", "hello"], 1, "no agent 'nobody'"),
        (["log", "r404"], 1, "no run 'r404'"),
        (["set", "T9", "done"], 1, "no task 'T9'"),
        (["set", "T1", "finished"], 2, "'finished' is no state: todo, in_progress"),
    ],
)
def test_bad_words_are_one_clear_line(
    project: Path,
    words: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    assert run(words) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_outside_a_repository_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["tasks"]) == 1
    assert "git init" in capsys.readouterr().err


def test_lists_are_arrays_in_file_order(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(project), "tasks", "--json"]) == 0
    tasks = msgspec.json.decode(capsys.readouterr().out)
    assert [task["title"] for task in tasks] == ["Greet the world", "Greet the moon"]
    assert [task["state"] for task in tasks] == ["todo", "todo"]
    assert tasks[0]["source"] == {"file": ".claude/tasks/api-engineer-tasks.md", "line": 6}
    assert tasks[0]["agent"] == "api-engineer"


@pytest.mark.parametrize("command", ["agents", "tasks", "runs", "inbox", "artifacts"])
def test_a_project_without_anything_has_empty_lists(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    bare = make_project(tmp_path / "bare", {})
    assert run(["-C", str(bare), "--json", command]) == 0
    assert msgspec.json.decode(capsys.readouterr().out) == []


def test_looking_writes_nothing(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("agents", "tasks", "runs", "inbox", "artifacts", "status", "check"):
        run(["-C", str(project), command])
    capsys.readouterr()
    assert not (tmp_path / "state").exists()


def test_an_agent_is_described_as_scripts_expect(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agents", "--json", "-C", str(project)]) == 0
    (agent,) = msgspec.json.decode(capsys.readouterr().out)
    assert agent["name"] == "api-engineer"
    assert agent["tools"] == ["Read", "Write", "Edit", "Bash", "TodoWrite"]
    assert agent["model"] == "sonnet"
    assert agent["protocol"] == "checklist"
    assert agent["source"] == ".claude/agents/api-engineer.md"


def test_set_moves_a_task_and_undo_takes_it_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / ".claude/tasks/api-engineer-tasks.md"
    before = file.read_bytes()
    assert run(["-C", str(project), "set", "T2", "in_progress"]) == 0
    assert "## In Progress\n- [ ] T2 Greet the moon\n" in file.read_text()
    assert run(["-C", str(project), "undo"]) == 0
    assert file.read_bytes() == before


def test_text_from_files_cannot_reach_the_terminal_as_control(
    tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = make_project(
        tmp_path / "evil", {".claude/tasks/x-tasks.md": "- [ ] hi \x1b]0;owned\x07 \u202eevil\n"}
    )
    assert run(["-C", str(evil), "tasks"]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
    assert "\u202e" not in printed


def test_every_command_has_a_handler() -> None:
    from importlib import import_module

    for spec in COMMANDS.values():
        module, _, function = spec.handler.partition(":")
        assert callable(getattr(import_module(f"agentboard_tui.cli.{module}"), function))


@pytest.mark.parametrize(
    ("words", "directory", "rest"),
    [
        (["shop"], "shop", []),
        (["--no-color", "shop"], "shop", ["--no-color"]),
        (["-C", "shop", "tasks"], None, ["-C", "shop", "tasks"]),
        (["message", "shop", "hello"], None, ["message", "shop", "hello"]),
        ([], None, []),
    ],
)
def test_a_word_that_is_no_command_is_a_directory(
    words: list[str], directory: str | None, rest: list[str]
) -> None:
    assert split_directory(words) == (directory, rest)


def test_a_state_that_cannot_be_made_is_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file in the way\n")
    monkeypatch.setenv("AGENTBOARD_RUNTIME", "rehearsal")
    assert run(["-C", str(project), "dispatch", "api-engineer", "--task", "T1"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "state" in said


def test_a_finished_list_is_nothing_to_do(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTBOARD_RUNTIME", "rehearsal")
    for task in ("T1", "T2"):
        assert run(["-C", str(project), "set", task, "done"]) == 0
    assert run(["-C", str(project), "run", "api-engineer"]) == 0
    assert "nothing to do" in capsys.readouterr().err


def test_agents_are_listed_as_the_configuration_wants_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".agentboard.yaml").write_text("agents:\n  api-engineer: {protocol: brief, model: opus}\n")
    assert run(["-C", str(project), "agents", "--json"]) == 0
    (agent,) = msgspec.json.decode(capsys.readouterr().out)
    assert (agent["protocol"], agent["model"]) == ("brief", "opus")


def test_what_a_person_was_shown_is_read_and_what_waited_too_long_is_marked(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["-C", str(project)]
    here = Project.open(str(project))
    here.make_state()
    store = Store.open(here)
    spec = RunSpec("r1", "api-engineer", "api-engineer", "a.md", "brief", "anthropic", title="Greet")
    told = {"message": "m1", "text": "Done.", "sender": "api-engineer"}
    asked = {"item": "i1", "item_kind": "blocker", "text": "Why?", "what": "ASYNC"}
    store.append(
        [
            NewEvent("r1", "api-engineer", "run_queued", msgspec.to_builtins(spec)),
            NewEvent("", "Team Lead", "message_queued", told),
            NewEvent("r1", "api-engineer", "message_delivered", told),
            NewEvent("r1", "api-engineer", "item_raised", asked),
        ]
    )
    for words, state in ((["--json"], "delivered"), ([], "delivered"), ([], "read")):
        assert run([*where, "messages", *words]) == 0
        assert state in capsys.readouterr().out
    assert run([*where, "inbox"]) == 0
    assert "expired" not in capsys.readouterr().out
    monkeypatch.setattr(blockers, "LASTS", timedelta(0))
    assert run([*where, "inbox"]) == 0
    assert "blocker (expired)" in capsys.readouterr().out
    assert run([*where, "status"]) == 0
    assert "1 needs you  (1 expired)" in capsys.readouterr().out
    store.append([NewEvent("r1", "api-engineer", "item_raised", {**asked, "item": "i2", "what": ""})])
    monkeypatch.setattr("agentboard_tui.cli.glancing.clock", lambda: time.time() + 3_600)
    assert run([*where, "status"]) == 0
    assert "2 need you  (1 expired, 1 raised again)" in capsys.readouterr().out
    store.close()
