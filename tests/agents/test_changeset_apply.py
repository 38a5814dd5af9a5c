"""Change sets applied to real files: all or nothing, at every fault and every death, byte for byte."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest

from agentboard_agents.protocols.changeset_apply import (
    Bench,
    applied,
    dependency_files,
    forgotten,
    misfits,
)
from agentboard_tasks.files import Root, injected
from agentboard_tasks.formats.changeset import Change, ChangeSet

MEMORY = "/dev/shm"
Tree = dict[str, tuple[bytes, int] | None]


class Killed(BaseException):
    """The worker dies here."""


class Nth:
    """Fails at the nth operation; a dead worker does nothing after it, a full disk takes no more writes."""

    def __init__(self, at: int, *, dies: bool) -> None:
        self.at = at
        self.acts = 0
        self.dies = dies

    def __call__(self, operation: str, path: str) -> None:
        self.acts += 1
        if self.dies and self.acts >= self.at:
            raise Killed
        if self.acts == self.at or (self.acts > self.at and operation == "write"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def change_set(*changes: tuple[str, str, str]) -> ChangeSet:
    return ChangeSet(tuple(Change(path, action, text) for path, action, text in changes), "why")  # type: ignore[arg-type]


def laid_out(directory: Path, **files: str) -> Bench:
    tree = directory / "worktrees" / "r1"
    for name, text in files.items():
        put(tree, name.replace("__", "/"), text)
    tree.mkdir(parents=True, exist_ok=True)
    return Bench(Root(str(directory)), "worktrees/r1", "r1-set1")


def put(tree: Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text)


def tree_of(directory: Path) -> Tree:
    """Every file with its bytes and mode, every directory."""
    top = directory / "worktrees" / "r1"
    return {
        str(path.relative_to(top)): (path.read_bytes(), path.stat().st_mode) if path.is_file() else None
        for path in sorted(top.rglob("*"))
    }


def beside(directory: Path) -> list[str]:
    """What agentboard keeps beside the tree."""
    return (
        [str(path) for path in (directory / "changes").rglob("*")] if (directory / "changes").exists() else []
    )


def test_a_set_is_applied_as_a_whole(tmp_path: Path) -> None:
    bench = laid_out(tmp_path, **{"old.py": "old", "gone.py": "gone", "run.sh": "#!/bin/sh\n"})
    (tmp_path / "worktrees/r1/run.sh").chmod(0o755)
    changes = change_set(
        ("new/deep/a.py", "create", "a"),
        ("old.py", "modify", "b"),
        ("run.sh", "modify", "#!/bin/bash\n"),
        ("gone.py", "delete", ""),
    )
    assert applied(bench, changes) == []
    forgotten(bench)
    found = tree_of(tmp_path)
    assert found["new/deep/a.py"] == (b"a", 0o100644)
    assert found["old.py"] is not None
    assert found["old.py"][0] == b"b"
    assert found["run.sh"] == (b"#!/bin/bash\n", 0o100755)
    assert "gone.py" not in found
    assert beside(tmp_path) == []


def test_a_set_that_does_not_fit_changes_nothing_and_names_every_reason(tmp_path: Path) -> None:
    bench = laid_out(tmp_path, **{"old.py": "old", "dir__x.py": "x"})
    tree = tmp_path / "worktrees/r1"
    (tree / "link.py").symlink_to("old.py")
    (tree / "out").symlink_to(tmp_path)
    os.mkfifo(tree / "pipe")
    before = tree_of(tmp_path)
    changes = change_set(
        ("ok.py", "create", "x"),
        ("old.py", "create", "x"),
        ("ghost.py", "modify", "x"),
        ("absent.py", "delete", ""),
        ("link.py", "modify", "x"),
        ("out/x.py", "create", "x"),
        ("pipe", "modify", "x"),
        ("dir", "modify", "x"),
        ("old.py/below.py", "create", "x"),
    )
    reasons = applied(bench, changes)
    assert {reason.partition(":")[0] for reason in reasons} == {
        "old.py", "ghost.py", "absent.py", "link.py", "out/x.py", "pipe", "dir", "old.py/below.py",
    }  # fmt: skip
    assert tree_of(tmp_path) == before
    assert beside(tmp_path) == []


def test_a_file_makes_room_for_a_directory(tmp_path: Path) -> None:
    bench = laid_out(tmp_path, thing="x")
    assert applied(bench, change_set(("thing/a.py", "create", "a"), ("thing", "delete", ""))) == []
    assert list(tree_of(tmp_path)) == ["thing", "thing/a.py"]


def test_what_is_shared_or_beyond_the_fence_is_not_the_agents() -> None:
    changes = change_set(
        ("app/a.py", "create", ""), ("web/b.ts", "create", ""), ("tasks/prd.json", "create", "")
    )
    reasons = misfits(changes, ("tasks/prd.json",), ("app",))
    assert [reason.partition(":")[0] for reason in reasons] == ["web/b.ts", "tasks/prd.json"]
    assert misfits(changes, (), None) == []


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("requirements.txt", True), ("requirements-dev.txt", True), ("requirements/base.txt", True),
     ("web/package.json", True), ("requirements.md", False), ("package.py", False)],
)  # fmt: skip
def test_which_files_say_what_a_project_depends_on(path: str, *, is_one: bool) -> None:
    assert bool(dependency_files(change_set((path, "modify", "")))) is is_one


def fifty(directory: Path) -> tuple[Bench, ChangeSet]:
    """A set of fifty: made, changed and deleted files, in directories old and new."""
    olds = {f"d{number % 5}/old{number}.py": f"old {number}\r\n" for number in range(35)}
    bench = laid_out(directory)
    for name, text in olds.items():
        put(directory / "worktrees/r1", name, text)
    (directory / "worktrees/r1/d0/old0.py").chmod(0o755)
    changed = [(name, "modify", f"new of {name}") for name in list(olds)[:20]]
    deleted = [(name, "delete", "") for name in list(olds)[20:]]
    made = [(f"n{number % 3}/deep/new{number}.py", "create", f"new {number}") for number in range(15)]
    return bench, change_set(*changed, *deleted, *made)


def swept(directory: Path, step: int, *, dies: bool) -> int:
    """Fail at each `step`th operation; return how many operations there are."""
    at = 1
    while True:
        place = directory / f"at{at}"
        bench, changes = fifty(place)
        before = tree_of(place)
        nth = Nth(at, dies=dies)
        ended = False
        with injected(nth), suppress(Killed):
            ended = applied(bench, changes) == []
        if ended:
            return nth.acts
        if dies:
            assert applied(bench, changes) == [], "the next worker applies it as if nobody had died"
            assert len(tree_of(place)) != len(before)
            forgotten(bench)
        else:
            assert tree_of(place) == before, f"byte for byte, after a fault at operation {at}"
        assert beside(place) == []
        rmtree(place)
        at += step


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is one: thousands of files are written here, and waited for."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=MEMORY) as directory:
        yield Path(directory)


@pytest.mark.parametrize("dies", [False, True])
def test_a_fault_or_death_at_some_operations_of_a_set_of_fifty(quick: Path, *, dies: bool) -> None:
    assert swept(quick, 41, dies=dies) > 150


@pytest.mark.soak
@pytest.mark.parametrize("dies", [False, True])
def test_a_fault_or_death_at_every_operation_of_a_set_of_fifty(quick: Path, *, dies: bool) -> None:
    assert swept(quick, 1, dies=dies) > 150


def test_a_death_after_the_last_file_ends_in_the_same_tree(tmp_path: Path) -> None:
    bench, changes = fifty(tmp_path)
    assert applied(bench, changes) == []
    once = tree_of(tmp_path)
    assert applied(bench, changes) == [], "the step was not recorded, so it is run again"
    assert tree_of(tmp_path) == once
