"""The few settings of a repository and its owner that contents depend on; all others are ignored."""

from __future__ import annotations

import os

from msgspec import Struct

__all__ = ["Settings", "parse_settings"]

CONVERSION = frozenset(
    {
        "core.autocrlf",
        "core.eol",
        "core.filemode",
        "core.symlinks",
        "core.ignorecase",
        "core.precomposeunicode",
        "core.bigfilethreshold",
    }
)

TRUE = frozenset({"", "true", "yes", "on", "1"})


class Settings(Struct, frozen=True):
    """What was found: `conversion` is passed on to git, `required` the filters that nobody may skip."""

    conversion: tuple[tuple[str, str], ...] = ()
    object_format: str = "sha1"
    excludes_file: str = ""
    name: str = ""
    email: str = ""
    required: frozenset[str] = frozenset()


def parse_settings(listed: bytes, home: str) -> Settings:
    """Read the answer of `git config --null --list`; the last value of a key wins."""
    values = dict(_pairs(listed))
    return Settings(
        conversion=tuple((key, values[key]) for key in sorted(CONVERSION & values.keys())),
        object_format="sha256" if values.get("extensions.objectformat") == "sha256" else "sha1",
        excludes_file=_excludes(values.get("core.excludesfile", ""), home),
        name=values.get("user.name", ""),
        email=values.get("user.email", ""),
        required=frozenset(_required(values)) | {"lfs"},
    )


def _pairs(listed: bytes) -> list[tuple[str, str]]:
    entries = (os.fsdecode(entry).partition("\n") for entry in listed.split(b"\0") if entry)
    return [(key, value) for key, _, value in entries]


def _excludes(named: str, home: str) -> str:
    if named.startswith("~/"):
        return os.path.join(home, named[2:])
    default = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return named or os.path.join(default, "git", "ignore")


def _required(values: dict[str, str]) -> list[str]:
    return [
        key.removeprefix("filter.").removesuffix(".required")
        for key, value in values.items()
        if key.startswith("filter.") and key.endswith(".required") and value.lower() in TRUE
    ]
