"""What is installed in the checkout works in the worktree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.dependencies import box_for, find
from agentboard_agents.sandbox.landlock import variables_for

from .conftest import Place, bash


def _venv(place: Place, *, editable: str) -> Path:
    """Make a virtual environment with one package, and the checkout's sources to be edited."""
    venv = place.repository / ".venv"
    command = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(command, check=True, timeout=60)
    packages = next((venv / "lib").glob("*/site-packages"))
    (packages / "installed.py").write_text("name = 'installed'\n")
    (packages / "__editable__.mine.pth").write_text(f"{editable}\n")
    script = venv / "bin" / "hello"
    script.write_text(f"#!{venv}/bin/python\nimport installed, app; print(installed.name, app.answer)\n")
    script.chmod(0o755)
    return venv


async def test_a_virtual_environment_of_the_checkout(bubblewrap: Bubblewrap, place: Place) -> None:
    venv = _venv(place, editable=str(place.repository))
    (place.worktree / "app.py").write_text("answer = 'of the branch'\n")
    box = box_for(str(place.repository), str(place.worktree), str(place.repository / ".git"))
    prefix = "python -c 'import sys; print(sys.prefix)'"
    done = await bash(bubblewrap, box, f"cd /tmp; hello; {prefix}; touch {venv}/x; cd -; touch .venv/y")
    assert "installed of the branch" in done.output
    assert f"{place.worktree}/.venv" in done.output
    assert not (venv / "x").exists()
    assert not (venv / "y").exists()


def test_node_modules_in_the_working_directory(place: Place) -> None:
    modules = place.repository / "web/node_modules"
    modules.mkdir(parents=True)
    found = find(str(place.repository), str(place.worktree), "web")
    assert (str(modules), str(place.worktree / "web/node_modules")) in found.read_only
    assert found.programs == (str(place.worktree / "web/node_modules/.bin"),)


def test_what_the_agent_installed_itself_stays(place: Place) -> None:
    (place.repository / "node_modules").mkdir()
    (place.worktree / "node_modules/own").mkdir(parents=True)
    assert find(str(place.repository), str(place.worktree)).read_only == ()


def test_an_editable_finder_and_paths_elsewhere(place: Place) -> None:
    packages = place.repository / ".venv/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (packages / "__editable___x_finder.py").write_text(f"MAPPING = {{'x': '{place.repository}/src/x'}}\n")
    (packages / "other.pth").write_text("/somewhere/else\nimport os; os.system('x')\n")
    assert find(str(place.repository), str(place.worktree)).sources == (str(place.worktree / "src"),)


def test_links_are_not_followed_to_dependencies_or_shared_directories(place: Place) -> None:
    os.symlink(place.outside, place.repository / "node_modules")
    os.symlink(place.outside, place.repository / "shared")
    box = box_for(str(place.repository), str(place.worktree), None, directories=("shared", "missing"))
    assert box.read_only == ()
    assert box.binds == ()


def test_where_nothing_can_be_mounted_the_checkouts_programs_come_before_path(place: Place) -> None:
    programs = place.repository / ".venv/bin"
    programs.mkdir(parents=True)
    box = box_for(str(place.repository), str(place.worktree), None)
    assert variables_for(box, "/usr/bin:/bin", "/tmp/x")["PATH"] == f"{programs}:/usr/bin:/bin"
