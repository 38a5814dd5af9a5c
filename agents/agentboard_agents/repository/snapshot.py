"""A work tree as a tree object: what changed is found by git's own comparison, with nothing external run."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.worktrees import forget, index_of

__all__ = ["Found", "Kept", "LeftOut", "Snapshot", "checkout_files", "find", "prepare", "take", "write"]

ATTRIBUTES = ".gitattributes"
LARGEST = 100 * 1024 * 1024
REPORTS = ".agentboard-report-"
"""Files that a gate writes for agentboard to read; they never enter a commit."""

CACHES = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".venv"}
    | {"node_modules"}
)
"""Directories that commands leave behind: nobody's work, unless a project tracks what is in one."""

READ_ONLY_NO_LINKS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
IGNORABLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


class Kept(str):
    """A path within an excluded directory that enters commits all the same."""

    __slots__ = ()


class LeftOut(Struct, frozen=True):
    """A path that changed and did not enter the commit, and why."""

    path: str
    reason: str


class Snapshot(Struct, frozen=True):
    """A tree object with the paths in it that differ from the parent's tree."""

    tree: str
    changed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


class Found(Struct, frozen=True):
    """What one look at a work tree found; of `write`, the index has not what is `added`."""

    write: tuple[str, ...]
    remove: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    added: tuple[str, ...] = ()
    has_attributes: bool = True


class Entry(Struct, frozen=True):
    """What the index holds for a path that differs from it."""

    mode: str
    blob: str


def take(git: Plumbing, worktree: str, parent: str, exclude: Sequence[str]) -> Snapshot:
    """Write the tree of `worktree` on top of `parent`; excluded paths stay as the parent has them.

    Raises:
        GitFault: when a changed path needs a filter that agentboard never runs (Git LFS, encryption).
    """
    index = index_of(git, worktree)
    prepare(git, worktree, index, parent)
    found = find(git, worktree, index, exclude)
    tree = write(git, worktree, index, found)
    return Snapshot(tree, tuple(sorted({*found.write, *found.remove})), found.left_out)


def find(git: Plumbing, worktree: str, index: str, exclude: Sequence[str]) -> Found:
    """Compare a work tree with an index, which stays as it is; ignored paths are not found."""
    with ThreadPoolExecutor(1) as beside:
        new = beside.submit(_listed, git, worktree, index, "-o")
        entries = _differing(git, worktree, index)
    paths = sorted({*entries, *new.result()})
    return _sort(worktree, paths, entries, tuple(exclude), _has_attributes(worktree, paths))


def write(git: Plumbing, worktree: str, index: str, found: Found) -> str:
    """Bring what was found into the index, and return the tree that it then holds.

    Raises:
        GitFault: as `take` does.
    """
    if found.has_attributes:
        _refuse_filtered(git, worktree, index, found.write)
    _update(git, worktree, index, found)
    return git.contents("write-tree", what="write a tree", index=index).data.decode().strip()


def prepare(git: Plumbing, worktree: str, index: str, parent: str) -> None:
    """Bring the private index to the parent's tree and keep what it knows about unchanged files.

    Git has to see the work tree: only then it marks files that changed in the second of their checkout,
    which the new index would else take for unchanged (gitformat-index, racy git). A new index learns once
    what the files look like: without that, each later look would read all of them.
    """
    is_new = not os.path.exists(index)
    os.makedirs(os.path.dirname(index), mode=0o700, exist_ok=True)
    forget(f"{index}.lock")  # only this worker uses the index: a lock is of a process that died
    git.contents(
        "read-tree", "-m", "-i", "--end-of-options", parent,
        what="read a tree", index=index, work_tree=worktree,
    )  # fmt: skip
    if is_new:
        git.contents(
            "update-index", "-q", "--refresh", "--ignore-submodules", "--ignore-missing",
            what="compare the work tree", index=index, work_tree=worktree, check=False,
        )  # fmt: skip


def _differing(git: Plumbing, worktree: str, index: str) -> dict[str, Entry]:
    """Return what the index holds for each path that differs from it; no submodule is asked what it has."""
    listed = git.contents(
        "diff-files", "--raw", "--no-abbrev", "-z", "--no-renames", "--ignore-submodules=all",
        what="compare the work tree", index=index, work_tree=worktree,
    ).data.split(b"\0")  # fmt: skip
    entries: dict[str, Entry] = {}
    for facts, path in zip(listed[0::2], listed[1::2], strict=False):
        mode, _, blob, _, _ = facts.decode().removeprefix(":").split(" ")
        entries[os.fsdecode(path)] = Entry(mode, blob)
    return entries


def checkout_files(git: Plumbing) -> tuple[str, ...]:
    """List what the user's own work tree has, tracked or not; ignored paths are not among them."""
    return tuple(_listed(git, git.root, os.path.join(git.places.git_dir, "index"), "-c", "-o"))


def _listed(git: Plumbing, worktree: str, index: str, *which: str) -> list[str]:
    ignores = [os.path.join(git.places.common_dir, "info", "exclude"), git.settings().excludes_file]
    listed = git.contents(
        "ls-files", "-z", *which, "--full-name", "--exclude-per-directory=.gitignore",
        *(f"--exclude-from={path}" for path in ignores if path and os.path.isfile(path)),
        what="compare the work tree", index=index, work_tree=worktree,
    )  # fmt: skip
    return sorted({os.fsdecode(path) for path in listed.data.split(b"\0") if path})


def _has_attributes(worktree: str, paths: Iterable[str]) -> bool:
    """Tell whether git would find attributes for a path: beside it, in a directory above, or in the index.

    One that only the index has differs from the work tree: it is among `paths`.
    """
    above = {path[: at + 1] for path in paths for at, letter in enumerate(path) if letter == "/"}
    if any(path == ATTRIBUTES or path.endswith(f"/{ATTRIBUTES}") for path in paths):
        return True
    return any(os.path.lexists(os.path.join(worktree, place, ATTRIBUTES)) for place in ("", *above))


def _sort(
    worktree: str,
    paths: Iterable[str],
    entries: dict[str, Entry],
    exclude: tuple[str, ...],
    has_attributes: bool,
) -> Found:
    write: list[str] = []
    remove: list[str] = []
    left_out: list[LeftOut] = []
    for path in paths:
        if _is_excluded(path, exclude) or _is_submodule(entries.get(path)) or _is_left_behind(path, entries):
            continue
        reason = _refused_name(path)
        status = None if reason else _status(worktree, path)
        reason = reason or _refused_kind(status)
        if reason:
            left_out.append(LeftOut(path, reason))
        elif status is None or stat.S_ISDIR(status.st_mode):
            remove.extend([path] if path in entries else [])
        elif not _is_same(worktree, path, status, entries.get(path)):
            write.append(path)
    added = tuple(path for path in write if path not in entries)
    return Found(tuple(write), tuple(remove), tuple(left_out), added, has_attributes)


def _is_excluded(path: str, exclude: tuple[str, ...]) -> bool:
    if os.path.basename(path).startswith(REPORTS):
        return True
    if any(path == name for name in exclude if isinstance(name, Kept)):
        return False
    names = (name.strip("/") for name in exclude if not isinstance(name, Kept))
    return any(name and (path == name or path.startswith(name + "/")) for name in names)


def _is_left_behind(path: str, entries: dict[str, Entry]) -> bool:
    return path not in entries and not CACHES.isdisjoint(path.split("/"))


def _is_submodule(entry: Entry | None) -> bool:
    return entry is not None and entry.mode == "160000"


def _refused_name(path: str) -> str | None:
    if path.endswith("/"):
        return "it is a git repository of its own"
    for part in path.split("/"):
        plain = part.translate(IGNORABLE).split(":")[0].rstrip(" .").casefold()
        if plain in {".git", "git~1"}:
            return "its name is git's own"
    return None


def _refused_kind(status: os.stat_result | None) -> str | None:
    if status is None or stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return "it is neither a file nor a link"
    if status.st_size > LARGEST:
        return f"it is larger than {LARGEST // (1024 * 1024)} MiB"
    return None


def _status(worktree: str, path: str) -> os.stat_result | None:
    """Look at a path without following a link anywhere in it; `None`: there is nothing at that path."""
    place = worktree
    *parents, name = path.split("/")
    try:
        for part in parents:
            place = os.path.join(place, part)
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                return None
        return os.lstat(os.path.join(place, name))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_same(worktree: str, path: str, status: os.stat_result, entry: Entry | None) -> bool:
    """Tell whether a file's raw bytes are the base blob: then no line ending rule may rewrite it."""
    if entry is None or not stat.S_ISREG(status.st_mode):
        return False
    if entry.mode != ("100755" if status.st_mode & 0o100 else "100644"):
        return False
    digest = hashlib.sha1(usedforsecurity=False) if len(entry.blob) == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % status.st_size)
    descriptor = os.open(os.path.join(worktree, path), READ_ONLY_NO_LINKS)
    with open(descriptor, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == entry.blob


def _refuse_filtered(git: Plumbing, worktree: str, index: str, paths: Sequence[str]) -> None:
    """Stop when a changed path has a filter without which its contents would be wrong, or secret."""
    if not git.settings().required:
        return
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return
    answer = git.contents(
        "check-attr", "-z", "--stdin", "filter",
        what="read the attributes", data=asked, index=index, work_tree=worktree,
    ).data.split(b"\0")  # fmt: skip
    named = zip(answer[0::3], answer[2::3], strict=False)
    refused = [(os.fsdecode(path), os.fsdecode(name)) for path, name in named]
    refused = [(path, name) for path, name in refused if name in git.settings().required]
    if refused:
        paths_text = ", ".join(path for path, _ in refused[:5]) + (" …" if len(refused) > 5 else "")
        raise GitFault(
            f"could not commit {paths_text}",
            f"the filter {refused[0][1]!r} of .gitattributes would have to run (Git LFS and the like)",
            "take these changes back, or commit them by hand",
        )


def _update(git: Plumbing, worktree: str, index: str, found: Found) -> None:
    gone = b"".join(b"0 " + b"0" * 40 + b"\t" + os.fsencode(path) + b"\0" for path in found.remove)
    if gone:
        git.contents("update-index", "-z", "--index-info", what="remove paths", data=gone, index=index)
    added = b"".join(os.fsencode(path) + b"\0" for path in found.write)
    if added:
        git.contents(
            "update-index", "-z", "--add", "--remove", "--replace", "--stdin",
            what="add the changed files", data=added, index=index, work_tree=worktree,
        )  # fmt: skip
