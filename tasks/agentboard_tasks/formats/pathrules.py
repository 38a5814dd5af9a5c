"""Which relative paths may be written to: beneath the root, never git's own, spelled in one way."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

__all__ = ["clashes", "is_git", "path_faults"]

_LONGEST_PATH = 4_000
_LONGEST_NAME = 255
_IGNORED_BY_HFS = frozenset(
    "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u206a\u206b\u206c\u206d\u206e\u206f\ufeff\u00ad\u200b"
)
_GIT_SHORT_NAMES = frozenset({"git~1", "git~2", "git~3", "git~4"})


def path_faults(path: str) -> list[str]:
    """Everything that is wrong with a relative path; empty for a good one."""
    if not path.strip():
        return ["the path is empty"]
    faults: list[str] = []
    if path.startswith(("/", "\\", "~")) or path[1:2] == ":":
        faults.append("the path is absolute")
    if "\\" in path:
        faults.append("the path has a backslash")
    if _has_controls(path):
        faults.append("the path has control characters")
    parts = path.split("/")
    if ".." in [part.strip(" ") for part in parts]:
        faults.append("the path leaves the project with `..`")
    if any(part in ("", ".") for part in parts[1 if path.startswith("/") else 0 :]):
        faults.append("the path has empty or `.` parts")
    if any(is_git(part) for part in parts):
        faults.append("the path is git's own")
    if len(path) > _LONGEST_PATH or any(
        len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in parts
    ):
        faults.append("the path is too long")
    return faults


def _has_controls(path: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in path)


def is_git(name: str) -> bool:
    """Whether a file system might take this name for `.git`."""
    plain = "".join(character for character in name if character not in _IGNORED_BY_HFS)
    folded = unicodedata.normalize("NFKC", plain).casefold().split(":")[0].rstrip(" .")
    return folded == ".git" or folded in _GIT_SHORT_NAMES


def clashes(paths: Sequence[tuple[str, bool]]) -> list[str]:
    """What is wrong with paths taken together: one twice, or one a file and a folder at once.

    Args:
        paths: each path, and whether the file is deleted.
    """
    folded = [(unicodedata.normalize("NFC", path).casefold(), deleted, path) for path, deleted in paths]
    uses = Counter(name for name, _, _ in folded)
    found = [
        f"the path {path!r} is given {uses[name]} times" for name, path in _first(folded) if uses[name] > 1
    ]
    written = {name for name, deleted, _ in folded if not deleted}
    for name, deleted, path in folded:
        if not deleted:
            above = _above(name, written)
            found += [f"{above!r} is both a file and a folder of {path!r}"] if above else []
    return found


def _first(folded: Sequence[tuple[str, bool, str]]) -> list[tuple[str, str]]:
    return list({name: path for name, _, path in reversed(folded)}.items())[::-1]


def _above(name: str, written: set[str]) -> str | None:
    at = name.find("/")
    while at > 0:
        if name[:at] in written:
            return name[:at]
        at = name.find("/", at + 1)
    return None
