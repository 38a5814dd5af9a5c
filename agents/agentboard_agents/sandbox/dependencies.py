"""The box of a worktree: with the dependencies that the user's checkout has installed, read-only.

Without them neither the base nor the branch could import anything, and every gate would fail alike.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from msgspec import Struct

from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.toolchains import SYSTEM, beneath

__all__ = ["Dependencies", "box_for", "find"]

DIRECTORIES = (".venv", "venv", "node_modules")
PROGRAMS = {".venv": "bin", "venv": "bin", "node_modules": ".bin"}
FINDER = re.compile(r"__editable__.*\.(?:pth|py)")
QUOTED_PATH = re.compile(r"['\"](/[^'\"\n]+)['\"]")
SMALL = 256 * 1024


class Dependencies(Struct, frozen=True):
    """Mounts and variables that make a checkout's installed dependencies work in a worktree."""

    read_only: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def box_for(
    project: str,
    worktree: str,
    git_dir: str | None,
    *,
    working_directory: str = "",
    directories: tuple[str, ...] = (),
    network: bool = False,
) -> Box:
    """Return the box of a worktree; of the coordination `directories`, those that exist are bound."""
    found = find(project, worktree, working_directory)
    shared = tuple((os.path.join(project, name), name) for name in directories)
    variables = {"PATH": ":".join(found.programs), "PYTHONPATH": ":".join(found.sources)}
    return Box(
        worktree=worktree,
        git_dir=git_dir,
        binds=tuple(pair for pair in shared if os.path.isdir(pair[0]) and not os.path.islink(pair[0])),
        read_only=found.read_only,
        network=network,
        environment={key: value for key, value in variables.items() if value},
    )


def find(project: str, worktree: str, working_directory: str = "") -> Dependencies:
    """Find the dependency directories at the root and in the working directory of the checkout.

    One that the worktree has itself, with something in it, is the agent's own and stays.
    """
    mounts, programs, sources = list[tuple[str, str]](), list[str](), list[str]()
    for place in dict.fromkeys((working_directory.strip("/"), "")):
        for name in DIRECTORIES:
            rel = os.path.join(place, name)
            host, inside = os.path.join(project, rel), os.path.join(worktree, rel)
            if not os.path.isdir(host) or os.path.islink(host) or _in_use(inside):
                continue
            mounts += [(host, host), (host, inside), *_base(host)]
            programs.append(os.path.join(inside, PROGRAMS[name]))
            sources += _editable(host, project, worktree)
    return Dependencies(tuple(dict.fromkeys(mounts)), tuple(programs), tuple(dict.fromkeys(sources)))


def _in_use(directory: str) -> bool:
    if os.path.islink(directory) or os.path.isfile(directory):
        return True
    return os.path.isdir(directory) and bool(os.listdir(directory))


def _base(environment: str) -> Iterator[tuple[str, str]]:
    """Yield the installation that a virtual environment was made of."""
    python = os.path.realpath(os.path.join(environment, "bin", "python"))
    prefix = os.path.dirname(os.path.dirname(python))
    shown = (
        beneath(prefix, SYSTEM)
        or beneath(prefix, [environment])
        or beneath(os.path.expanduser("~"), [prefix])
    )
    if os.path.isfile(python) and not shown:
        yield prefix, prefix


def _editable(environment: str, project: str, worktree: str) -> Iterator[str]:
    """Yield the worktree's own sources for packages that are installed in the checkout to be edited there."""
    library = os.path.join(environment, "lib")
    versions = os.listdir(library) if os.path.isdir(library) else []
    for packages in (os.path.join(library, version, "site-packages") for version in versions):
        for name in os.listdir(packages) if os.path.isdir(packages) else []:
            if name.endswith(".pth") or FINDER.fullmatch(name):
                for path in _paths(os.path.join(packages, name)):
                    if beneath(path, [project]) and not beneath(path, [environment]):
                        yield os.path.normpath(os.path.join(worktree, os.path.relpath(path, project)))


def _paths(file: str) -> list[str]:
    """Return the directories that a path file adds: its lines, or where the packages of a finder are."""
    try:
        with open(file, encoding="utf-8", errors="replace") as text:
            content = text.read(SMALL)
    except OSError:
        return []
    if file.endswith(".py"):
        return [os.path.dirname(path) for path in QUOTED_PATH.findall(content)]
    return [line.strip() for line in content.splitlines() if line.startswith("/")]
