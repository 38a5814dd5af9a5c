"""Which directories outside the system's own hold the tools that PATH promises.

Version managers keep interpreters under the home directory, which a sandbox does not show. Each PATH
entry is therefore traced to the smallest directory that makes it work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from msgspec import Struct

__all__ = ["Toolchains", "find"]

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
"""Roots that every box shows anyway."""

PREFIX_ENDS = frozenset({"bin", "sbin", "shims", "condabin", "Scripts"})
"""Last parts of a PATH entry whose parent is the tool chain itself."""

FAMILIES: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (".cargo", (".cargo/bin", ".rustup"), (("RUSTUP_HOME", ".rustup"),)),
    (".pyenv", (".pyenv",), (("PYENV_ROOT", ".pyenv"),)),
    (".nvm", (".nvm",), (("NVM_DIR", ".nvm"),)),
    ("go", ("go",), (("GOMODCACHE", "go/pkg/mod"),)),
    (".local", (".local/bin", ".local/share/uv/python", ".local/share/uv/tools", ".local/pipx/venvs"), ()),
)
"""Directory of the home that a PATH entry is beneath, what is shown for it, variables that name it.

`.cargo` and `.local` as a whole hold credentials and other people's state, so only parts of them are shown.
"""

LINKS = 4_000
"""Entries of one PATH directory whose links are followed."""


class Toolchains(Struct, frozen=True):
    """PATH as it was, directories to show read-only, and variables that the tools need."""

    path: str
    directories: tuple[str, ...]
    environment: Mapping[str, str]


def find(path: str, home: str) -> Toolchains:
    """Trace every directory of `path`; entries that do not exist or are relative are dropped."""
    entries = [
        entry for entry in dict.fromkeys(path.split(":")) if entry.startswith("/") and os.path.isdir(entry)
    ]
    wanted: list[str] = []
    environment: dict[str, str] = {}
    for entry in entries:
        if beneath(entry, SYSTEM):
            continue
        directories, variables = _family(entry, home)
        wanted += directories or [_prefix(entry, home)]
        environment.update(variables)
        wanted += _link_targets(entry, home)
    return Toolchains(
        ":".join(entries), _smallest([path for path in wanted if not beneath(home, [path])]), environment
    )


def beneath(path: str, roots: Iterable[str]) -> bool:
    """Whether `path` is one of `roots` or inside one."""
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def _family(entry: str, home: str) -> tuple[list[str], dict[str, str]]:
    for name, parts, variables in FAMILIES:
        if beneath(entry, [os.path.join(home, name)]):
            shown = [os.path.join(home, part) for part in parts]
            covered = beneath(entry, shown)
            named = {key: os.path.join(home, part) for key, part in variables}
            return shown + ([] if covered else [_prefix(entry, home)]), named
    return [], {}


def _prefix(directory: str, home: str) -> str:
    """Return the tool chain that a directory of programs belongs to, or itself if that showed too much."""
    head, tail = os.path.split(directory.rstrip("/"))
    return head if tail in PREFIX_ENDS and not _wide(head, home) else directory


def _wide(directory: str, home: str) -> bool:
    """Whether a directory holds more than tools: the home, what is above it, or a dot directory of it."""
    parts = os.path.relpath(directory, home).split("/")
    mixed = beneath(directory, [home]) and parts[0] in {".config", ".cache", ".local"} and len(parts) < 3
    return mixed or directory == "/" or beneath(home, [directory])


def _link_targets(entry: str, home: str) -> list[str]:
    """Return the tool chains that the links in a PATH directory lead to, and that a venv's base needs."""
    found: list[str] = []
    with os.scandir(entry) as scan:
        for item, _ in zip(scan, range(LINKS), strict=False):
            target = os.path.realpath(item.path) if item.is_symlink() else ""
            if target and os.path.isfile(target) and not beneath(target, [*SYSTEM, entry]):
                found.append(_prefix(os.path.dirname(target), home))
    return found


def _smallest(directories: list[str]) -> tuple[str, ...]:
    """Drop what is missing, what the system shows, and what is inside another one."""
    kept: list[str] = []
    for directory in sorted(set(directories)):
        if os.path.isdir(directory) and not beneath(directory, [*SYSTEM, *kept]):
            kept.append(directory)
    return tuple(kept)
