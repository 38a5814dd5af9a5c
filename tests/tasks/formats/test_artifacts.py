"""Summaries, outcomes, requirements, memory notes and the team file."""

from __future__ import annotations

import pytest

from agentboard_tasks.formats import memory, requirements, summary, teamfile
from agentboard_tasks.model import Claim

BLOCK = (
    '{"completed": ["api"], "blockers": null, "next_recommended_action": "go", "files_modified": ["a.py"]}'
)


@pytest.mark.parametrize("form", ["```json\n{}\n```\n", "```\n{}\n```", "{}", "text {} text"])
def test_a_summary_in_any_wrapping(form: str) -> None:
    found = summary.parse(f"# Done\n\n{form.replace('{}', BLOCK)}".encode(), "shared/api-worker-summary.md")
    assert (found.agent, found.completed, found.next_action) == ("api-worker", "api", "go")
    assert (found.blockers, found.files_modified, found.problems) == ((), ("a.py",), ())
    assert Claim("file modified", "a.py") in summary.claims(found)


def test_the_last_object_with_two_keys_counts() -> None:
    text = (
        f'{BLOCK}\n{{"completed": true, "files_modified": [{{"path": "b.py"}}], "x": 1}}\n{{"completed": 1}}'
    )
    found = summary.parse(text.encode(), "a-summary.md")
    assert (found.done, found.files_modified) == (True, ("b.py",))


@pytest.mark.parametrize(
    ("completed", "done"),
    [("true", True), ('"Done"', True), ('"partial"', False), ("false", False), ('["a"]', None)],
)
def test_completed_in_its_types(completed: str, done: bool | None) -> None:
    text = f'{{"completed": {completed}, "blockers": "none", "files_modified": 3}}'
    found = summary.parse(text.encode(), "a-summary.md")
    assert (found.done, found.blockers, found.files_modified) == (done, (), ())


def test_an_invalid_block_says_where() -> None:
    (problem,) = summary.parse(b'# S\n{"completed": true,\n "blockers": oops}', "a-summary.md").problems
    assert (problem.line, problem.column) == (3, 14)


def test_a_template_does_not_hide_a_later_broken_block() -> None:
    found = summary.parse(f'{BLOCK}\n{{"completed": true, blockers: 1}}'.encode(), "a-summary.md")
    assert found.completed == "api"
    assert found.problems[0].line == 2


def test_an_outcome_takes_the_first_verdict() -> None:
    found = summary.parse_outcome(
        b"REJECTED, was APPROVED\n- **High**: leaks\n1. [minor] typo\n", "r-outcome.md"
    )
    assert (found.agent, found.approved) == ("r", False)
    assert [(one.severity, one.text, one.line) for one in found.findings] == [
        ("high", "leaks", 2),
        ("minor", "typo", 3),
    ]
    assert summary.parse_outcome(b"fine", "r-outcome.md").approved is None


def test_a_requirements_section_at_any_level() -> None:
    text = "# R\n## F\n### Backend Requirements\na\n```\n### not this\n```\n#### more\nb\n### Next\nc\n"
    found = requirements.section(text, ["Backend Requirements"])
    assert found == "### Backend Requirements\na\n```\n### not this\n```\n#### more\nb"
    assert requirements.section(text, ["backend", "requirement"]) == found
    assert requirements.section(text, ["Data Requirements"]) is None
    underlined = "Backend Requirements\n---\nx\n\n- a\n---\n\nOther\n---\ny\n"
    assert requirements.section(underlined, ["Backend"]) == "Backend Requirements\n---\nx\n\n- a\n---"


def test_memory_notes() -> None:
    assert memory.note_name("2026-11-20", "Why we'd cache / é") == "2026-11-20-why-we-d-cache-e.md"
    assert memory.note_name("2026-11-20", "../..") == "2026-11-20-note.md"
    found = memory.note(b"x", ".claude/agents-memory/a/2026-11-20-auth-flow.md", "a")
    assert (found.date, found.topic) == ("2026-11-20", "auth flow")
    assert memory.note(b"# Facts\n", "MEMORY.md", "a").topic == "Facts"


def test_the_team_file() -> None:
    text = """# Tasks
## Active Sub-Agents
- **Backend Engineer**: APIs
## Task Lists
- Backend: `.claude/tasks/backend-engineer-tasks.md`
- [Web](.claude/tasks/web-tasks.md)
## Coordination Points
- Backend ↔ Frontend: the contract
"""
    team = teamfile.parse(text.encode(), "tasks.md")
    assert [(one.name, one.text) for one in team.agents] == [("Backend Engineer", "APIs")]
    assert [one.path for one in team.lists] == [
        ".claude/tasks/backend-engineer-tasks.md",
        ".claude/tasks/web-tasks.md",
    ]
    assert (team.points[0].sides, team.points[0].text) == (("Backend", "Frontend"), "the contract")


@pytest.mark.parametrize(
    ("files", "names", "count"),
    [
        ('"a.py, b.py"', ("a.py", "b.py"), None),
        ('{"created": ["a.py"], "modified": [{"file": "b.py"}]}', ("a.py", "b.py"), None),
        ('{"a.py": "new"}', ("a.py",), None),
        ('[{"name": "a.py", "lines": 3}]', ("a.py",), None),
        ('"None"', (), None),
        ('["n/a"]', (), None),
        ("3", (), 3),
        ("true", (), None),
    ],
)
def test_a_summary_names_its_files_in_many_ways(
    files: str, names: tuple[str, ...], count: int | None
) -> None:
    found = summary.parse(f'{{"completed": true, "files_modified": {files}}}'.encode(), "a-summary.md")
    assert (found.files_modified, found.files_count) == (names, count)


@pytest.mark.parametrize(
    ("files", "acts"),
    [
        ('[{"path": "a.py", "action": "Delete"}, {"path": "b.py"}]', {"a.py": "deleted"}),
        ('{"created": ["a.py"], "removed": [{"file": "b.py"}]}', {"a.py": "created", "b.py": "deleted"}),
        ('{"a.py": "new", "b.py": 3}', {"a.py": "created"}),
        ('["a.py (created)", "b.py (see below)"]', {"a.py (created)": "created"}),
        ('"a.py, b.py (deleted)"', {"b.py (deleted)": "deleted"}),
        ("3", {}),
    ],
)
def test_a_summary_may_say_what_was_done_with_a_file(files: str, acts: dict[str, str]) -> None:
    found = summary.parse(f'{{"completed": true, "files_modified": {files}}}'.encode(), "a-summary.md")
    assert found.acts == acts


@pytest.mark.parametrize(
    ("blockers", "expected"),
    [
        ('"No blockers."', ()),
        ('"none at this time"', ()),
        ('[{"issue": "no database", "severity": "high"}]', ("no database",)),
        ('[{"level": 3}]', ('{"level": 3}',)),
        ('["none: but the schema waits"]', ("none: but the schema waits",)),
    ],
)
def test_no_blocker_of_a_summary_is_lost_and_none_is_made_up(
    blockers: str, expected: tuple[str, ...]
) -> None:
    found = summary.parse(f'{{"completed": true, "blockers": {blockers}}}'.encode(), "a-summary.md")
    assert found.blockers == expected


@pytest.mark.parametrize(
    ("text", "approved"),
    [
        ("APPROVED\n", True),
        ("It is NOT **APPROVED**.\n", False),
        ("It cannot be APPROVED yet\n", False),
        ("Verdict (APPROVED / REJECTED): REJECTED\n", False),
        ("APPROVED or REJECTED: **APPROVED**\n", True),
        ("# Review\n\n**Outcome:** approved\n", True),
        ("- Status: Rejected, see below\n", False),
        ("An approved design, rejected twice.\n", None),
        ("APPROVED / REJECTED\n", None),
    ],
)
def test_the_verdict_of_an_outcome(text: str, approved: bool | None) -> None:
    assert summary.parse_outcome(text.encode(), "r-outcome.md").approved is approved


def test_the_team_file_with_file_names_in_parentheses_and_arrows_one_way() -> None:
    text = """## Active Sub-Agents
- **Frontend Engineer** (frontend-engineer) - screens
- qa (tests): all of it
## Coordination Points
- Backend → Ops: the image
- **API -> Web**: the contract
- Read src -> lib first, then: go on, slowly
"""
    team = teamfile.parse(text.encode(), "tasks.md")
    assert [one.name for one in team.agents] == ["Frontend Engineer", "qa"]
    assert [(one.sides, one.text) for one in team.points[:2]] == [
        (("Backend", "Ops"), "the image"),
        (("API", "Web"), "the contract"),
    ]
    assert team.points[2].sides == ()
