"""Check follows names across files, and lists every reader's problems by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentboard_agents.check import problems, problems_of
from agentboard_agents.project import Project
from agentboard_agents.survey import survey
from agentboard_tasks.files import Root
from agentboard_tasks.model import Problem, Severity

AGENT = "---\nname: {0}\ndescription: d\n---\nYou are {0}.\n{1}\n"


@pytest.fixture(autouse=True)
def no_user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def checked(project: Path, files: dict[str, str]) -> list[Problem]:
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    return list(problems(Root(str(project)), survey(Project(str(project), ""))))


def test_a_sound_project_has_no_problems(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        {
            ".claude/agents/worker.md": AGENT.format("worker", "Lead: Team Lead"),
            ".claude/agents/team-lead.md": AGENT.format("team-lead", ""),
            ".claude/tasks/worker-tasks.md": "# Tasks\n- [ ] One\n",
            "shared/x-schema.json": "{}",
        },
    )
    assert found == []


def test_an_empty_project_has_no_problems(tmp_path: Path) -> None:
    assert checked(tmp_path, {}) == []


def test_a_list_of_nobody(tmp_path: Path) -> None:
    found = checked(tmp_path, {".claude/tasks/ghost-tasks.md": "- [ ] One\n- [ ] Two\n"})
    assert [(problem.file, problem.severity) for problem in found] == [
        (".claude/tasks/ghost-tasks.md", "warning")
    ]
    assert "'ghost'" in found[0].message
    assert found[0].hint


def test_a_prd_of_nobody_that_waits_for_nobody(tmp_path: Path) -> None:
    prd = {
        "agent": "ghost",
        "dependencies": ["phantom"],
        "userStories": [{"id": 1, "title": "x", "passes": False}],
    }
    found = checked(tmp_path, {"tasks/a_prd.json": json.dumps(prd)})
    text = "\n".join(problem.message for problem in found)
    assert "'ghost'" in text
    assert "'phantom'" in text


def test_a_prd_belongs_to_the_definition_that_names_it(tmp_path: Path) -> None:
    prd = {"agent": "someone else", "userStories": [{"id": 1, "title": "x", "passes": False}]}
    body = "Load `tasks/a_prd.json`, find the first story with `passes: false`."
    files = {".claude/agents/looper.md": AGENT.format("looper", body), "tasks/a_prd.json": json.dumps(prd)}
    assert checked(tmp_path, files) == []


def test_colleagues_and_files_that_are_missing_are_remarks(tmp_path: Path) -> None:
    body = "Lead: Big Boss\nRead `api/CLAUDE.md` and `.claude/agents-shared/team-protocol.md`."
    found = checked(tmp_path, {".claude/agents/a.md": AGENT.format("a", body)})
    assert {problem.severity for problem in found} == {Severity.INFO}
    text = "\n".join(problem.message for problem in found)
    assert all(part in text for part in ("Big Boss", "api/CLAUDE.md", "team-protocol.md"))


def test_a_configured_agent_that_is_not_defined(tmp_path: Path) -> None:
    found = checked(tmp_path, {".agentboard.yaml": "agents:\n  ghost:\n    model: opus\n"})
    assert [(problem.file, problem.severity) for problem in found] == [(".agentboard.yaml", "warning")]


def test_problems_of_all_readers_come_by_file_and_line(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        {
            ".claude/agents/a.md": "---\nname: a\nModel: opus\ndescription: it says: this\n---\nx\n",
            ".claude/agents/b.md": "no front matter\n",
            "tasks/x_prd.json": '{"userStories": [',
            ".claude/artifacts/x-schema.json": '{"type": "nonsense"}',
            ".agentboard.yaml": "base_url: http://x\n",
        },
    )
    places = [(problem.file, problem.line) for problem in found]
    assert places == sorted(places)
    assert {file for file, _ in places} == {
        ".claude/agents/a.md",
        ".claude/agents/b.md",
        "tasks/x_prd.json",
        ".claude/artifacts/x-schema.json",
        ".agentboard.yaml",
    }
    assert all(problem.message for problem in found)


def test_a_team_file_is_followed(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        {
            ".claude/agents/worker.md": AGENT.format("worker", ""),
            "docs/lists/worker.md": "## To Do\n- [ ] One\n",
            "tasks.md": "# Tasks\n\n## Active Sub-Agents\n- worker: on it\n- ghost\n\n"
            "## Task Lists\n- Worker: `docs/lists/worker.md`\n- Ghost: `docs/lists/ghost.md`\n",
        },
    )
    assert [(problem.file, problem.line) for problem in found] == [("tasks.md", 5), ("tasks.md", 9)]
    here = survey(Project(str(tmp_path), ""))
    assert [(task.title, task.agent) for task in here.workspace.tasks] == [("One", "worker")]


def test_a_branch_that_git_refuses_is_told_before_a_run_starts(tmp_path: Path) -> None:
    files = {
        "prd.json": '{"project": "x",\n  "branchName": "feature/pay ments",\n  "stories": []}',
        "tasks/b_prd.json": '{"branchName": "feature/payments", "userStories": []}',
        "tasks/c_prd.json": '{"branch": "-x", "userStories": []}',
    }
    found = checked(tmp_path, files)
    assert [(problem.file, problem.line, problem.column) for problem in found] == [
        ("prd.json", 2, 17),
        ("tasks/c_prd.json", 1, 12),
    ]
    assert all(
        problem.severity is Severity.ERROR and "no run can start" in problem.message for problem in found
    )
    (same,) = problems_of(str(tmp_path), "prd.json", "prd.json")
    assert same == found[0]


def test_a_finished_task_with_open_parts_is_two_facts(tmp_path: Path) -> None:
    text = "- [x] One\n  - [x] a\n  - [ ] b\n  - [ ] c\n- [x] Two\n  - [-] d\n- [ ] Three\n  - [ ] e\n"
    found = checked(tmp_path, {".claude/tasks/list.md": text})
    message = "the task is done, 'b' (line 3) and 1 more of its subtasks are not"
    assert [(problem.line, problem.message) for problem in found] == [(1, message)]


def test_parts_of_a_finished_task_in_a_section_are_told_of_once(tmp_path: Path) -> None:
    text = "# T\n## To Do\n- [ ] A\n## Completed\n- [x] One\n  - [ ] a\n"
    found = checked(tmp_path, {".claude/tasks/list.md": text})
    assert [problem.message for problem in found] == ["the section says done, the box [ ] says todo"]
