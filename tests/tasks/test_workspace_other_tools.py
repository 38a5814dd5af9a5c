"""Tasks that other tools keep in the project: shown among ours, and never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_tasks.edit import Editor, PatchRefused
from agentboard_tasks.files import Root
from agentboard_tasks.layout import Layout
from agentboard_tasks.model import State
from agentboard_tasks.workspace import load, reload
from agentboard_tasks.workspace_edit import set_task

OTHER_TOOLS = {
    ".taskmaster/tasks/tasks.json": '{"master": {"tasks": [{"id": 3, "title": "Draw", "status": "done"}]}}',
    ".beads/issues.jsonl": '{"id": "bd-1", "title": "Fix", "status": "open"}\n{"id": "bd-2", "ti',
}


def test_tasks_of_other_tools_are_shown_and_never_written(tmp_path: Path) -> None:
    for name, text in OTHER_TOOLS.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    root = Root(str(tmp_path))
    found = load(root, Layout())
    assert [(task.title, task.state, task.read_only) for task in found.tasks] == [
        ("Fix", State.TODO, True),
        ("Draw", State.DONE, True),
    ]
    assert [problem.line for problem in found.problems] == [2]
    editor = Editor(root, Root.create(str(tmp_path / "state")))
    for task in found.tasks:
        with pytest.raises(PatchRefused, match=f"kept by {task.format}; agentboard only reads it"):
            set_task(editor, task, State.BLOCKED, today="2026-01-02")
    assert {name: (tmp_path / name).read_text() for name in OTHER_TOOLS} == OTHER_TOOLS


def test_a_half_written_store_of_another_tool_keeps_its_last_good_tasks(tmp_path: Path) -> None:
    place = tmp_path / ".taskmaster/tasks/tasks.json"
    place.parent.mkdir(parents=True)
    place.write_text(OTHER_TOOLS[".taskmaster/tasks/tasks.json"])
    root = Root(str(tmp_path))
    before = load(root, Layout())
    place.write_text('{"master": {"tas')
    after = reload(before, root, Layout(), [".taskmaster/tasks/tasks.json"])
    assert [task.title for task in after.tasks] == ["Draw"]
    assert [kept.file for kept in after.stale] == [".taskmaster/tasks/tasks.json"]


def test_the_former_place_of_task_master_counts_if_it_holds_such_a_store(tmp_path: Path) -> None:
    place = tmp_path / "tasks/tasks.json"
    place.parent.mkdir()
    root = Root(str(tmp_path))
    for other in ('{"version": "2", "tasks": [{"label": "build"}]}', '{"tasks": []}', "[1, 2]", "{oh"):
        place.write_text(other)
        assert (load(root, Layout()).tasks, load(root, Layout()).problems) == ((), ())
    place.write_text(
        '{"tasks": [{"id": 1, "title": "Draw", "status": "pending", "subtasks": []}], "meta": {}}'
    )
    before = load(root, Layout())
    assert [(task.id, task.read_only) for task in before.tasks] == [("tasks:1", True)]
    place.write_text('{"tasks": [{"id"')
    after = reload(before, root, Layout(), ["tasks/tasks.json"])
    assert [task.title for task in after.tasks] == ["Draw"]


def test_ids_are_never_shared_and_other_tools_leave_the_short_ones(tmp_path: Path) -> None:
    files = {
        ".taskmaster/tasks/tasks.json": '{"tasks": [{"id": 1, "title": "theirs"}]}',
        "specs/a/tasks.md": "- [ ] T1 one\n",
        "tasks.md": "- [ ] 1. ours\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = load(Root(str(tmp_path)), Layout()).tasks
    assert [task.id for task in found] == [".taskmaster/tasks/tasks:1", "tasks:T1", "tasks.md:1"]
