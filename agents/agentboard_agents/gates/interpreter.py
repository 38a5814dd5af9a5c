"""The Python that a project's gates use, and what is installed for it: found without running project code."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from functools import cache

__all__ = ["dependencies", "has_module", "program", "python", "source_paths"]

ENVIRONMENTS = (".venv", "venv")
PROBE = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
MOST_PATH_FILES = 50


def environment_of(project: str, directory: str = "") -> str | None:
    """Return the project's virtual environment: in its directory first, then at the root."""
    for place in dict.fromkeys((os.path.join(project, directory), project)):
        for name in ENVIRONMENTS:
            if os.access(os.path.join(place, name, "bin", "python"), os.X_OK):
                return os.path.join(place, name)
    return None


def python(project: str, directory: str = "") -> str:
    """Return the interpreter: of the project's virtual environment, else `python3`."""
    found = environment_of(project, directory)
    return os.path.join(found, "bin", "python") if found else "python3"


def program(project: str, directory: str, name: str) -> str | None:
    """Return a tool's program: of the project's virtual environment or `node_modules`, else from PATH."""
    found = environment_of(project, directory)
    places = [os.path.join(found, "bin")] if found else []
    places += [
        os.path.join(project, place, "node_modules", ".bin") for place in dict.fromkeys((directory, ""))
    ]
    for place in places:
        if os.access(os.path.join(place, name), os.X_OK):
            return os.path.join(place, name)
    return name if shutil.which(name) else None


def has_module(project: str, directory: str, name: str) -> bool:
    """Tell whether the gate's interpreter can import `name`.

    A virtual environment is looked at, not run: it comes with the repository's directory.
    """
    found = environment_of(project, directory)
    if found is None:
        return _system_has(name)
    if any(os.path.isdir(os.path.join(place, name)) for place in _packages(found)):
        return True
    return _setting(found, "include-system-site-packages") == "true" and _system_has(name)


def dependencies(project: str, directory: str = "") -> tuple[tuple[str, str], ...]:
    """Return what a box must show read-only so that the project's own dependencies are found there.

    Pairs of (host, inside): virtual environments at their own path, with the interpreter they were made
    from, and `node_modules` where the worktree expects it.
    """
    pairs: list[tuple[str, str]] = []
    for place in dict.fromkeys((directory, "")):
        modules = os.path.join(project, place, "node_modules")
        if os.path.isdir(modules):
            pairs.append((modules, os.path.join(place, "node_modules")))
    found = environment_of(project, directory)
    if found:
        pairs.append((found, found))
        pairs.extend((base, base) for base in _base_of(found))
    return tuple(pairs)


def source_paths(project: str, directory: str, worktree: str) -> tuple[str, ...]:
    """Return the directories of `worktree` that the project's editable installs stand for, and `src`.

    An editable install names the user's checkout; a gate must import the code of its own tree.
    """
    found = environment_of(project, directory)
    places = _packages(found) if found else []
    files = [name for place in places for name in glob.glob(os.path.join(place, "*.pth"))]
    lines = [line.strip() for name in sorted(files)[:MOST_PATH_FILES] for line in _lines(name)]
    named = [os.path.relpath(line, project) for line in lines if line.startswith(project.rstrip("/") + "/")]
    wanted = dict.fromkeys([*named, os.path.join(directory, "src")])
    return tuple(path for path in (os.path.join(worktree, name) for name in wanted) if os.path.isdir(path))


@cache
def _system_has(name: str) -> bool:
    found = shutil.which("python3")
    if found is None:
        return False
    done = subprocess.run(  # noqa: S603  the machine's own interpreter, isolated from the project
        [found, "-I", "-c", PROBE, name], cwd="/", check=False, capture_output=True, timeout=30
    )
    return done.returncode == 0


def _packages(environment: str) -> list[str]:
    return glob.glob(os.path.join(glob.escape(environment), "lib", "python3*", "site-packages"))


def _base_of(environment: str) -> list[str]:
    """Return the installation that a virtual environment was made from, when it is outside the system's."""
    home = _setting(environment, "home")
    real = os.path.realpath(os.path.join(environment, "bin", "python"))
    prefixes = {os.path.dirname(home), os.path.dirname(os.path.dirname(real))} if home else set[str]()
    return sorted(place for place in prefixes if _is_outside_system(place))


def _is_outside_system(place: str) -> bool:
    return place != "/" and not place.startswith("/usr") and os.path.isdir(place)


def _setting(environment: str, name: str) -> str:
    for line in _lines(os.path.join(environment, "pyvenv.cfg")):
        key, _, value = line.partition("=")
        if key.strip() == name:
            return value.strip()
    return ""


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65_536).splitlines()
    except OSError:
        return []
