"""Names that git may see: branches, refs and commit ids, checked before git reads them.

The rules are those of git-check-ref-format(1).
"""

from __future__ import annotations

import re

from agentboard_agents.repository.fault import BadName

__all__ = ["checked_branch", "checked_revision", "is_commit_id"]

LONGEST = 200
COMMIT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
SHORT_ID = re.compile(r"[0-9a-f]{7,64}\Z")

REFUSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\A\Z"), "it is empty"),
    (re.compile(r"\A-"), "it starts with a dash"),
    (re.compile(r"[\x00-\x20\x7f]"), "it holds a space or a control character"),
    (re.compile(r"[~^:?*\[\\]"), "it holds one of ~ ^ : ? * [ \\"),
    (re.compile(r"\.\."), "it holds two dots"),
    (re.compile(r"@\{"), "it holds @{"),
    (re.compile(r"\A@\Z"), "it is a lone @"),
    (re.compile(r"\A/|/\Z|//"), "it has an empty part between slashes"),
    (re.compile(r"(?:\A|/)\."), "a part of it starts with a dot"),
    (re.compile(r"\.lock(?:/|\Z)"), "a part of it ends with .lock"),
    (re.compile(r"\.\Z"), "it ends with a dot"),
)


def checked_branch(name: str) -> str:
    """Return `name` if git would accept it as a branch.

    Raises:
        BadName: with the rule that it breaks.
    """
    _check(name)
    if name == "HEAD" or name.startswith("refs/"):
        raise BadName(name, "a branch has a plain name")
    return name


def checked_revision(name: str) -> str:
    """Return `name` if it is a commit id, a ref or `HEAD`: never an expression or an option."""
    if SHORT_ID.match(name):
        return name
    return _check(name)


def is_commit_id(text: str) -> bool:
    """Tell whether `text` is a full object id (SHA-1 or SHA-256)."""
    return COMMIT_ID.match(text) is not None


def _check(name: str) -> str:
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST:
        raise BadName(name, f"it is longer than {LONGEST} bytes")
    for pattern, reason in REFUSED:
        if pattern.search(name):
            raise BadName(name, reason)
    return name
