"""Where a repository stands, read from its files without running git."""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.names import is_commit_id

__all__ = ["Head", "Places", "branches", "has_branch", "in_files", "places", "read_head", "read_ref"]

CAP = 16 * 1024 * 1024
MOST_HOPS = 5
MOST_BRANCHES = 1_000
HEADS = "refs/heads/"


class Head(Struct, frozen=True):
    """The commit that is checked out (`None`: there is none yet) and its branch (`None`: detached)."""

    commit: str | None
    branch: str | None


class Places(Struct, frozen=True):
    """The two directories of git for one work tree: its own, and the one that all its work trees share."""

    git_dir: str
    common_dir: str


def places(root: str) -> Places:
    """Find git's directories for the work tree at `root`; `.git` may be a file in a linked work tree.

    Raises:
        GitFault: when there is no usable `.git`.
    """
    dot_git = os.path.join(root, ".git")
    git_dir = dot_git if os.path.isdir(dot_git) else _pointed_at(root, dot_git)
    shared = _text(os.path.join(git_dir, "commondir"))
    common = os.path.join(git_dir, shared) if shared else git_dir
    has_head, objects = os.path.isfile(os.path.join(git_dir, "HEAD")), os.path.join(common, "objects")
    if not has_head or not os.path.isdir(objects):
        raise _no_repository(root)
    return Places(os.path.realpath(git_dir), os.path.realpath(common))


def read_head(found: Places) -> Head | None:
    """Return what HEAD says, or `None` where the refs are in a form that only git reads."""
    text = _text(os.path.join(found.git_dir, "HEAD"))
    if is_commit_id(text):
        return Head(text, None)
    if not text.startswith("ref: refs/heads/") or text == "ref: refs/heads/.invalid":
        return None
    ref = text.removeprefix("ref: ")
    return Head(_resolve(found.common_dir, ref), ref.removeprefix("refs/heads/"))


def in_files(found: Places) -> bool:
    """Tell whether the refs are in files, so that what is not found there does not exist."""
    return not os.path.exists(os.path.join(found.common_dir, "reftable"))


def read_ref(found: Places, ref: str) -> str | None:
    """Return the commit that a full ref is at, as far as files tell."""
    return _resolve(found.common_dir, ref)


def branches(root: str) -> tuple[str, ...]:
    """Return the branches of the repository at `root`: by name, as far as files tell."""
    found = _places_or_none(root)
    if found is None:
        return ()
    names = {*_loose(found.common_dir), *_in_pack(found.common_dir)}
    return tuple(sorted(names)[:MOST_BRANCHES])


def has_branch(root: str, name: str) -> bool:
    """Tell whether the repository has a branch, as far as files tell."""
    found = _places_or_none(root)
    return found is not None and (read_ref(found, HEADS + name) is not None or not in_files(found))


def _places_or_none(root: str) -> Places | None:
    try:
        return places(root)
    except GitFault:
        return None


def _loose(common: str) -> Iterator[str]:
    top = os.path.join(common, HEADS)
    for directory, _, files in os.walk(top):
        for name in files:
            yield os.path.relpath(os.path.join(directory, name), top)


def _in_pack(common: str) -> Iterator[str]:
    for line in _text(os.path.join(common, "packed-refs")).splitlines():
        _, _, name = line.partition(" ")
        if name.startswith(HEADS):
            yield name.removeprefix(HEADS)


def _resolve(common: str, ref: str) -> str | None:
    for _ in range(MOST_HOPS):
        text = _text(os.path.join(common, ref)) or _packed(common, ref)
        if not text.startswith("ref: refs/"):
            return text if is_commit_id(text) else None
        ref = text.removeprefix("ref: ")
    return None


def _packed(common: str, ref: str) -> str:
    for line in _text(os.path.join(common, "packed-refs")).splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return ""


def _pointed_at(root: str, dot_git: str) -> str:
    text = _text(dot_git)
    if not text.startswith("gitdir: "):
        raise _no_repository(root)
    return os.path.join(root, text.removeprefix("gitdir: "))


def _no_repository(root: str) -> GitFault:
    hint = "run `git init` there, or name another with -C DIR"
    return GitFault(f"{root} is not a git repository", hint=hint)


def _text(path: str) -> str:
    """Return a small file of git's, without its last newline; "" when it is not a readable file."""
    if not os.path.isfile(path):
        return ""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(CAP)).strip("\n")
    except OSError:
        return ""
