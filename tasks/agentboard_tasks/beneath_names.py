"""Which relative paths are acceptable: no way out, no NUL, and for writes no spelling of `.git`."""

from __future__ import annotations

import os
import re
import unicodedata

from agentboard_tasks.beneath_faults import Refused

__all__ = ["TEMPORARY", "parts", "writable_parts"]

TEMPORARY = ".agentboard-"
"""How the names of our short-lived files begin; listings leave them out."""

LONGEST_PATH = 4_000
LONGEST_NAME = 255
_short_git = re.compile(r"git~\d+", re.IGNORECASE)


def parts(rel: str) -> tuple[str, ...]:
    """Split a path beneath a root into its names; "" and "." are the root itself.

    Raises Refused for an absolute path, an empty or `..` component, a NUL byte, or what is too long.
    """
    if rel in {"", "."}:
        return ()
    if "\0" in rel:
        raise Refused(rel, "its name holds a NUL byte")
    if rel.startswith("/"):
        raise Refused(rel, "it is an absolute path", "give a path relative to the root")
    names = tuple(name for name in rel.split("/") if name != ".")
    if len(rel) <= LONGEST_NAME and rel.isascii() and "" not in names and ".." not in names:
        return names
    for name in names:
        _check(rel, name)
    if len(_bytes(rel, rel)) > LONGEST_PATH:
        raise Refused(rel[:80], "its path is too long")
    return names


def writable_parts(rel: str) -> tuple[str, ...]:
    """Split a path that will be written, renamed or removed; refuses the root itself and `.git` too."""
    names = parts(rel)
    if not names:
        raise Refused(rel, "it is the root itself")
    for name in names:
        if _is_git(name):
            raise Refused(rel, "git's own files are not written here", "agentboard makes the commits")
    return names


def _check(rel: str, name: str) -> None:
    """Refuse a component that is no name."""
    if name == "":
        raise Refused(rel, "it has an empty component")
    if name == "..":
        raise Refused(rel, "it leads upwards")
    if len(_bytes(rel, name)) > LONGEST_NAME:
        raise Refused(rel[:80], "a name in it is too long")


def _bytes(rel: str, name: str) -> bytes:
    """Encode a name as the system will; a surrogate that stands for no byte is refused."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        raise Refused(rel, "its name is not valid text") from None


def _is_git(name: str) -> bool:
    """Tell whether some file system reads `name` as `.git`: case, NTFS streams, short names, ignorables.

    The rules are those of git's own is_hfs_dotgit and is_ntfs_dotgit, and compatibility forms on top.
    """
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if not _ignorable(c))
    seen = re.split(r"[:\\/]", seen)[0].strip(" ").rstrip(". ").casefold()
    return seen == ".git" or _short_git.fullmatch(seen) is not None or ".git" in _backslashed(name)


def _backslashed(name: str) -> tuple[str, ...]:
    """Return the components that a file system with backslashes would see."""
    return tuple(piece.split(":")[0].rstrip(". ").casefold() for piece in name.split("\\"))


def _ignorable(character: str) -> bool:
    """Tell whether a file system may drop `character` from names."""
    return unicodedata.category(character) in {"Cf", "Cc", "Mn", "Me", "Cs"}
