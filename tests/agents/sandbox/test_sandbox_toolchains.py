"""Tools outside the system's directories are found, and no more is shown than they need."""

from __future__ import annotations

import os
from pathlib import Path

from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.toolchains import find

from .conftest import Place, bash


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho it works\n")
    path.chmod(0o755)
    return path


def test_shims_bring_their_version_manager(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _program(home / ".pyenv/shims/python")
    _program(home / ".pyenv/versions/3.12/bin/python")
    found = find(f"{home}/.pyenv/shims:/usr/bin", str(home))
    assert found.directories == (f"{home}/.pyenv",)
    assert found.environment["PYENV_ROOT"] == f"{home}/.pyenv"
    assert found.path == f"{home}/.pyenv/shims:/usr/bin"


def test_a_node_version(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _program(home / ".nvm/versions/node/v22/bin/node")
    assert find(f"{home}/.nvm/versions/node/v22/bin", str(home)).directories == (f"{home}/.nvm",)


def test_cargo_without_its_credentials(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _program(home / ".cargo/bin/cargo")
    (home / ".cargo/credentials.toml").write_text("token")
    (home / ".rustup").mkdir()
    assert find(f"{home}/.cargo/bin", str(home)).directories == (f"{home}/.cargo/bin", f"{home}/.rustup")


def test_local_bin_shows_programs_and_what_they_link_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    tool = _program(home / ".local/share/uv/tools/ruff/bin/ruff")
    (home / ".local/share/keyring").mkdir(parents=True)
    (home / ".local/bin").mkdir()
    (home / ".local/bin/ruff").symlink_to(tool)
    found = find(f"{home}/.local/bin", str(home)).directories
    assert found == (f"{home}/.local/bin", f"{home}/.local/share/uv/tools")


def test_the_home_itself_is_never_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _program(home / "bin/mine")
    (home / ".config/thing/bin").mkdir(parents=True)
    found = find(f"{home}/bin:{home}:{home}/.config/thing/bin:relative:/no/such", str(home))
    assert found.path == f"{home}/bin:{home}:{home}/.config/thing/bin"
    assert str(home) not in found.directories
    assert f"{home}/.config" not in found.directories


def test_a_venv_brings_the_python_it_was_made_of(tmp_path: Path) -> None:
    home = tmp_path / "home"
    python = _program(tmp_path / "pythons/3.12/bin/python3.12")
    venv = tmp_path / "project/.venv/bin"
    venv.mkdir(parents=True)
    (venv / "python").symlink_to(python)
    found = find(str(venv), str(home)).directories
    assert found == (f"{tmp_path}/project/.venv", f"{tmp_path}/pythons/3.12")


def test_system_directories_need_nothing() -> None:
    assert find("/usr/local/bin:/usr/bin:/bin", "/home/x").directories == ()


async def test_a_program_on_path_runs_in_the_box(
    bubblewrap: Bubblewrap, place: Place, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    _program(home / ".pyenv/shims/mytool")
    (home / "letter.txt").write_text("private")
    tools = find(f"{home}/.pyenv/shims:{os.environ['PATH']}", str(home))
    boxed = Bubblewrap("/usr/bin/bwrap", tools)
    done = await bash(boxed, place.box, f"mytool; cat {home}/letter.txt; echo x > {home}/.pyenv/shims/mytool")
    assert "it works" in done.output
    assert "private" not in done.output
    assert "Read-only file system" in done.output


async def test_the_python_of_this_machine_runs_in_the_box(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bash(bubblewrap, place.box, "python3 -c 'import ssl, sqlite3; print(6 * 7)'")
    assert done.output.strip() == "42"


async def test_shown_directories(bubblewrap: Bubblewrap, place: Place, tmp_path: Path) -> None:
    from msgspec.structs import replace

    tasks, packages = tmp_path / "tasks", tmp_path / "packages"
    tasks.mkdir()
    packages.mkdir()
    (packages / "lib.py").write_text("x = 1\n")
    box = replace(place.box, binds=((str(tasks), ".claude/tasks"),), read_only=((str(packages), ".venv"),))
    done = await bash(
        bubblewrap, box, "echo line >> .claude/tasks/a.md; cat .venv/lib.py; echo y > .venv/lib.py"
    )
    assert (tasks / "a.md").read_text() == "line\n"
    assert "x = 1" in done.output
    assert (packages / "lib.py").read_text() == "x = 1\n"
