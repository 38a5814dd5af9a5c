"""A project's files become one value; changes are read alone, and broken files keep their last good value."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentboard_tasks.edit import Editor, PatchRefused
from agentboard_tasks.files import Root
from agentboard_tasks.layout import Layout
from agentboard_tasks.model import Severity, State
from agentboard_tasks.workspace import Workspace, changed_files, load, reload, set_task

LIST = """# API Engineer Tasks

## In Progress
- [ ] T1 Write the endpoint

## To Do
- [ ] T2 Add a refund migration

## Completed
- [x] T3 Set up (completed: 2025-01-02)
"""
LAYOUT = Layout(artifacts=("shared",), owners={"tasks/api_prd.json": "looper"})


def prd(passes: bool = False) -> str:
    story = {"id": 1, "title": "Log in", "priority": 1, "acceptanceCriteria": ["works"], "passes": passes}
    return json.dumps({"featureName": "Login", "branchName": "f", "agent": "API", "userStories": [story]})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    files = {
        ".claude/tasks/api-engineer-tasks.md": LIST,
        "tasks/api_prd.json": prd(),
        "tasks/api_progress.txt": "## Task #1: Log in\nCompleted: now\n\nLearnings:\n- a\n",
        "tasks/notes.md": "# Notes\nno boxes here\n",
        "tasks/plan.md": "# Plan\n- [ ] P1 A planned thing\n",
        "specs/one/tasks.md": "- [ ] T001 First\n",
        "specs/two/tasks.md": "- [x] T001 Second\n",
        "shared/api-worker-summary.md": '# Done\n{"completed": true, "files_modified": ["a"]}\n',
        "shared/refund-api-schema.json": '{"type": "object", "properties": {"a": {"type": "string"}}}',
        "shared/reviewer-outcome.md": "APPROVED\n",
        "shared/deep/notes.txt": "hello",
        "shared/.hidden/x.txt": "no",
        ".claude/agents-memory/api-engineer/2025-03-04-cache-keys.md": "note",
        ".claude/agents-shared/team-protocol.md": "be kind",
        "requirements.md": "# Requirements\n## API Requirements\n- fast\n",
        "src/main.py": "print()",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def root(project: Path) -> Root:
    return Root(str(project))


def rewrite(path: Path, text: str) -> None:
    """Replace a file by another inode, so that its stamp differs whatever the clock's grain."""
    new = path.with_name(".new")
    new.write_text(text)
    os.replace(new, path)


def test_everything_is_read(root: Root) -> None:
    found = load(root, LAYOUT)
    assert [listed.file for listed in found.lists] == [
        ".claude/tasks/api-engineer-tasks.md",
        "specs/one/tasks.md",
        "specs/two/tasks.md",
        "tasks/plan.md",
    ]
    assert [(story.feature, story.agent) for story in found.prds] == [("Login", "looper")]
    assert [log.entries[0].title for log in found.progress] == ["Log in"]
    assert [(summary.file, summary.done) for summary in found.summaries] == [
        ("shared/api-worker-summary.md", True)
    ]
    assert [outcome.approved for outcome in found.outcomes] == [True]
    assert {artifact.path: artifact.kind for artifact in found.artifacts} == {
        "shared/api-worker-summary.md": "summary",
        "shared/refund-api-schema.json": "schema",
        "shared/reviewer-outcome.md": "outcome",
        "shared/deep/notes.txt": "text",
    }
    assert [(note.agent, note.date, note.topic) for note in found.notes] == [
        ("api-engineer", "2025-03-04", "cache keys")
    ]
    assert found.protocols == (".claude/agents-shared/team-protocol.md",)
    assert found.requirements is not None
    assert "- fast" in found.requirements
    assert (found.problems, found.stale) == ((), ())


def test_an_empty_project_is_an_empty_workspace(tmp_path: Path) -> None:
    assert load(Root(str(tmp_path)), Layout()) == Workspace()


def test_states_and_owners_of_tasks(root: Root) -> None:
    tasks = {task.title: task for task in load(root, LAYOUT).tasks}
    assert tasks["Write the endpoint"].state is State.IN_PROGRESS
    assert tasks["Write the endpoint"].agent == "api-engineer"
    assert tasks["Log in"].agent == "looper"
    assert tasks["Set up"].state is State.DONE


def test_ids_are_unique_where_stems_are_not(root: Root) -> None:
    tasks = load(root, LAYOUT).tasks
    assert len({task.id for task in tasks}) == len(tasks)
    assert [task.id for task in tasks if task.key == "T001"] == ["tasks:T001", "specs/two/tasks:T001"]


def test_find_by_id_key_and_title(root: Root) -> None:
    found = load(root, LAYOUT)
    first = found.tasks[0]
    assert found.find(first.id) == first
    assert found.find("T2") == next(task for task in found.tasks if task.key == "T2")
    assert found.find("  add a REFUND migration ") == found.find("T2")
    assert found.find("T001") is None
    assert found.find("nothing like it") is None


def test_a_reload_reads_only_what_changed(project: Path, root: Root) -> None:
    before = load(root, LAYOUT)
    rewrite(project / "tasks/api_prd.json", prd(passes=True))
    after = reload(before, root, LAYOUT, ["tasks/api_prd.json", "src/main.py", "tasks/plan.md"])
    assert changed_files(before, after) == {"tasks/api_prd.json"}
    assert after.prds[0].stories[0].state is State.DONE
    assert after.lists[0] is before.lists[0]


def test_nothing_changed_is_the_same_value(root: Root) -> None:
    before = load(root, LAYOUT)
    assert reload(before, root, LAYOUT, ["", "tasks", "tasks/api_prd.json", "nowhere/at.all"]) is before


def test_new_and_deleted_files(project: Path, root: Root) -> None:
    before = load(root, LAYOUT)
    (project / "tasks/api_prd.json").unlink()
    (project / "TODO.md").write_text("- [ ] X1 New\n")
    after = reload(before, root, LAYOUT, ["tasks/api_prd.json", "TODO.md"])
    assert after.prds == ()
    assert changed_files(before, after) == {"tasks/api_prd.json", "TODO.md"}
    assert after == load(root, LAYOUT)


def test_a_directory_that_came_or_went_is_read_whole(project: Path, root: Root) -> None:
    before = load(root, LAYOUT)
    os.rename(project / ".claude/tasks", project / "away")
    gone = reload(before, root, LAYOUT, [".claude/tasks"])
    assert "api-engineer-tasks" not in {task.id.partition(":")[0] for task in gone.tasks}
    os.rename(project / "away", project / ".claude/tasks")
    back = reload(gone, root, LAYOUT, [".claude"])
    assert back == before


def test_a_half_written_file_keeps_its_last_value(project: Path, root: Root) -> None:
    before = load(root, LAYOUT)
    file = project / "tasks/api_prd.json"
    rewrite(file, prd()[:40])
    os.utime(file, (1_000, 1_000))
    torn = reload(before, root, LAYOUT, ["tasks/api_prd.json"])
    assert torn.prds == before.prds
    assert [(stale.file, stale.since) for stale in torn.stale] == [("tasks/api_prd.json", 1_000.0)]
    assert [problem.file for problem in torn.problems] == ["tasks/api_prd.json"]
    rewrite(file, prd()[:50])
    os.utime(file, (2_000, 2_000))
    still = reload(torn, root, LAYOUT, ["tasks/api_prd.json"])
    assert still.stale[0].since == 1_000.0
    rewrite(file, prd(passes=True))
    whole = reload(still, root, LAYOUT, ["tasks/api_prd.json"])
    assert (whole.stale, whole.problems) == ((), ())
    assert whole.prds[0].stories[0].state is State.DONE


def test_broken_from_the_start_is_a_problem_and_nothing_else(project: Path, root: Root) -> None:
    rewrite(project / "tasks/api_prd.json", "{")
    found = load(root, LAYOUT)
    assert (found.prds, found.stale) == ((), ())
    assert [problem.file for problem in found.problems] == ["tasks/api_prd.json"]
    assert len(found.tasks) == len(load(root, LAYOUT).tasks) > 4


def test_links_and_other_things_are_not_read(project: Path, root: Root) -> None:
    (project / "shared/link.md").symlink_to("/etc/passwd")
    os.mkfifo(project / "shared/pipe.md")
    (project / "shared/loop").symlink_to(project / "shared")
    problems = {problem.file for problem in load(root, LAYOUT).problems}
    assert problems == {"shared/link.md", "shared/pipe.md", "shared/loop"}


def test_a_directory_that_is_a_link_is_a_problem_where_the_team_needs_it(project: Path, root: Root) -> None:
    (project / "elsewhere").mkdir()
    for name in (".claude/agent-memory", "docs"):
        (project / name).symlink_to(project / "elsewhere")
    found = {one.file: one.severity for one in load(root, LAYOUT).problems if "link" in one.message}
    assert found == {".claude/agent-memory": Severity.WARNING, "docs": Severity.INFO}


def test_a_task_list_that_is_too_large_is_a_problem(project: Path, root: Root) -> None:
    before = load(root, LAYOUT)
    rewrite(project / "tasks/plan.md", "x" * (4 * 1024 * 1024 + 1))
    after = reload(before, root, LAYOUT, ["tasks/plan.md"])
    assert [stale.file for stale in after.stale] == ["tasks/plan.md"]
    assert [task.key for task in after.tasks] == [task.key for task in before.tasks]


def test_invalid_artifacts_say_where(project: Path, root: Root) -> None:
    (project / "shared/a.json").write_text('{\n  "a": 1,\n}')
    (project / "shared/b-schema.json").write_text('{"type": "text", "properties": []}')
    problems = {(problem.file, problem.line): problem.message for problem in load(root, LAYOUT).problems}
    assert "no valid JSON" in problems["shared/a.json", 3]
    assert "JSON Schema" in problems["shared/b-schema.json", 1]


def test_a_long_progress_log_is_read_from_its_end(project: Path, root: Root) -> None:
    entry = "## Task #{0}: Thing {0}\nCompleted: now\n\nLearnings:\n- something of some length learned\n\n"
    (project / "tasks/api_progress.txt").write_text("".join(entry.format(number) for number in range(6_000)))
    log = load(root, LAYOUT).progress[0]
    assert log.entries[-1].title == "Thing 5999"
    assert 100 < len(log.entries) < 3_000


def test_a_task_is_set_in_its_file(project: Path, root: Root, tmp_path: Path) -> None:
    before = load(root, LAYOUT)
    task = before.find("T1")
    assert task is not None
    editor = Editor(root, Root.create(str(tmp_path / "state")))
    set_task(editor, task, State.DONE, today="2025-05-06")
    text = (project / task.source.file).read_text()
    assert "- [x] T1 Write the endpoint (completed: 2025-05-06)" in text
    after = reload(before, root, LAYOUT, [task.source.file])
    done = after.find(task.id)
    assert done is not None
    assert done.state is State.DONE


def test_a_task_that_is_gone_cannot_be_set(project: Path, root: Root, tmp_path: Path) -> None:
    task = load(root, LAYOUT).find("T1")
    assert task is not None
    rewrite(project / task.source.file, "- [ ] Z9 Another\n")
    editor = Editor(root, Root.create(str(tmp_path / "state")))
    with pytest.raises(PatchRefused):
        set_task(editor, task, State.DONE, today="2025-05-06")


def test_ten_thousand_tasks_are_read_once(project: Path, root: Root) -> None:
    lines = "".join(f"- [ ] B{number} Task number {number}\n" for number in range(10_000))
    (project / "TODO.md").write_text(lines)
    before = load(root, LAYOUT)
    rewrite(project / "tasks/api_prd.json", prd(passes=True))
    after = reload(before, root, LAYOUT, ["tasks/api_prd.json"])
    big = next(listed for listed in before.lists if listed.file == "TODO.md")
    assert any(listed is big for listed in after.lists)
    found = after.find("B9999")
    assert found is not None
    assert found.title == "Task number 9999"


def test_every_file_is_in_a_watched_place(root: Root) -> None:
    layout = Layout(artifacts=("shared",), prds=("work/deep/x_prd.json",))
    trees = tuple(place.removesuffix("**") for place in layout.watched if place.endswith("/**"))
    listed = {place for place in layout.watched if not place.endswith("/**")}
    files = [*load(root, layout).files, *layout.prds]
    assert [
        path for path in files if path.rpartition("/")[0] not in listed and not path.startswith(trees)
    ] == []


def test_a_long_list_is_read_again_only_where_it_changed(tmp_path: Path) -> None:
    place = tmp_path / ".claude/tasks/be-tasks.md"
    place.parent.mkdir(parents=True)
    items = "".join(f"- [ ] T{number:04} step {number}\n" for number in range(1_500))
    place.write_text(f"# T\n\n## In Progress\n\n## To Do\n{items}")
    root, layout = Root(str(tmp_path)), Layout(owners={".claude/tasks/be-tasks.md": "boss"})
    before = load(root, layout)
    place.write_text(f"# T\n\n## In Progress\n\n## To Do\n{items}".replace("[ ] T0700", "[x] T0700"))
    after = reload(before, root, layout, [".claude/tasks/be-tasks.md"])
    kept = [one for one, other in zip(before.tasks, after.tasks, strict=True) if one is other]
    assert len(kept) == 1_499
    assert after.tasks == load(root, layout).tasks
    assert after.tasks[700].contradiction is not None


def test_a_list_belongs_to_the_agent_it_is_named_after_if_defined_else_to_the_one_that_names_it(
    tmp_path: Path,
) -> None:
    for name in ("backend", "api", "nobody"):
        (tmp_path / f"{name}-tasks.md").write_text("- [ ] one\n")
    (tmp_path / "card.md").write_text("---\ntask_id: C\nassignee: ann\n---\n")
    files = ("backend-tasks.md", "api-tasks.md", "nobody-tasks.md", "card.md")
    owners = {"backend-tasks.md": "backend-engineer", "api-tasks.md": "lead", "card.md": "lead"}
    layout = Layout(task_lists=files, owners=owners, stems={"api": "api-worker"})
    found = load(Root(str(tmp_path)), layout)
    assert {task.source.file: task.agent for task in found.tasks} == {
        "api-tasks.md": "api-worker",
        "backend-tasks.md": "backend-engineer",
        "card.md": "ann",
        "nobody-tasks.md": "nobody",
    }
