"""The Python that a project's gates use, and what is installed for it: found without running project code."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from functools import cache

__all__ = ["has_module", "program", "python"]

ENVIRONMENTS = (".venv", "venv")
PROBE = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"


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
