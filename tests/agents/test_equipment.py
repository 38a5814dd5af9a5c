"""What a run works with: a box in which the project's own tools work and the team's live files are live."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from agentboard_agents.gates import check, detect
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_agents.sandbox import choose
from agentboard_agents.session_equipment import Equipment, equip
from agentboard_agents.spec import RunSpec
from tests.support.crew import git, make_project

AGENT = "---\nname: backend\ndescription: Works\n---\n\nYour list is `.claude/tasks/backend-tasks.md`.\n"
TEST = "import calc\nimport pytest\n\n\ndef test_add() -> None:\n    assert calc.add(2, 2) == 4\n"
SPEC = RunSpec("r1", "backend", "backend", ".claude/agents/backend.md", "checklist", "rehearsal")
FILES = {".claude/agents/backend.md": AGENT, ".gitignore": ".venv\n"}
bubblewrap = pytest.mark.skipif(choose().name != "bubblewrap", reason="needs a sandbox that mounts")


def equipped(project: Project) -> Equipment:
    run = Run("r1", "backend", "backend", RunState.WORKING, "", SPEC)
    found = equip(project, run)
    found.repository.add_worktree(found.worktree, "ab/backend/t", found.repository.base())
    return found


def with_pytest(root: str) -> None:
    """Give a checkout a virtual environment; pytest is nowhere else that its Python looks."""
    made = Path(root) / ".venv"
    packages = made / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    installed = Path(pytest.__file__).parent.parent
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        shutil.copytree(installed / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(installed / "py.py", packages)
    base = Path(sys.executable).resolve()
    (made / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    (made / "bin").mkdir()
    (made / "bin/python").symlink_to(base)
    (made / "bin/only-here").write_text("#!/bin/sh\necho from the environment\n")
    (made / "bin/only-here").chmod(0o755)


@bubblewrap
async def test_a_project_whose_pytest_is_in_its_own_environment_finds_it_in_gates_and_commands(
    tmp_path: Path,
) -> None:
    project = make_project(tmp_path, {**FILES, "test_calc.py": TEST, "pytest.ini": "[pytest]\n"})
    with_pytest(project.root)
    found = equipped(project)
    box = found.box()
    gates = detect(found.worktree, project=project.root)
    cache = str(tmp_path / "cache")
    base = found.repository.base()
    results = await check(found.repository, found.worktree, base, box, found.sandbox, gates, cache)
    assert [(result.name, result.state, result.ran) for result in results] == [("pytest", "passed", 1)]
    for command in ("only-here", "python -c 'import pytest, sys; print(sys.prefix)'"):
        done = await found.sandbox.run(box, ["bash", "-c", command], cwd=found.worktree)
        assert done.exit_code == 0, done.output
    assert done.output.strip() == os.path.join(found.worktree, ".venv")


@bubblewrap
async def test_what_a_command_writes_into_a_team_directory_that_was_missing_is_live(tmp_path: Path) -> None:
    project = make_project(tmp_path, FILES)
    found = equipped(project)
    words = "mkdir .claude/agents-memory/backend && echo learned > .claude/agents-memory/backend/note.md"
    done = await found.sandbox.run(found.box(), ["bash", "-c", words], cwd=found.worktree)
    assert done.exit_code == 0, done.output
    assert (Path(project.root) / ".claude/agents-memory/backend/note.md").read_text() == "learned\n"


def test_a_team_directory_that_a_link_leads_out_of_the_project_is_not_bound(tmp_path: Path) -> None:
    project = make_project(tmp_path, FILES)
    (tmp_path / "elsewhere" / "artifacts").mkdir(parents=True)
    os.symlink(tmp_path / "elsewhere", Path(project.root) / ".agentboard")
    shown = [inside for _, inside in equipped(project).box().binds]
    assert ".claude/tasks" in shown
    assert ".agentboard/artifacts" not in shown


@bubblewrap
async def test_a_checkout_that_is_itself_a_work_tree_has_a_box_in_which_git_reads(tmp_path: Path) -> None:
    first = make_project(tmp_path, FILES)
    linked = tmp_path / "linked"
    git(first.root, "worktree", "add", "-q", str(linked))
    found = equipped(Project(str(linked), str(tmp_path / "state2")))
    box = found.box()
    assert box.git_dir == os.path.join(first.root, ".git")
    done = await found.sandbox.run(box, ["git", "log", "--oneline"], cwd=found.worktree)
    assert (done.exit_code, done.output.split()[1:]) == (0, ["start"])
    touched = await found.sandbox.run(box, ["touch", f"{box.git_dir}/x"], cwd=found.worktree)
    assert touched.exit_code != 0


def test_a_submodule_is_served_from_the_git_directory_of_its_own(tmp_path: Path) -> None:
    inner = make_project(tmp_path / "inner", FILES)
    outer = make_project(tmp_path / "outer", FILES)
    git(outer.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.root, "part")
    part = os.path.join(outer.root, "part")
    box = equipped(Project(part, str(tmp_path / "state3"))).box()
    assert box.git_dir == os.path.join(outer.root, ".git/modules/part")


def test_only_the_users_own_configuration_grants_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    asking = "agents:\n  backend:\n    network: true\n"
    project = make_project(tmp_path, {**FILES, ".agentboard.yaml": asking})
    found = equipped(project)
    assert not found.box().network
    assert [problem.line for problem in found.survey.config.problems] == [3]
    own = tmp_path / "config" / "agentboard" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(asking)
    assert equipped_again(project).box().network


def equipped_again(project: Project) -> Equipment:
    return equip(project, Run("r1", "backend", "backend", RunState.WORKING, "", SPEC))
