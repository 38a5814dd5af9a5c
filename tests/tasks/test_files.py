"""Files beneath a root: whole or not at all, capped, and nothing else than plain files."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentboard_tasks import beneath, beneath_swap
from agentboard_tasks.files import (
    Busy,
    Changed,
    Damaged,
    FileFault,
    Full,
    Missing,
    Refused,
    Root,
    TooLarge,
    injected,
)


@pytest.fixture(params=["openat2", "stepwise"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    if request.param == "stepwise":
        monkeypatch.setattr(beneath, "supported", lambda: False)
    elif not beneath.supported():
        pytest.skip("no openat2 here")
    (tmp_path / "project").mkdir()
    return Root(str(tmp_path / "project"))


@pytest.fixture(autouse=True)
def no_descriptor_leaks() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) <= before


def names(root: Root, rel: str = "") -> list[str]:
    return sorted(os.listdir(os.path.join(root.path, rel)))


def test_what_is_written_is_read(root: Root) -> None:
    stamp = root.write("a/b/c.md", b"\xef\xbb\xbfone\r\n\xff\n")
    image = root.read("a/b/c.md")
    assert image.data == b"\xef\xbb\xbfone\r\n\xff\n"
    assert image.stamp == stamp == root.stamp("a/b/c.md")
    assert names(root, "a/b") == ["c.md"]


def test_a_name_that_is_no_utf8(root: Root) -> None:
    rel = os.fsdecode(b"caf\xe9.md")
    root.write(rel, b"x")
    assert os.listdir(os.fsencode(root.path)) == [b"caf\xe9.md"]
    assert [entry.name for entry in root.entries()] == [rel]
    assert root.read(rel).data == b"x"


def test_the_mode_is_kept_or_given(root: Root) -> None:
    root.write("run.sh", b"1", mode=0o755)
    root.write("run.sh", b"2")
    root.write("secret", b"1", mode=0o600)
    assert oct(os.stat(f"{root.path}/run.sh").st_mode & 0o777) == "0o755"
    assert oct(os.stat(f"{root.path}/secret").st_mode & 0o777) == "0o600"


def test_a_new_file_follows_the_umask(root: Root) -> None:
    before = os.umask(0o027)
    try:
        root.write("new", b"")
    finally:
        os.umask(before)
    assert os.stat(f"{root.path}/new").st_mode & 0o777 == 0o640


def test_a_read_only_file_is_respected(root: Root) -> None:
    root.write("a", b"1", mode=0o444)
    with pytest.raises(Refused, match="read-only"):
        root.write("a", b"2")
    assert root.read("a").data == b"1"


def test_missing(root: Root) -> None:
    assert root.stamp("no/thing") is None
    for act in (lambda: root.read("no/thing"), lambda: root.entries("no"), lambda: root.remove("no")):
        with pytest.raises(Missing):
            act()
    gone = Root(root.path + "-gone")
    assert gone.stamp("a") is None
    with pytest.raises(Missing):
        gone.read("a")


def test_caps(root: Root) -> None:
    root.write("a", b"12345")
    assert root.read("a", cap=5).data == b"12345"
    with pytest.raises(TooLarge, match="5 bytes"):
        root.read("a", cap=4)


def test_a_file_that_grows_while_it_is_read(root: Root) -> None:
    root.write("a", b"12")
    real = os.fstat

    def grown(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        with open(f"{root.path}/a", "ab") as file:
            file.write(b"x" * 10)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fstat", grown)
        with pytest.raises(TooLarge, match="grew"):
            root.read("a", cap=5)


def test_reading_a_part(root: Root) -> None:
    root.write("log", b"0123456789")
    assert root.read_from("log", 4, 3) == b"456"
    assert root.read_from("log", 8, 100) == b"89"
    assert root.read_from("log", 50, 100) == b""


def special(root: Root) -> dict[str, str]:
    """Make one of each kind that is no plain file."""
    os.mkfifo(f"{root.path}/fifo")
    os.mkdir(f"{root.path}/directory")
    os.symlink("/etc/passwd", f"{root.path}/link")
    os.symlink("nowhere", f"{root.path}/dangling")
    server = socket.socket(socket.AF_UNIX)
    with server:
        here = os.getcwd()
        os.chdir(root.path)
        server.bind("socket")
        os.chdir(here)
    made = {"fifo": "FIFO", "directory": "directory", "link": "link", "dangling": "link", "socket": "."}
    if os.geteuid() == 0:
        os.mknod(f"{root.path}/device", 0o020666, os.makedev(1, 5))
        made["device"] = "device"
    return made


def test_only_plain_files(root: Root) -> None:
    for name, reason in special(root).items():
        acts: tuple[Callable[[str], object], ...] = (
            root.read,
            root.read_settled,
            lambda rel: root.write(rel, b"x"),
            lambda rel: root.append(rel, b"x"),
            lambda rel: root.swap(rel, b"", b"x", lambda _: None),
        )
        for act in acts:
            with pytest.raises(Refused, match=reason):
                act(name)
    assert {entry.name: entry.kind for entry in root.entries()}["link"] == "link"
    assert [name for name in names(root) if name.startswith(".agentboard")] == []


def test_hard_linked_targets_are_refused(root: Root, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    os.link(outside, f"{root.path}/inside")
    for act in (
        lambda: root.write("inside", b"x"),
        lambda: root.append("inside", b"x"),
        lambda: root.swap("inside", b"precious", b"x", lambda _: None),
    ):
        with pytest.raises(Refused, match="hard links"):
            act()
    assert outside.read_bytes() == b"precious"
    assert root.read("inside").data == b"precious"


def test_the_root_may_be_reached_through_a_link(root: Root, tmp_path: Path) -> None:
    os.symlink(root.path, tmp_path / "alias")
    Root(str(tmp_path / "alias")).write("a", b"1")
    assert root.read("a").data == b"1"


def test_append_adds_and_makes(root: Root) -> None:
    root.append("log/a", b"1\n")
    assert root.append("log/a", b"2\n").size == 4
    assert root.read("log/a").data == b"1\n2\n"


def test_appends_of_many_threads_are_whole(root: Root) -> None:
    def work(name: int) -> None:
        for count in range(20):
            root.append("log", f"{name}:{count}:{'x' * 200}\n".encode(), durable=False)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = root.read("log").data.splitlines()
    assert len(lines) == len(set(lines)) == 160
    assert {len(line) - len(line.rstrip(b"x")) for line in lines} == {200}


def test_an_append_follows_a_replaced_file(root: Root) -> None:
    root.write("log", b"old\n")

    def replace(operation: str, path: str) -> None:
        if (operation, path) == ("write", "log") and root.read("log").data == b"old\n":
            Path(f"{root.path}/other").write_bytes(b"new\n")
            os.rename(f"{root.path}/other", f"{root.path}/log")

    with injected(replace):
        root.append("log", b"entry\n")
    assert root.read("log").data == b"new\nentry\n"


def test_rename_and_remove(root: Root) -> None:
    root.write("a/b", b"1")
    root.rename("a/b", "c/d")
    assert root.read("c/d").data == b"1"
    root.remove("c/d")
    root.remove("c")
    assert names(root) == ["a"]
    root.make_directory("x/y")
    root.make_directory("x/y")
    with pytest.raises(Refused, match="not empty"):
        root.remove("x")


def test_removing_a_link_removes_the_link(root: Root, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"1")
    os.symlink(tmp_path / "kept", f"{root.path}/link")
    root.remove("link")
    assert (tmp_path / "kept").exists()
    assert names(root) == []


def test_what_a_killed_writer_left_is_swept(root: Root) -> None:
    Path(f"{root.path}/.agentboard-0123.tmp").write_bytes(b"half")
    assert root.entries() == []
    root.write("a", b"1")
    assert names(root) == ["a"]


def test_writers_who_sweep_take_nothing_from_each_other(root: Root) -> None:
    faults: list[FileFault] = []

    def write(name: str) -> None:
        for _ in range(150):
            try:
                Root(root.path).write(name, name.encode(), durable=False)  # each sweeps when it writes first
            except FileFault as fault:
                faults.append(fault)

    names = [f"{number}.txt" for number in range(6)]
    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [root.read(name).data.decode() for name in names] == names
    assert sorted(os.listdir(root.path)) == names


def test_a_lock_excludes_and_is_given_back(root: Root) -> None:
    with root.lock("locks/a"):
        with pytest.raises(Busy), root.lock("locks/a", wait=0.01):
            pass
        with root.lock("locks/b", wait=0):
            pass
    with root.lock("locks/a", wait=0):
        pass


def test_write_new_never_replaces(root: Root) -> None:
    root.write_new("a", b"1")
    with pytest.raises(Changed):
        root.write_new("a", b"2")
    assert root.read("a").data == b"1"
    assert names(root) == ["a"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, Full),
        (errno.EDQUOT, Full),
        (errno.EIO, Damaged),
        (errno.EROFS, Refused),
        (errno.EACCES, Refused),
        (errno.ELOOP, Refused),
        (errno.EMFILE, Damaged),
    ],
)
def test_every_error_of_the_disk_is_typed(root: Root, number: int, kind: type[FileFault]) -> None:
    def hook(_operation: str, _path: str) -> None:
        raise OSError(number, os.strerror(number))

    root.write("a", b"old")
    acts: tuple[Callable[[], object], ...] = (
        lambda: root.read("a"),
        lambda: root.entries(),
        lambda: root.write("a", b"new"),
        lambda: root.append("a", b"new"),
        lambda: root.remove("a"),
        lambda: root.rename("a", "b"),
        lambda: root.make_directory("d"),
    )
    for act in acts:
        with injected(hook), pytest.raises(kind) as caught:
            act()
        assert "\n" not in str(caught.value)
    assert root.read("a").data == b"old"
    assert names(root) == ["a"]


class NthFault:
    """Raises an error at the nth operation of one kind."""

    def __init__(self, operation: str, nth: int, number: int) -> None:
        self.operation, self.left, self.number = operation, nth, number
        self.raised = False

    def __call__(self, operation: str, _path: str) -> None:
        if operation == self.operation:
            self.left -= 1
            if self.left == 0:
                self.raised = True
                raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("operation", ["open", "write", "fsync", "rename", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_fault_at_any_operation_leaves_old_or_new(root: Root, operation: str, number: int) -> None:
    root.write("t/a", b"old")
    for nth in range(1, 20):
        hook = NthFault(operation, nth, number)
        with injected(hook):
            try:
                root.write("t/a", b"new")
                root.write(f"t/d{nth}/b", b"new")
                root.append("t/a", b"+more")
            except FileFault:
                pass
        assert root.read("t/a").data in {b"old", b"new", b"new+more"}
        assert [name for name in names(root, "t") if name.startswith(".")] == []
        root.write("t/a", b"old")
        if not hook.raised:
            break
    else:
        pytest.fail("the sweep did not reach its end")


def test_half_an_append_is_taken_back(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.write("log", b"one\n")
    real, calls = os.write, [0]

    def short(descriptor: int, data: memoryview) -> int:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, data[:2])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(Full):
        root.append("log", b"two\n")
    monkeypatch.undo()
    assert root.read("log").data == b"one\n"


def test_a_settled_read_waits_for_the_writer(root: Root) -> None:
    root.write("a", b"before\n")
    opened = threading.Event()

    def write() -> None:
        with open(f"{root.path}/a", "wb") as file:
            file.write(b"aft")
            file.flush()
            opened.set()
            threading.Event().wait(0.05)  # the writer thinks
            file.write(b"er\n")

    thread = threading.Thread(target=write)
    thread.start()
    assert opened.wait(5)
    assert root.read_settled("a").data == b"after\n"
    thread.join()


def test_a_swap_refuses_what_it_was_not_made_for(root: Root) -> None:
    root.write("a", b"other")
    with pytest.raises(Changed):
        root.swap("a", b"expected", b"new", lambda _: None)
    assert root.read("a").data == b"other"
    assert names(root) == ["a"]


@pytest.mark.parametrize("how", ["rename", "in place", "slowly in place"])
def test_a_swap_hands_back_what_came_at_the_last_moment(root: Root, how: str) -> None:
    root.write("a", b"before")
    threads: list[threading.Thread] = []
    opened = threading.Event()

    def foreign() -> None:
        with open(f"{root.path}/a", "wb") as file:
            file.write(b"theirs")
            opened.set()
            threading.Event().wait(0.02 if how.startswith("slowly") else 0)

    def hook(operation: str, path: str) -> None:
        if (operation, path) != ("rename", "a"):
            return
        if how == "rename":
            Path(f"{root.path}/b").write_bytes(b"theirs")
            os.rename(f"{root.path}/b", f"{root.path}/a")
        else:  # the lease makes it wait until the exchange is done
            threads.append(threading.Thread(target=foreign))
            threads[0].start()
            opened.wait(0.05)

    with injected(hook):
        if how == "rename":
            with pytest.raises(Changed):
                root.swap("a", b"before", b"ours", lambda _: None)
        else:
            assert root.swap("a", b"before", b"ours", lambda _: None) == b"theirs"
    for thread in threads:
        thread.join()
    assert names(root) == ["a"]


def test_a_rename_between_the_last_look_and_the_exchange(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.write("a", b"before")
    real = beneath_swap.renameat2

    def raced(parent: int, name: str, to: str, flag: int) -> bool:
        Path(f"{root.path}/b").write_bytes(b"theirs")
        os.rename(f"{root.path}/b", f"{root.path}/a")
        return real(parent, name, to, flag)

    monkeypatch.setattr(beneath_swap, "renameat2", raced)
    assert root.swap("a", b"before", b"ours", lambda _: None) == b"theirs"
    assert root.read("a").data == b"ours"
    assert names(root) == ["a"]


def test_a_link_between_the_last_look_and_the_exchange(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.write("a", b"before")
    real = beneath_swap.renameat2

    def raced(parent: int, name: str, to: str, flag: int) -> bool:
        monkeypatch.setattr(beneath_swap, "renameat2", real)
        os.unlink(f"{root.path}/a")
        os.symlink("/etc/passwd", f"{root.path}/a")
        return real(parent, name, to, flag)

    monkeypatch.setattr(beneath_swap, "renameat2", raced)
    with pytest.raises(Refused, match="symbolic link"):
        root.swap("a", b"before", b"ours", lambda _: None)
    assert os.readlink(f"{root.path}/a") == "/etc/passwd"
    assert names(root) == ["a"]


def test_without_leases_and_exchange_it_still_works(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_lease: beneath_swap.Lease) -> None:
        return None

    def refused(_parent: int, _name: str, _to: str, _flag: int) -> bool:
        return False

    monkeypatch.setattr(beneath_swap.Lease, "_take", unknown)
    monkeypatch.setattr(beneath_swap, "renameat2", refused)
    root.write("a", b"before")
    assert root.swap("a", b"before", b"ours", lambda _: None) is None
    assert root.read_settled("a").data == b"ours"
    root.write_new("b", b"1")
    with pytest.raises(Changed):
        root.write_new("b", b"2")
    assert names(root) == ["a", "b"]


def test_errors_are_safe_to_show(root: Root) -> None:
    with pytest.raises(Missing) as caught:
        root.read("\x1b]0;x\x07.md")
    assert str(caught.value).isprintable()
