"""Twenty ways in which watchers go blind: two seconds after each the board shows what is on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from agentboard_tasks.files import Root
from agentboard_tasks.watch import Watcher, choose_hints
from agentboard_tasks.watch_hints import Hints
from agentboard_tasks.workspace import load
from tests.tasks.test_watch_workspace import LAYOUT, Board, no_hints, shown

WITHIN = 2.0
LIST = ".claude/tasks/a-tasks.md"
PRD = b'{"userStories": [{"id": 1, "title": "S", "passes": false}]}'
Act = Callable[[Path], None]


def put(root: Path, name: str, data: bytes = b"- [ ] one\n- [ ] two\n") -> Path:
    """Write a file in place, with its directories."""
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def swap(root: Path, name: str, data: bytes) -> None:
    """Put a file there by rename."""
    os.replace(put(root, f"{name}.tmp~", data), root / name)


def replaced_often(root: Path) -> None:
    for number in range(50):
        swap(root, LIST, f"- [ ] number {number}\n".encode())


def replaced_then_written_in_place(root: Path) -> None:
    swap(root, LIST, b"- [ ] new\n")
    put(root, LIST, b"- [x] new\n")


def directory_made_anew(root: Path) -> None:
    shutil.rmtree(root / ".claude")
    put(root, LIST, b"- [x] back\n")


def directory_made_anew_twice(root: Path) -> None:
    for _ in range(2):
        directory_made_anew(root)
    swap(root, LIST, b"- [ ] again\n")


def directory_renamed_and_back(root: Path) -> None:
    os.rename(root / ".claude", root / "away")
    os.rename(root / "away", root / ".claude")
    put(root, LIST, b"- [x] home\n")


def directory_swapped(root: Path) -> None:
    put(root, "other/tasks/b-tasks.md")
    os.rename(root / ".claude", root / "old")
    os.rename(root / "other", root / ".claude")
    put(root, "old/tasks/a-tasks.md", b"- [x] not ours\n")


def nested_burst(root: Path) -> None:
    for number in range(20):
        put(root, f"shared/a{number}/b/c/d/summary-{number}.md")


def many_files(root: Path) -> None:
    for number in range(300):
        put(root, f".claude/tasks/n{number}-tasks.md")


def made_and_gone(root: Path) -> None:
    for number in range(100):
        put(root, f".claude/tasks/n{number}-tasks.md").unlink()


def gone(root: Path) -> None:
    shutil.rmtree(root / ".claude")


def same_size_same_second(root: Path) -> None:
    before = (root / LIST).stat()
    put(root, LIST, b"- [x] one\n- [ ] two\n")
    os.utime(root / LIST, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def torn_write(root: Path) -> None:
    with (root / "tasks/x_prd.json").open("wb") as file:
        for part in (PRD[:20], PRD[20:]):
            file.write(part)
            file.flush()


def truncated_log(root: Path) -> None:
    put(root, "tasks/x_progress.txt", b"## Task #1: a\n" * 500)
    put(root, "tasks/x_progress.txt", b"## Task #2: b\n")


def file_becomes_directory(root: Path) -> None:
    (root / "tasks.md").unlink()
    put(root, "tasks.md/inner.md")


def directory_becomes_file(root: Path) -> None:
    shutil.rmtree(root / "shared")
    put(root, "shared", b"a file")


def file_becomes_link(root: Path) -> None:
    (root / LIST).unlink()
    (root / LIST).symlink_to(put(root, "elsewhere.md"))


def link_becomes_file(root: Path) -> None:
    file_becomes_link(root)
    (root / LIST).unlink()
    put(root, LIST, b"- [x] plain\n")


def name_that_is_not_utf8(root: Path) -> None:
    put(root, ".claude/tasks/" + os.fsdecode(b"caf\xe9-tasks.md"))
    put(root, LIST, b"- [x] after it\n")


def unreadable_and_readable(root: Path) -> None:
    os.chmod(root / LIST, 0)
    os.chmod(root / LIST, 0o644)
    put(root, "specs/new/tasks.md")


def moved_in_from_outside(root: Path) -> None:
    tree = root.parent / "made-elsewhere"
    put(tree, "deep/er/z-tasks.md")
    os.rename(tree, root / ".claude/tasks/moved")


def written_by_another_name(root: Path) -> None:
    other = root.parent / "elsewhere.md"  # of which the system says nothing to who watches the first name
    os.link(root / LIST, other)
    with other.open("ab") as file:
        file.write(b"- [ ] three\n")


SCENARIOS: tuple[Act, ...] = (
    replaced_often,
    replaced_then_written_in_place,
    directory_made_anew,
    directory_made_anew_twice,
    directory_renamed_and_back,
    directory_swapped,
    nested_burst,
    many_files,
    made_and_gone,
    gone,
    same_size_same_second,
    torn_write,
    truncated_log,
    file_becomes_directory,
    directory_becomes_file,
    file_becomes_link,
    link_becomes_file,
    name_that_is_not_utf8,
    unreadable_and_readable,
    moved_in_from_outside,
    written_by_another_name,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    put(root, LIST)
    put(root, "tasks.md")
    put(root, "tasks/x_prd.json", PRD)
    put(root, "tasks/x_progress.txt", b"## Task #1: a\n")
    put(root, "shared/a-summary.md")
    return root


def took(project: Path, act: Act, source: Callable[[], Hints]) -> float:
    """Return the seconds from the end of an act to the board's showing what is there."""
    board = Board(Root(str(project)))
    watcher = Watcher(str(project), lambda: LAYOUT.watched, board, hints=source)
    watcher.start()
    try:
        assert board.wait(load(board.root, LAYOUT))
        act(project)
        ended = monotonic()
        wanted = load(board.root, LAYOUT)
        assert board.wait(wanted), shown(board.workspace).keys() ^ shown(wanted).keys()
        return monotonic() - ended
    finally:
        watcher.stop()


@pytest.mark.parametrize("act", SCENARIOS, ids=lambda act: act.__name__)
def test_the_board_equals_the_disk_within_two_seconds(project: Path, act: Act) -> None:
    assert took(project, act, choose_hints) <= WITHIN


@pytest.mark.soak
@pytest.mark.parametrize("source", [choose_hints, no_hints], ids=["native", "polling"])
@pytest.mark.parametrize("act", SCENARIOS, ids=lambda act: act.__name__)
def test_so_it_is_each_time_and_by_polling_too(tmp_path: Path, act: Act, source: Callable[[], Hints]) -> None:
    for number in range(5):
        root = tmp_path / str(number)
        for name, data in ((LIST, b"- [ ] one\n"), ("tasks/x_prd.json", PRD), ("shared/a-summary.md", b"")):
            put(root / "project", name, data)
        put(root / "project", "tasks.md")
        assert took(root / "project", act, source) <= WITHIN
