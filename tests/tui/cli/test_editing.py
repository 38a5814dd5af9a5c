"""`set` and `undo` from the command line: every format, every state, every kind of bytes."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from agentboard_tui.cli.entry import run
from tests.support.projects import make_project

SECTIONS = """# Backend

## In Progress
- [ ] T9 busy

## To Do
- [ ] T1 one
- [ ] T2 two
  with detail

## Completed
- [x] T0 old (completed: 2025-01-01)
"""
PRD = """{
  "featureName": "F",
  "userStories": [
    {"id": 1, "title": "Log in", "priority": 1, "passes": false},
    {"id": "US-2", "title": "Log out", "passes": true}
  ]
}
"""
FILES = {
    ".claude/tasks/be-tasks.md": SECTIONS,
    ".claude/tasks/card.md": "---\ntask_id: C1\nstatus: pending\npriority: high\n---\n# Card\n",
    "tasks/be_prd.json": PRD,
    "tasks/legend.md": "Legend: [~] = in progress, [!] = blocked\n\n- [ ] paint the wall\n",
    "fix_plan.md": "# Plan\n\n## High\n- [ ] mend the gate\n",
    "TODO.md": "- [ ] sow\n- [x] reap\n- [ ] same\n- [ ] same\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    root = make_project(tmp_path / "shop", FILES)
    monkeypatch.chdir(root)
    return root


LIST, STORIES, CARD = ".claude/tasks/be-tasks.md", "tasks/be_prd.json", ".claude/tasks/card.md"
DETAILED = "- [ ] T2 two\n  with detail\n"
EDITS = [
    ("T1", "in_progress", LIST, "- [ ] T1 one\n", "", "## In Progress\n", "- [ ] T1 one\n"),
    ("T2", "in_progress", LIST, DETAILED, "", "## In Progress\n", DETAILED),
    ("T0", "todo", LIST, "- [x] T0 old (completed: 2025-01-01)\n", "", "## To Do\n", "- [ ] T0 old\n"),
    ("be_prd:1", "done", STORIES, '1, "passes": false', '1, "passes": true', "", ""),
    ("US-2", "todo", STORIES, '"passes": true', '"passes": false', "", ""),
    ("C1", "done", CARD, "status: pending", "status: completed", "", ""),
    ("C1", "blocked", CARD, "status: pending", "status: blocked", "", ""),
    ("paint the wall", "in_progress", "tasks/legend.md", "- [ ] paint", "- [~] paint", "", ""),
    ("paint the wall", "blocked", "tasks/legend.md", "- [ ] paint", "- [!] paint", "", ""),
    ("mend the gate", "done", "fix_plan.md", "- [ ] mend", "- [x] mend", "", ""),
    ("sow", "done", "TODO.md", "- [ ] sow", "- [x] sow", "", ""),
    ("sow", "skipped", "TODO.md", "- [ ] sow", "- [-] sow", "", ""),
    ("sow", "cancelled", "TODO.md", "- [ ] sow", "- [-] sow", "", ""),
    ("reap", "todo", "TODO.md", "- [x] reap", "- [ ] reap", "", ""),
]


@pytest.mark.parametrize("bytes_as", ["plain", "crlf", "bom", "no newline at the end", "not utf-8"])
@pytest.mark.parametrize(("task", "state", "file", "old", "new", "under", "put"), EDITS)
def test_set_changes_its_line_alone_and_undo_takes_it_back(
    project: Path, bytes_as: str, task: str, state: str, file: str, old: str, new: str, under: str, put: str
) -> None:
    place = project / file
    before = written(FILES[file], bytes_as, file)
    place.write_bytes(before)
    assert run(["set", task, state]) == 0
    wanted = FILES[file].replace(old, new, 1).replace(under, under + put, 1)
    assert place.read_bytes() == written(wanted, bytes_as, file)
    assert run(["undo"]) == 0
    assert place.read_bytes() == before


def written(text: str, bytes_as: str, file: str) -> bytes:
    """Return a text as bytes of this kind."""
    data = text.encode()
    match bytes_as:
        case "crlf":
            return data.replace(b"\n", b"\r\n")
        case "bom":
            return b"\xef\xbb\xbf" + data
        case "no newline at the end":
            return data.rstrip(b"\n")
        case "not utf-8" if not file.endswith(".json"):
            return data.rstrip(b"\n") + b"\n\nprose \xff\xfe\n"
        case _:
            return data


def test_blocked_has_its_reason_and_done_its_date(project: Path) -> None:
    place = project / ".claude/tasks/be-tasks.md"
    assert run(["set", "T1", "blocked", "--reason", "no key\nyet"]) == 0
    assert "- [ ] T1 one\n  Blocked: no key yet\n" in place.read_text()
    assert run(["set", "T1", "done"]) == 0
    assert "## Completed\n- [x] T1 one (completed: 20" in place.read_text()
    assert "Blocked" not in place.read_text()
    assert run(["undo"]) == run(["undo"]) == 0
    assert place.read_text() == SECTIONS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["be_prd:1", "blocked"], "tasks/be_prd.json:4: the file has no way to say that a task is blocked"),
        (["US-2", "skipped"], "no way to say that a task is skipped"),
        (["same", "done"], "2 tasks are called 'same'"),
        (["nothing like it", "done"], "no task 'nothing like it' here"),
    ],
)
def test_what_cannot_be_set_is_one_line_and_no_change(
    project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", *words]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert {name: (project / name).read_text() for name in FILES} == FILES


def test_a_task_that_is_so_already_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["set", "reap", "done", "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out)["changed"] is False


def test_twins_are_told_apart_by_their_ids(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tasks", "--json"]) == 0
    tasks = msgspec.json.decode(capsys.readouterr().out)
    twins = [task["id"] for task in tasks if task["title"] == "same"]
    assert run(["set", twins[1], "done"]) == 0
    assert (project / "TODO.md").read_text() == "- [ ] sow\n- [x] reap\n- [ ] same\n- [x] same\n"


def test_nothing_to_undo_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["undo"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_broken_file_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tasks/be_prd.json").write_text('{"userStories": [')
    assert run(["set", "be_prd:1", "done"]) == 1
    (project / "TODO.md").unlink()
    assert run(["set", "sow", "done"]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def states(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert run(["tasks", "--json"]) == 0
    return {task["title"]: task["state"] for task in msgspec.json.decode(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("task", "title", "file"), [("sow", "sow", "TODO.md"), ("be_prd:1", "Log in", STORIES)]
)
def test_in_progress_stays_in_the_store_where_the_file_cannot_say_it(
    project: Path, task: str, title: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", task, "in_progress"]) == 0
    assert (project / file).read_text() == FILES[file]
    assert states(capsys)[title] == "in_progress"
    assert run(["undo"]) == 0
    assert states(capsys)[title] == "todo"
    assert (project / file).read_text() == FILES[file]


def test_the_file_has_the_last_word_on_what_the_store_kept(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", "sow", "in_progress"]) == 0
    (project / "TODO.md").write_text(FILES["TODO.md"].replace("- [ ] sow", "- [x] sow"))
    assert states(capsys)["sow"] == "done"
    assert run(["set", "sow", "todo"]) == 0
    assert states(capsys)["sow"] == "todo"


def test_a_done_task_that_is_begun_again_is_open_in_its_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", "reap", "in_progress"]) == 0
    assert "- [ ] reap" in (project / "TODO.md").read_text()
    assert states(capsys)["reap"] == "in_progress"
    assert run(["undo"]) == 0
    assert (project / "TODO.md").read_text() == FILES["TODO.md"]
    assert states(capsys)["reap"] == "done"


def test_a_reason_that_a_card_has_no_place_for_is_said(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", "C1", "blocked", "--reason", "the key is lost"]) == 0
    assert capsys.readouterr().err == f"the reason is not kept: {CARD} has no place for one\n"
    assert run(["set", "T1", "blocked", "--reason", "the key is lost"]) == 0
    assert capsys.readouterr().err == ""


def test_a_list_that_cannot_be_read_is_named(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "prd.json").write_text('{"userStories": [')
    assert run(["set", "S1", "done"]) == 1
    assert "no task 'S1' here" in (said := capfd.readouterr().err)
    assert "prd.json cannot be read" in said
    assert run(["tasks", "--json"]) == 0
    assert capfd.readouterr().err.startswith("prd.json cannot be read")


def test_a_list_that_is_half_written_is_waited_for(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = (project / STORIES).read_text()
    (project / STORIES).write_text(whole[:40])

    def finish(_seconds: float) -> None:
        (project / STORIES).write_text(whole)

    monkeypatch.setattr(time, "sleep", finish)
    assert run(["set", "be_prd:1", "done"]) == 0
    assert (project / STORIES).read_text() == whole.replace('1, "passes": false', '1, "passes": true')
    assert capfd.readouterr().err == ""
    (project / STORIES).write_text(whole[:40])
    assert run(["tasks", "--json"]) == 0
    assert capfd.readouterr().err == ""
    (project / STORIES).write_text(whole[:40])
    assert run(["check", STORIES]) == 0


def test_a_reason_that_is_not_kept_is_said(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "prd.json").write_text('{"stories": [{"id": "S1", "title": "a", "status": "todo"}]}')
    for task, state in (("S1", "blocked"), ("T1", "done"), ("C1", "blocked")):
        assert run(["set", task, state, "--reason", "because"]) == 0
        assert capfd.readouterr().err.startswith("the reason is not kept")
    assert run(["set", "T2", "blocked", "--reason", "because"]) == 0
    assert capfd.readouterr().err == ""


def test_what_is_part_of_something_done_is_not_said_to_be_begun(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "## To Do\n- [ ] T5 more\n\n## Completed\n- [x] T6 whole\n  - [x] T7 part\n"
    (project / LIST).write_text(text)
    assert run(["set", "T7", "in_progress"]) == 1
    assert "no way to say that a task is in progress" in capfd.readouterr().err
    assert (project / LIST).read_text() == text
    assert run(["set", "T7", "todo"]) == 1
    said = "no way to say that a task is todo within 'Completed'; set the task that it is part of back first"
    assert said in capfd.readouterr().err
    assert (project / LIST).read_text() == text
