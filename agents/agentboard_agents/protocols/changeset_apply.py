"""Applying a change set to the work tree: all of its files, or none."""

from __future__ import annotations

from typing import Any

from agentboard_agents.session import Session
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.formats.changeset import Change, ChangeSet

__all__ = ["applied", "apply_set", "dependency_files"]

DEPENDENCY_FILES = frozenset(
    {
        "Cargo.lock", "Cargo.toml", "Pipfile", "Pipfile.lock", "go.mod", "go.sum", "package-lock.json",
        "package.json", "pnpm-lock.yaml", "poetry.lock", "pyproject.toml", "requirements-dev.txt",
        "requirements.in", "requirements.txt", "setup.cfg", "setup.py", "uv.lock", "yarn.lock",
    }
)  # fmt: skip

Before = dict[str, bytes | None]


def dependency_files(changes: ChangeSet) -> list[str]:
    """Return the files of a set that say what the project depends on."""
    return [change.path for change in changes.files if change.path.rsplit("/", 1)[-1] in DEPENDENCY_FILES]


async def apply_set(session: Session, changes: ChangeSet) -> list[str]:
    """Apply a set in a durable step; return every reason why it was not."""
    key = session.place.unique("changes")

    async def act() -> Any:
        fresh = session.first_time(key, "changes_applying", files=[change.path for change in changes.files])
        return applied(session.work.files, changes, session.equipment.shared_paths, again=not fresh)

    reasons: list[str] = await session.place.step("apply changes", act)
    if not reasons:
        files = [{"path": change.path, "action": change.action} for change in changes.files]
        session.tell("changes_applied", files=files, explanation=changes.explanation[:2_000])
    return reasons


def applied(
    root: Root, changes: ChangeSet, shared: tuple[str, ...] = (), *, again: bool = False
) -> list[str]:
    """Apply a set; return every reason why it was not, and leave no trace then.

    Args:
        again: it may be half applied, by a worker that died.
    """
    reasons: list[str] = []
    before: Before = {}
    for change in changes.files:
        before[change.path] = examined(root, change, shared, reasons, again=again)
    return reasons or written(root, changes, before)


def examined(
    root: Root, change: Change, shared: tuple[str, ...], reasons: list[str], *, again: bool
) -> bytes | None:
    """Return a file as it is, noting why the change does not fit it."""
    if any(change.path == path or change.path.startswith(f"{path}/") for path in shared):
        reasons.append(f"{change.path}: it is shared with the team, edit it with the tools")
    try:
        data = root.read(change.path).data
    except Missing:
        if change.action != "create" and not again:
            reasons.append(f"{change.path}: {change.action} of a file that does not exist")
        return None
    except FileFault as fault:
        reasons.append(f"{change.path}: {fault}")
        return None
    if change.action == "create" and not again:
        reasons.append(f"{change.path}: create of a file that exists")
    return data


def written(root: Root, changes: ChangeSet, before: Before) -> list[str]:
    """Write every file of a set; when one fails, put back those before it."""
    done: list[str] = []
    for change in changes.files:
        try:
            put(root, change.path, None if change.action == "delete" else change.content.encode())
        except FileFault as fault:
            reasons = [f"{change.path}: {fault}"]
            return reasons + restored(root, done, before)
        done.append(change.path)
    return []


def restored(root: Root, done: list[str], before: Before) -> list[str]:
    """Put files back as they were; return those that could not be."""
    reasons: list[str] = []
    for path in reversed(done):
        try:
            put(root, path, before[path])
        except FileFault as fault:
            reasons.append(f"{path}: could not be put back: {fault}")
    return reasons


def put(root: Root, path: str, data: bytes | None) -> None:
    """Make a file hold `data`, or not be there."""
    if data is not None:
        root.write(path, data)
    elif root.stamp(path) is not None:
        root.remove(path)
