"""`check`: every problem says where it is, why it matters and what to do; paths mean what they look like."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from agentboard_tasks.model import Problem
from agentboard_tui.cli.entry import run
from tests.support.projects import make_project

BOX, STORY = "- [ ] T1 a\n- [ ] T1 b\n", '{"id": 1, "title": "a", "passes": false}'
RUBBISH = {
    ".claude/agents/invalid.md": "---\nname: invalid\ndescription: a: b\n---\n",
    ".claude/agents/anchor.md": "---\nname: &a anchor\ndescription: b\n---\n",
    ".claude/agents/open.md": "---\nname: open\ndescription: b\n",
    ".claude/agents/late.md": "\n---\nName: late\ndescription: b\nname: late\n---\n",
    ".claude/agents/bare.md": "name: bare\ndescription: b\n\nYou are bare.\n",
    ".claude/agents/json.md": '---json\n{"name": "json", }\n---\n',
    ".claude/agents/list.md": "---json\n[1]\n---\n",
    ".claude/agents/prose.md": "You are prose. Read `docs/none/CLAUDE.md`.\n\nLead: Nobody Known\n",
    ".claude/agents/table.md": "| name | description |\n|---|---|\n| table | b |\n",
    ".claude/agents/twice.md": "---\nname: late\ndescription: b\nmodel: the best one\n---\n",
    ".claude/tasks/ghost-tasks.md": f"# T\n## To Do\n{BOX}- [x] c\n## Completed\n- [ ] d\n```\n",
    "tasks/a_prd.json": '{"userStories": [{"id": 1, "passes": 2}, {"id": 1, "dependsOn": [7, 1]}]}',
    "tasks/b_prd.json": '{"userStories": [',
    "tasks/c_prd.json": '{"name": 1}',
    "tasks/d_prd.json": f'{{"agent": "nobody", "dependencies": ["who"], "userStories": [{STORY}]}} x',
    "tasks/e_prd.json": f'{{"agent": "nobody", "dependencies": ["who"], "userStories": [{STORY}]}}',
    "prd.json": '[{"id": 1, "passes": false, "passes": true, "dependsOn": [2]}, {"id": 2, "dependsOn": [1]}]',
    "tasks.md": "## Active Sub-Agents\n- gone\n## Task Lists\n- Gone: docs/gone.md\n",
    ".beads/issues.jsonl": '{"id": "b-1", "title": "t"}\n{"id"\n',
    ".taskmaster/tasks/tasks.json": "{}",
    ".claude/artifacts/a-summary.md": "nothing",
    ".claude/artifacts/b-summary.md": '{"completed": true, "blockers": nul}',
    ".claude/artifacts/a-outcome.md": "fine",
    ".claude/artifacts/a.json": "{",
    ".claude/artifacts/a-schema.json": '{"type": "strin"}',
    ".claude/artifacts/openapi.yaml": "openapi: 3.0.0\n",
    ".claude/artifacts/b-openapi.yaml": "a: [\n",
    ".claude/artifacts/c-openapi.yaml": "a: &b c\n",
    ".claude/artifacts/d-openapi.json": "{",
    ".agentboard.yaml": "nonsense: 1\napi_key: x\ngates: 3\nlimits:\n  turns: many\nlimits: {}\n",
    ".claude/settings.json": '{"permissions": {"deny": "Bash(rm *)", "ask": ["("], "defaultMode": "odd"}}',
    ".claude/settings.local.json": '{"permissions": ',
    ".mcp.json": "{",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


def problems(capsys: pytest.CaptureFixture[str], *words: str) -> list[Problem]:
    capsys.readouterr()
    run(["check", "--json", *words])
    return msgspec.json.decode(capsys.readouterr().out, type=list[Problem])


def test_every_problem_says_where_it_is_and_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(home / "shop", RUBBISH)
    os.mkfifo(root / ".claude/artifacts/pipe.md")
    (root / ".claude/agents/link.md").symlink_to("prose.md")
    monkeypatch.chdir(root)
    assert run(["check"]) == 1
    found = problems(capsys)
    assert {problem.file for problem in found} >= RUBBISH.keys()
    for problem in found:
        lines = RUBBISH.get(problem.file, "").split("\n")
        assert 1 <= problem.line <= len(lines), problem
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem
        assert problem.hint, problem
        assert len(problem.message) > 20, problem


def test_a_path_is_meant_from_the_project_that_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(home / "shop", RUBBISH)
    monkeypatch.chdir(home)
    found = problems(capsys, "-C", str(root), "tasks/b_prd.json")
    assert [problem.file for problem in found] == ["tasks/b_prd.json"]
    found = problems(capsys, "-C", str(root), str(root / ".mcp.json"), ".claude/tasks")
    assert {problem.file for problem in found} == {".mcp.json", ".claude/tasks/ghost-tasks.md"}
    assert run(["check", "-C", str(root), "tasks/none.json"]) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("my-agent.md", "---\nname: x\ndescription: a: b\n---\n", "not valid YAML"),
        ("plan.md", "## To Do\n- [x] a\n## Done\n", "the section says todo"),
        ("stories.json", '{"stories": [{"id": 1}]}', "has no `passes`"),
        ("half.json", '{"a": ', "not valid JSON"),
        ("order-schema.json", '{"type": "strin"}', "no valid JSON Schema"),
    ],
)
def test_a_file_that_is_named_is_read_as_what_it_looks_like(
    home: Path, name: str, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(home / "shop", {f"docs/{name}": text, "README.md": "x"})
    (problem,) = problems(capsys, "-C", str(root), f"docs/{name}")
    assert said in problem.message
    assert problem.file == f"docs/{name}"


def test_remarks_are_no_failure_and_are_counted_apart(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = "---\nname: a\ndescription: b\nmodel: the best one\n---\nYou are a.\n"
    root = make_project(home / "shop", {".claude/agents/a.md": agent})
    assert run(["-C", str(root), "check"]) == 0
    assert capsys.readouterr().err == "1 remark\n"
    (root / ".claude/agents/b.md").write_text("---\nname: b\ndescription: a: b\n---\n")
    assert run(["-C", str(root), "check"]) == 1
    assert capsys.readouterr().err == "1 problem, 1 remark\n"


def test_what_a_body_names_is_found_where_it_names_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "You are a.\n\nRead `docs/CLAUDE.md` first.\n\n- Lead: Somebody Else\n"
    root = make_project(home / "shop", {".claude/agents/a.md": f"---\nname: a\ndescription: b\n---\n{body}"})
    found = problems(capsys, "-C", str(root))
    assert [(problem.line, problem.column) for problem in found] == [(7, 7), (9, 9)]


def test_links_to_directories_are_said_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_project(home / "shop", {".claude/agents/.keep": "", ".claude/tasks/.keep": ""})
    (root / ".claude/agents/more").symlink_to(home)
    (root / ".claude/tasks/more").symlink_to(home)
    found = problems(capsys, "-C", str(root))
    assert [problem.file for problem in found] == [".claude/agents/more", ".claude/tasks/more"]


def test_a_directory_in_none_of_the_usual_places_is_checked_file_by_file(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "one.md": "---\nname: one\ndescription: when: asked\n---\nYou work.\n",
        "two.md": "---\nname: two\ndescription: fine\n---\nYou work.\n",
        "three.json": '{"stories": [}',
        ".four.json": "{",
    }
    root = make_project(home / "shop", {f"collection/web/{name}": text for name, text in files.items()})
    found = problems(capsys, "-C", str(root), "collection")
    assert [(problem.file, problem.line) for problem in found] == [
        ("collection/web/one.md", 3),
        ("collection/web/three.json", 1),
    ]
    assert run(["-C", str(root), "check", "."]) == 0
