"""Which path is what to the team, by the well-known places and by name."""

from __future__ import annotations

import pytest

from agentboard_tasks.layout import Kind, Layout


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".claude/tasks/a-tasks.md", Kind.TASKS),
        (".claude/tasks/deep/b.md", Kind.TASKS),
        ("tasks.md", Kind.TASKS),
        ("TODO.md", Kind.TASKS),
        ("fix_plan.md", Kind.TASKS),
        ("specs/001-x/tasks.md", Kind.TASKS),
        ("tasks/x.md", Kind.MAYBE_TASKS),
        ("tasks/backend_prd.json", Kind.PRD),
        ("prd.json", Kind.PRD),
        ("scripts/ralph/prd.json", Kind.PRD),
        (".ralph/prd.json", Kind.PRD),
        ("tasks/backend_progress.txt", Kind.PROGRESS),
        ("progress.md", Kind.PROGRESS),
        (".ralph/progress.txt", Kind.PROGRESS),
        (".claude/agent-memory/x/MEMORY.md", Kind.NOTE),
        (".claude/agents-shared/team-protocol.md", Kind.PROTOCOL),
        ("requirements.md", Kind.REQUIREMENTS),
        ("shared/a.json", None),
        ("src/tasks.md", None),
        ("src/prd.json", None),
        ("requirements.txt", None),
    ],
)
def test_what_a_path_is(path: str, kind: Kind | None) -> None:
    assert Layout().kind(path) is kind


def test_coordination_is_what_the_team_shares() -> None:
    layout = Layout(artifacts=("shared",), prds=("work/x_prd.json",), memory=(".claude/agents-memory/x",))
    shared = layout.coordination(["specs/one/tasks.md"])
    assert shared.directories == (
        ".claude/tasks",
        ".claude/agents-memory",
        ".claude/agent-memory",
        ".claude/agents-shared",
        "shared",
    )
    held = (
        "work/x_prd.json",
        "specs/one/tasks.md",
        "tasks.md",
        "tasks/new_prd.json",
        "shared/a/b.json",
        ".claude/tasks/z.md",
    )
    branched = (
        "src/a.py",
        "shared.py",
        ".claude/agents/a.md",
        "tasks/notes.md",
        "requirements.md",
        "CLAUDE.md",
    )
    assert [path for path in held if not shared.holds(path)] == []
    assert [path for path in branched if shared.holds(path)] == []
