"""Source that git tracks in the artifacts directory is branched; all else there is the team's live copy."""

from __future__ import annotations

from pathlib import Path

from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.session_equipment import Equipment, equip
from agentboard_agents.spec import RunSpec
from tests.support.crew import make_project

AGENT = "---\nname: backend\ndescription: Works\n---\n\nShared artifacts directory: /project/shared/\n"
SPEC = RunSpec("r1", "backend", "backend", ".claude/agents/backend.md", "checklist", "rehearsal")
FILES = {".claude/agents/backend.md": AGENT, "shared/README.md": "what is shared\n"}


def equipped(tmp_path: Path, more: dict[str, str]) -> Equipment:
    """Return what a run has whose work tree is there."""
    project = make_project(tmp_path, {**FILES, **more})
    found = equip(project, Run("r1", "backend", "backend", RunState.WORKING, "", SPEC))
    found.repository.add_worktree(found.worktree, "ab/backend/t", found.repository.base())
    return found


def committed(found: Equipment, *names: str) -> tuple[str, ...]:
    """Return which of these files enter a commit when each is changed in the work tree."""
    for name in names:
        Path(found.worktree, name).write_text("changed\n")
    made = found.repository.commit_worktree(
        found.worktree, "ab/backend/t", "work", exclude=found.shared_paths, author="a"
    )
    return made.files if made else ()


def test_tracked_source_in_the_artifacts_directory_is_committed(tmp_path: Path) -> None:
    found = equipped(tmp_path, {"shared/money.py": "RATE = 1\n"})
    names = ("shared/money.py", "shared/README.md", "shared/new.py", "shared/x-schema.json", "calc.py")
    assert committed(found, *names) == ("calc.py", "shared/money.py")
    assert [name for name in names if found.coordination.holds(name)] == list(names[1:4])


def test_a_directory_with_tracked_source_is_not_given_to_commands_whole(tmp_path: Path) -> None:
    mixed = equipped(tmp_path / "mixed", {"shared/money.py": "RATE = 1\n"})
    assert "shared" not in mixed.coordination.mounted
    plain = equipped(tmp_path / "plain", {})
    assert "shared" in plain.coordination.mounted
    assert committed(plain, "shared/README.md") == ()
