"""Every change in a watched place is reported, however it was made and whatever the source of hints."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agentboard_tasks.files import Root
from agentboard_tasks.reconcile import Reconciler
from agentboard_tasks.watch import Watcher, choose_hints
from agentboard_tasks.watch_hints import Hints, HintsFailed
from agentboard_tasks.watch_inotify import InotifyHints
from agentboard_tasks.watch_mounts import file_system, is_remote
from agentboard_tasks.watch_watchfiles import WatchfilesHints

DEADLINE = 10.0
PLACES = (".claude/tasks/**", "tasks", "shared/**", "", "notes/todo.md")


def no_hints() -> Hints:
    raise HintsFailed("none here")


class Reports:
    """What a watcher reported, to be waited for."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.times: dict[str, float] = {}
        self.changed = threading.Condition()

    def __call__(self, paths: frozenset[str]) -> None:
        with self.changed:
            self.seen |= paths
            self.times.update(dict.fromkeys(paths, time.monotonic()))
            self.changed.notify_all()

    def wait(self, *paths: str) -> None:
        with self.changed:
            done = self.changed.wait_for(lambda: self.seen.issuperset(paths), DEADLINE)
            assert done, f"not reported: {set(paths) - self.seen}"

    def clear(self) -> None:
        with self.changed:
            self.seen.clear()
            self.times.clear()


Start = Callable[..., tuple[Watcher, Reports]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Watcher] = []

    def begin(
        hints: Callable[[], Hints] = choose_hints,
        places: Callable[[], Sequence[str]] = lambda: PLACES,
        reconcile: float = 60.0,
    ) -> tuple[Watcher, Reports]:
        reports = Reports()
        watcher = Watcher(str(tmp_path), places, reports, hints=hints, reconcile=reconcile)
        running.append(watcher)
        watcher.start()
        reports.wait("")
        reports.clear()
        return watcher, reports

    yield begin
    for watcher in running:
        watcher.stop()


@pytest.fixture(params=[choose_hints, WatchfilesHints, no_hints], ids=["native", "watchfiles", "polling"])
def hints(request: pytest.FixtureRequest) -> Callable[[], Hints]:
    source: Callable[[], Hints] = request.param
    return source


def test_each_kind_of_change_is_reported(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    (tmp_path / "tasks").mkdir()
    file = tmp_path / "tasks/a.md"
    _, reports = start(hints)
    file.write_text("one")
    reports.wait("tasks/a.md")
    reports.clear()
    with file.open("a") as end:
        end.write("two")
    reports.wait("tasks/a.md")
    reports.clear()
    (tmp_path / "tasks/.new").write_text("three three")
    os.rename(tmp_path / "tasks/.new", file)
    reports.wait("tasks/a.md")
    reports.clear()
    file.unlink()
    reports.wait("tasks/a.md")


def test_directories_that_do_not_exist_yet(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    _, reports = start(hints)
    (tmp_path / ".claude/tasks/deep/er").mkdir(parents=True)
    (tmp_path / ".claude/tasks/deep/er/x.md").write_text("x")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/todo.md").write_text("x")
    reports.wait(".claude/tasks/deep/er/x.md", "notes/todo.md")
    reports.clear()
    (tmp_path / ".claude/tasks/deep/er/y.md").write_text("y")
    (tmp_path / "notes/todo.md").write_text("longer")
    reports.wait(".claude/tasks/deep/er/y.md", "notes/todo.md")


def test_a_directory_deleted_and_made_again(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    (place / "old.md").write_text("old")
    _, reports = start(hints)
    for number in range(3):
        shutil.rmtree(place)
        place.mkdir()
        (place / f"{number}.md").write_text("new")
        reports.wait(f"shared/{number}.md")
        reports.clear()
        (place / f"{number}.md").write_text("newer still")
        reports.wait(f"shared/{number}.md")
        reports.clear()


def test_a_directory_replaced_by_another(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "other").mkdir()
    _, reports = start(hints)
    (tmp_path / "other/a.md").write_text("a")
    os.rename(tmp_path / "tasks", tmp_path / "away")
    os.rename(tmp_path / "other", tmp_path / "tasks")
    reports.wait("tasks/a.md")
    reports.clear()
    (tmp_path / "tasks/b.md").write_text("b")
    reports.wait("tasks/b.md")


def test_a_burst_of_nested_directories(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    (tmp_path / "shared").mkdir()
    _, reports = start(hints)
    paths = [f"shared/d{number}/e/f.json" for number in range(40)]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("{}")
    reports.wait(*paths)


def test_a_name_that_is_not_utf8(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    (tmp_path / "tasks").mkdir()
    watcher, reports = start(hints)
    name = b"bad\xff\xfe.md"
    (tmp_path / "tasks" / os.fsdecode(name)).write_text("x")
    reports.wait(os.fsdecode(b"tasks/" + name))
    (tmp_path / "tasks/good.md").write_text("x")
    reports.wait("tasks/good.md")
    assert watcher.mode


def test_links_are_not_followed(tmp_path: Path, start: Start, hints: Callable[[], Hints]) -> None:
    outside = tmp_path / "outside"
    project = tmp_path / "shared"
    outside.mkdir()
    project.mkdir()
    (project / "link").symlink_to(outside)
    _, reports = start(hints, lambda: ("shared/**",))
    (outside / "x.md").write_text("x")
    (project / "y.md").write_text("y")
    reports.wait("shared/y.md")
    assert reports.seen == {"shared/y.md"}


def test_the_same_size_and_second_still_counts(
    tmp_path: Path, start: Start, hints: Callable[[], Hints]
) -> None:
    (tmp_path / "tasks").mkdir()
    file = tmp_path / "tasks/a.md"
    file.write_text("- [ ] a")
    _, reports = start(hints)
    file.write_text("- [x] a")
    reports.wait("tasks/a.md")


@pytest.mark.parametrize("source", [choose_hints, WatchfilesHints], ids=["native", "watchfiles"])
def test_a_change_is_reported_in_time(tmp_path: Path, start: Start, source: Callable[[], Hints]) -> None:
    (tmp_path / "tasks").mkdir()
    _, reports = start(source)
    delays: list[float] = []
    for number in range(40):
        reports.clear()
        began = time.monotonic()
        (tmp_path / "tasks/a.md").write_text("x" * number)
        reports.wait("tasks/a.md")
        delays.append(reports.times["tasks/a.md"] - began)
    assert sorted(delays)[20] < 0.05, sorted(delays)


def test_a_file_that_is_emptied_to_be_written_anew_is_named_when_it_is_written(tmp_path: Path) -> None:
    place = tmp_path / "list.md"
    place.write_text("- [ ] T1 Sow\n")
    hints = InotifyHints()
    try:
        hints.watch([str(tmp_path)])
        with place.open("w") as file:
            writer = threading.Timer(0.02, lambda: print("- [ ] T1 Reap", file=file, flush=True))
            writer.start()
            assert hints.wait(5) == {str(place)}
            assert place.read_text() == "- [ ] T1 Reap\n"
            writer.join()
        place.open("w").close()  # emptied, and that is all
        begin = time.monotonic()
        assert hints.wait(5) == {str(place)}
        assert time.monotonic() - begin < 1
    finally:
        hints.close()


def test_nothing_is_lost_among_many_changes(tmp_path: Path, start: Start) -> None:
    (tmp_path / "shared").mkdir()
    _, reports = start()
    paths = [f"shared/{number}.md" for number in range(1_000)]
    for path in paths:
        (tmp_path / path).write_text(path)
    reports.wait(*paths)


def test_without_hints_a_scan_finds_it(tmp_path: Path, start: Start) -> None:
    class Deaf(WatchfilesHints):
        def wait(self, timeout: float) -> frozenset[str]:
            self._stop.wait(timeout)
            return frozenset()

    _, reports = start(Deaf, reconcile=0.05)
    (tmp_path / "tasks.md").write_text("x")
    reports.wait("tasks.md")


def test_polling_is_announced_with_its_reason(start: Start) -> None:
    watcher, _ = start(no_hints)
    assert watcher.mode == "polling every 250 ms: none here"
    watcher.stop()
    assert watcher.mode == "stopped"


def test_hints_that_die_are_replaced_by_polling(tmp_path: Path, start: Start) -> None:
    class Dying(WatchfilesHints):
        def wait(self, timeout: float) -> frozenset[str]:
            raise HintsFailed("it died")

    watcher, reports = start(Dying)
    (tmp_path / "tasks.md").write_text("x")
    reports.wait("tasks.md")
    assert watcher.mode == "polling every 250 ms: it died"


def test_an_owner_that_fails_does_not_end_the_watch(tmp_path: Path, start: Start) -> None:
    calls: list[int] = []

    def places() -> Sequence[str]:
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("not now")
        return ("tasks",)

    _, reports = start(choose_hints, places, 0.05)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/a.md").write_text("x")
    reports.wait("tasks/a.md")
    assert len(calls) > 2


def test_stop_is_quick_and_start_begins_again(
    tmp_path: Path, start: Start, hints: Callable[[], Hints]
) -> None:
    watcher, reports = start(hints)
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 2.0
    (tmp_path / "tasks.md").write_text("while stopped")
    watcher.start()
    reports.wait("")
    watcher.stop()
    watcher.stop()


def test_no_descriptor_is_left(tmp_path: Path, start: Start) -> None:
    watcher, reports = start()
    watcher.stop()
    gc.collect()  # what other tests left to the collector is not counted
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        reports.clear()
        watcher.start()
        reports.wait("")
        watcher.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_watched_root_that_goes_away(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "tasks").mkdir(parents=True)
    (root / "tasks/a.md").write_text("a")
    reports = Reports()
    watcher = Watcher(str(root), lambda: ("tasks",), reports, reconcile=0.05)
    watcher.start()
    reports.wait("")
    shutil.rmtree(root)
    reports.wait("tasks/a.md")
    watcher.stop()


def test_a_tree_beside_the_watched_places_is_not_looked_at(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"src/d{number}").mkdir(parents=True)
        (tmp_path / f"src/d{number}/a.py").touch()
    (tmp_path / "tasks").mkdir()
    scanner = Reconciler(Root(str(tmp_path)))
    scanner.scan(PLACES)
    assert set(scanner.directories) == {"", "tasks"}
    assert set(scanner.marks) == {"src", "tasks"}


def test_a_scan_reports_only_the_difference(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    scanner = Reconciler(Root(str(tmp_path)))
    assert scanner.scan(PLACES) == {"tasks"}
    assert scanner.scan(PLACES) == frozenset()
    (tmp_path / "tasks/a.md").write_text("a")
    assert scanner.look(["tasks/a.md", "elsewhere/b.md"]) == (frozenset({"tasks/a.md"}), False)
    assert scanner.look(["tasks/a.md"]) == (frozenset(), False)
    (tmp_path / "shared").mkdir()
    assert scanner.look(["shared"])[1]
    assert scanner.scan(PLACES) == {"shared"}


def test_a_copy_that_looks_the_same_still_counts(tmp_path: Path) -> None:
    """One that was made while the owner saw nothing there: same inode, size and modification time."""
    file = tmp_path / "a.md"
    file.write_text("one")
    before = file.stat()
    scanner = Reconciler(Root(str(tmp_path)))
    scanner.scan([""])
    for _ in range(200):  # file systems give the inode again, sooner or later
        file.unlink()
        file.write_text("one")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        if file.stat().st_ino == before.st_ino:
            break
    assert scanner.look(["a.md"])[0] == {"a.md"}


def test_permissions_that_change_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one")
    scanner = Reconciler(Root(str(tmp_path)))
    scanner.scan([""])
    file.chmod(0o600)
    assert scanner.scan([""]) == {"a.md"}


def test_a_named_file_does_not_bring_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main")
    scanner = Reconciler(Root(str(tmp_path)))
    places = (".git/HEAD", "far/away.md")
    assert scanner.scan(places) == {".git/HEAD"}
    assert set(scanner.directories) == {".git", ""}
    (tmp_path / ".git/index").write_text("x")
    (tmp_path / "other.md").write_text("x")
    assert scanner.look([".git/index", "other.md"]) == (frozenset(), False)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/other")
    assert scanner.look([".git/HEAD"]) == (frozenset({".git/HEAD"}), False)
    assert scanner.look(["far"])[1]


def test_the_file_system_of_a_path_is_known() -> None:
    mounts = (
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "23 22 0:40 / /mnt/team\\040share rw,relatime shared:1 - nfs4 host:/x rw\n"
        "garbage\n"
    )
    assert file_system("/home/me", mounts) == "ext4"
    assert file_system("/mnt/team share/repo", mounts) == "nfs4"
    assert is_remote("nfs4")
    assert not is_remote("ext4")
