"""Reading what is committed: differences, logs, single files, a whole tree into a directory."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.repository.worktrees import fill, forget

__all__ = [
    "ChangedFile",
    "LogEntry",
    "TreeFile",
    "changes",
    "diff",
    "export",
    "file_at",
    "list_files",
    "read_blobs",
    "recent_log",
    "tree_files",
]

DIFF_CAP = 4 * 1024 * 1024
FILE_CAP = 4 * 1024 * 1024
LOG_CAP = 4 * 1024 * 1024
LIST_CAP = 64 * 1024 * 1024
CUT = "\n[the difference is longer: cut here]\n"


class ChangedFile(Struct, frozen=True):
    """A path that differs: `status` is `A`, `M`, `D` or `T`; line counts are `None` in a binary file."""

    path: str
    status: str
    added: int | None
    removed: int | None


class LogEntry(Struct, frozen=True):
    """A commit as a log shows it: `time` is RFC 3339."""

    commit: str
    author: str
    time: str
    subject: str
    body: str


class TreeFile(Struct, frozen=True):
    """A file of a commit: its path, the id of its content, and how many bytes that has."""

    path: str
    blob: str
    size: int


def changes(git: Plumbing, base: str, tip: str) -> tuple[ChangedFile, ...]:
    """List the paths that differ between two commits, in byte order."""
    listed = git.contents(
        "diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--end-of-options", base, tip, what="compare two commits", cap=LIST_CAP,
    ).data.split(b"\0")  # fmt: skip
    states: dict[str, str] = {}
    counts: dict[str, tuple[int | None, int | None]] = {}
    fields = iter(listed)
    for field in fields:
        if field.startswith(b":"):
            states[os.fsdecode(next(fields))] = field.rsplit(b" ", 1)[1].decode()[:1]
        elif field:
            added, removed, path = field.split(b"\t", 2)
            counts[os.fsdecode(path)] = (_count(added), _count(removed))
    return tuple(ChangedFile(path, state, *counts.get(path, (None, None))) for path, state in states.items())


def diff(git: Plumbing, base: str, tip: str, paths: Sequence[str], context: int) -> str:
    """Return the difference as text, cut at 4 MiB; nothing of the repository's configuration shapes it."""
    output = git.contents(
        "diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index",
        f"--unified={max(0, min(context, 100_000))}", "--end-of-options", base, tip, "--", *paths,
        what="compare two commits", cap=DIFF_CAP,
    )  # fmt: skip
    return output.data.decode("utf-8", "replace") + (CUT if output.truncated else "")


def recent_log(git: Plumbing, commit: str, count: int) -> tuple[LogEntry, ...]:
    """Return the newest `count` commits in the history of `commit`, newest first."""
    output = git.contents(
        "log", "-z", f"--max-count={max(0, min(count, 10_000))}", "--no-color", "--no-show-signature",
        "--no-notes", "--no-patch", "--format=tformat:%H%n%an%n%cI%n%s%n%b", "--end-of-options", commit, "--",
        what="read the log", cap=LOG_CAP,
    )  # fmt: skip
    entries = [entry.decode("utf-8", "replace").split("\n", 4) for entry in output.data.split(b"\0") if entry]
    return tuple(LogEntry(e[0], e[1], e[2], e[3], e[4].strip()) for e in entries if len(e) == 5)


def file_at(git: Plumbing, commit: str, path: str, cap: int = FILE_CAP) -> bytes | None:
    """Return a file as `commit` has it, `None` when it has none.

    Raises:
        GitFault: when it is larger than `cap` bytes.
    """
    if not path or path.startswith(("/", "./", "../")) or "\0" in path:
        return None
    output = git.contents("cat-file", "blob", f"{commit}:{path}", what=f"read {path}", cap=cap, check=False)
    if output.truncated:
        raise GitFault(f"could not read {path}", f"it is larger than {cap} bytes")
    return output.data if output.status == 0 else None


def list_files(git: Plumbing, commit: str) -> tuple[str, ...]:
    """List every path of a commit, in byte order."""
    output = git.contents(
        "ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", commit,
        what="list the files of a commit", cap=LIST_CAP,
    )  # fmt: skip
    return tuple(os.fsdecode(path) for path in output.data.split(b"\0") if path)


def tree_files(git: Plumbing, commit: str) -> tuple[TreeFile, ...]:
    """List the regular files of a commit, in byte order; no links and no submodules."""
    output = git.contents(
        "ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", commit,
        what="list the files of a commit", cap=LIST_CAP,
    )  # fmt: skip
    found: list[TreeFile] = []
    for line in output.data.split(b"\0"):
        facts, tab, path = line.partition(b"\t")
        mode, _, blob, size = facts.split() if tab else (b"", b"", b"", b"")
        if mode in {b"100644", b"100755"}:
            found.append(TreeFile(os.fsdecode(path), blob.decode(), int(size)))
    return tuple(found)


def read_blobs(git: Plumbing, blobs: Sequence[str]) -> dict[str, bytes]:
    """Return contents by their ids, with one git; the caller sees to it that they fit into memory."""
    asked = b"".join(blob.encode() + b"\n" for blob in blobs)
    data = git.contents("cat-file", "--batch", what="read files", data=asked).data if asked else b""
    found: dict[str, bytes] = {}
    at = 0
    for blob in blobs:
        end = data.index(b"\n", at)
        size = data[at:end].rpartition(b" ")[2]
        at = end + 1
        if size.isdigit():
            found[blob] = data[at : at + int(size)]
            at += int(size) + 1
    return found


def export(git: Plumbing, commit: str, directory: str) -> None:
    """Write the files of `commit` into an empty or missing directory: no `.git`, no filter, no hook."""
    directory = os.path.realpath(directory)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    if os.listdir(directory):
        raise GitFault(f"could not export into {directory}", "the directory is not empty")
    index = f"{directory}.index"
    try:
        fill(git, directory, commit, index)
    finally:
        forget(index)


def _count(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None
