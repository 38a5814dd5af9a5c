"""Edits of files that others write too: onto the latest content, taken back, put back, never torn."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_tasks.content import ABSENT
from agentboard_tasks.edit import EditConflict, Editor, NothingToUndo, Patch, PatchRefused
from agentboard_tasks.files import Damaged, Full, Missing, Root, injected
from agentboard_tasks.journal import key

LIST = b"# Tasks\n\n## To Do\n- [ ] a\n- [ ] b\n- [ ] c\n\n## In Progress\n\n## Completed\n"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root.create(str(tmp_path / "project"))


@pytest.fixture
def state(tmp_path: Path) -> Root:
    return Root.create(str(tmp_path / "state"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def editor(root: Root, state: Root, clock: Clock) -> Editor:
    root.write("t.md", LIST)
    return Editor(root, state, clock=clock)


def tick(name: str) -> Patch:
    """Return the patch that ticks a box."""

    def patch(data: bytes) -> bytes:
        box = f"- [ ] {name}\n".encode()
        if box in data:
            return data.replace(box, f"- [x] {name}\n".encode())
        if f"- [x] {name}\n".encode() in data:
            return data
        raise PatchRefused(f"there is no task {name}")

    return patch


def move(name: str, heading: str) -> Patch:
    """Return the patch that puts an item first under a heading."""

    def patch(data: bytes) -> bytes:
        item = f"- [ ] {name}\n".encode()
        if item not in data:
            raise PatchRefused(f"there is no task {name}")
        return data.replace(item, b"").replace(f"## {heading}\n".encode(), f"## {heading}\n".encode() + item)

    return patch


def foreign(root: Root, change: Callable[[bytes], bytes], rel: str = "t.md") -> None:
    """Write as an editor does that knows nothing of us."""
    path = Path(root.path, rel)
    path.write_bytes(change(path.read_bytes()))


def test_an_edit_changes_what_it_says_and_is_journalled(editor: Editor, root: Root, clock: Clock) -> None:
    edit = editor.apply("t.md", tick("a"), why="tick a")
    assert root.read("t.md").data == LIST.replace(b"[ ] a", b"[x] a")
    assert (edit.file, edit.why, edit.time) == ("t.md", "tick a", clock.now)
    assert editor.contents.load(edit.before) == LIST
    assert editor.contents.load(edit.after) == root.read("t.md").data
    assert editor.journal.edits() == [edit]
    assert os.listdir(root.path) == ["t.md"]


def test_bytes_stay_bytes(editor: Editor, root: Root) -> None:
    odd = b"\xef\xbb\xbf- [ ] a\r\n\xff\xfe no text\r\n- [ ] b\n"
    root.write("odd.md", odd, mode=0o640)
    editor.apply("odd.md", lambda data: data.replace(b"[ ] b", b"[x] b"), why="b")
    assert root.read("odd.md").data == odd.replace(b"[ ] b", b"[x] b")
    assert os.stat(f"{root.path}/odd.md").st_mode & 0o777 == 0o640


def test_an_edit_that_changes_nothing_is_not_journalled(editor: Editor) -> None:
    edit = editor.apply("t.md", lambda data: data, why="nothing")
    assert edit.before == edit.after
    assert editor.journal.edits() == []


def test_a_patch_that_does_not_apply(editor: Editor, root: Root) -> None:
    with pytest.raises(PatchRefused, match="no task z"):
        editor.apply("t.md", tick("z"), why="z")
    assert root.read("t.md").data == LIST
    assert editor.journal.edits() == []


def test_a_missing_file_is_made_only_if_asked(editor: Editor, root: Root) -> None:
    with pytest.raises(Missing):
        editor.apply("new/n.md", lambda data: data + b"x\n", why="n")
    edit = editor.apply("new/n.md", lambda data: data + b"x\n", why="n", create=True)
    assert edit.before == ABSENT
    assert root.read("new/n.md").data == b"x\n"


def test_undo_takes_back_edit_after_edit(editor: Editor, root: Root) -> None:
    editor.apply("t.md", tick("a"), why="a")
    editor.apply("t.md", tick("b"), why="b")
    assert editor.undo().why == "undo: b"
    assert root.read("t.md").data == LIST.replace(b"[ ] a", b"[x] a")
    editor.undo()
    assert root.read("t.md").data == LIST
    with pytest.raises(NothingToUndo):
        editor.undo()


def test_undo_keeps_what_was_changed_since(editor: Editor, root: Root) -> None:
    editor.apply("t.md", tick("b"), why="b")
    foreign(root, lambda data: data.replace(b"- [ ] c", b"- [x] c").replace(b"# Tasks\n", b"# Tasks!\n"))
    editor.undo()
    expected = LIST.replace(b"- [ ] c", b"- [x] c").replace(b"# Tasks\n", b"# Tasks!\n")
    assert root.read("t.md").data == expected


def test_undo_of_a_line_that_was_changed_since_is_a_conflict(editor: Editor, root: Root) -> None:
    editor.apply("t.md", tick("b"), why="tick b")
    foreign(root, lambda data: data.replace(b"- [x] b", b"- [x] b, reviewed"))
    with pytest.raises(EditConflict, match=r"tick b.*by hand"):
        editor.undo()
    assert b"- [x] b, reviewed" in root.read("t.md").data


def test_undo_of_a_new_file_removes_it_unless_it_changed(editor: Editor, root: Root) -> None:
    editor.apply("n.md", lambda data: data + b"x\n", why="n", create=True)
    editor.undo()
    assert root.stamp("n.md") is None
    editor.apply("n.md", lambda data: data + b"x\n", why="n", create=True)
    foreign(root, lambda data: data + b"y\n", "n.md")
    with pytest.raises(EditConflict, match="changed since"):
        editor.undo()
    assert root.read("n.md").data == b"x\ny\n"


def test_another_process_can_undo(editor: Editor, root: Root, state: Root, clock: Clock) -> None:
    editor.apply("t.md", tick("a"), why="a")
    Editor(root, state, clock=clock).undo()
    assert root.read("t.md").data == LIST


@pytest.mark.parametrize("own", [True, False], ids=["by the same process", "by another process"])
@pytest.mark.parametrize("patch", [tick("b"), move("b", "In Progress")], ids=["tick", "move"])
def test_a_stale_buffer_cannot_take_an_edit_away(
    editor: Editor, root: Root, state: Root, clock: Clock, patch: Patch, own: bool
) -> None:
    stale = root.read("t.md").data
    editor.apply("t.md", patch, why="b")
    foreign(
        root, lambda _: stale.replace(b"- [ ] a", b"- [x] a").replace(b"- [ ] c\n", b"- [ ] c\n- [ ] d\n")
    )
    clock.now += 20
    watcher = editor if own else Editor(root, state, clock=clock)
    assert len(watcher.reconcile("t.md")) == 1
    data = root.read("t.md").data
    assert patch(data) == data or b"## In Progress\n- [ ] b\n" in data
    assert b"- [x] a" in data
    assert b"- [ ] d" in data
    assert watcher.reconcile() == []


def marked(data: bytes) -> bytes:
    return data.replace(b"- [x] b", b"- [~] b")


def removed(data: bytes) -> bytes:
    return data.replace(b"- [x] b\n", b"")


def moved_on(data: bytes) -> bytes:
    return removed(data).replace(b"## Completed\n", b"## Completed\n- [x] b\n")


def more(data: bytes) -> bytes:
    return data + b"- [ ] more\n"


def emptied(_data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("change", [marked, removed, moved_on, more, emptied])
def test_who_moves_on_from_an_edit_is_left_alone(
    editor: Editor, root: Root, change: Callable[[bytes], bytes]
) -> None:
    editor.apply("t.md", tick("b"), why="b")
    foreign(root, change)
    after = root.read("t.md").data
    assert editor.reconcile() == []
    assert root.read("t.md").data == after


def test_an_edit_taken_back_on_purpose_stays_taken_back(editor: Editor, root: Root, clock: Clock) -> None:
    editor.apply("t.md", tick("b"), why="b")
    clock.now += 10
    foreign(root, lambda data: data.replace(b"- [x] b", b"- [ ] b"))
    assert editor.reconcile() == []
    assert root.read("t.md").data == LIST


def test_old_edits_are_not_watched_over(editor: Editor, root: Root, clock: Clock) -> None:
    editor.apply("t.md", tick("b"), why="b")
    clock.now += 120
    foreign(root, lambda _: LIST + b"more\n")
    assert editor.reconcile() == []


def test_our_own_later_edits_and_undo_are_not_fought(editor: Editor, root: Root) -> None:
    editor.apply("t.md", tick("b"), why="b")
    editor.undo()
    editor.apply("t.md", move("a", "In Progress"), why="a")
    editor.apply("t.md", move("a", "Completed"), why="a")
    before = root.read("t.md").data
    assert editor.reconcile() == []
    assert root.read("t.md").data == before


def raced(root: Root, change: Callable[[bytes], bytes], *, times: int = 1) -> Callable[[str, str], None]:
    """Return a hook that writes, by rename, just before our exchange."""
    left = [times]

    def hook(operation: str, path: str) -> None:
        if (operation, path) == ("rename", "t.md") and left[0]:
            left[0] -= 1
            data = Path(root.path, "t.md").read_bytes()
            Path(root.path, "other").write_bytes(change(data))
            os.rename(f"{root.path}/other", f"{root.path}/t.md")

    return hook


def test_a_write_between_look_and_rename_is_kept(editor: Editor, root: Root) -> None:
    with injected(raced(root, lambda data: data.replace(b"- [ ] a", b"- [x] a"), times=3)):
        edit = editor.apply("t.md", tick("b"), why="b")
    assert root.read("t.md").data == LIST.replace(b"[ ] a", b"[x] a").replace(b"[ ] b", b"[x] b")
    assert editor.contents.load(edit.before) == LIST.replace(b"[ ] a", b"[x] a")


def test_a_write_that_the_exchange_took_away_is_joined(
    editor: Editor, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = root.swap
    seen: list[bytes] = []

    def swap(
        rel: str, expected: bytes, data: bytes, ready: Callable[[str], None], *, hurry: bool = False
    ) -> bytes | None:
        lost = real(rel, expected, data, ready, hurry=hurry)
        seen.append(data)
        return LIST.replace(b"- [ ] a", b"- [x] a") if len(seen) == 1 else lost

    monkeypatch.setattr(root, "swap", swap)
    editor.apply("t.md", tick("b"), why="b")
    assert root.read("t.md").data == LIST.replace(b"[ ] a", b"[x] a").replace(b"[ ] b", b"[x] b")


def test_a_conflict_keeps_both_sides_and_leaves_theirs(
    editor: Editor, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = root.swap
    theirs = LIST.replace(b"- [ ] b", b"- [ ] b, but better")

    def swap(
        rel: str, expected: bytes, data: bytes, ready: Callable[[str], None], *, hurry: bool = False
    ) -> bytes | None:
        lost = real(rel, expected, data, ready, hurry=hurry)
        return theirs if expected == LIST else lost

    monkeypatch.setattr(root, "swap", swap)
    with pytest.raises(EditConflict, match="same lines") as caught:
        editor.apply("t.md", tick("b"), why="b")
    assert root.read("t.md").data == theirs
    assert editor.contents.load(caught.value.theirs) == theirs
    assert editor.contents.load(caught.value.ours) == LIST.replace(b"[ ] b", b"[x] b")


@pytest.mark.parametrize("operation", ["open", "write", "fsync", "rename", "unlink", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_fault_at_any_operation(editor: Editor, root: Root, operation: str, number: int) -> None:
    new = LIST.replace(b"[ ] a", b"[x] a")
    for nth in range(1, 200):
        left = [nth]

        def hook(done: str, _path: str, left: list[int] = left) -> None:
            left[0] -= done == operation
            if done == operation and left[0] == 0:
                raise OSError(number, os.strerror(number))

        acknowledged = False
        with injected(hook):
            try:
                editor.apply("t.md", tick("a"), why="a")
                acknowledged = True
            except (Full, Damaged):
                pass
        assert root.read("t.md").data in ({new} if acknowledged else {LIST, new})
        editor.apply("t.md", lambda data: data + b"after\n", why="the lock is free")
        assert os.listdir(root.path) == ["t.md"]
        root.write("t.md", LIST)
        if left[0] > 0:
            return
    pytest.fail("the sweep did not reach its end")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]\n", b'{"file": 3}\n', b"\xff\x00\n", b"[" * 100_000 + b"\n"]
)
def test_a_damaged_journal_or_note_stops_nothing(
    editor: Editor, root: Root, state: Root, text: bytes
) -> None:
    editor.apply("t.md", tick("a"), why="a")
    with open(f"{state.path}/edits.jsonl", "ab") as file:
        file.write(text)
    os.makedirs(f"{state.path}/intents", exist_ok=True)
    Path(f"{state.path}/intents/{key('t.md')}.json").write_bytes(text)
    editor.apply("t.md", tick("b"), why="b")
    editor.undo()
    assert root.read("t.md").data == LIST.replace(b"[ ] a", b"[x] a")


def test_names_that_are_no_text(editor: Editor, root: Root) -> None:
    rel = os.fsdecode(b"caf\xe9.md")
    root.write(rel, b"- [ ] a\n")
    editor.apply(rel, tick("a"), why="a")
    assert editor.journal.edits()[0].file == rel
    editor.undo()
    assert root.read(rel).data == b"- [ ] a\n"


def test_many_things_at_the_last_moment_are_all_kept(
    editor: Editor, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our exchange takes one change away, one comes before that is brought back, one is taken away then."""
    real, calls = root.swap, [0]

    def swap(
        rel: str, expected: bytes, data: bytes, ready: Callable[[str], None], *, hurry: bool = False
    ) -> bytes | None:
        calls[0] += 1
        if calls[0] == 2:
            foreign(root, lambda now: now + b"second\n")
        lost = real(rel, expected, data, ready, hurry=hurry)
        return {1: expected + b"first\n", 3: expected + b"third\n"}.get(calls[0], lost)

    monkeypatch.setattr(root, "swap", swap)
    edit = editor.apply("t.md", tick("b"), why="b")
    data = root.read("t.md").data
    assert data.startswith(LIST.replace(b"[ ] b", b"[x] b"))
    assert sorted(data[len(LIST) :].split()) == [b"first", b"second", b"third"]
    assert tick("b")(editor.contents.load(edit.before)) == editor.contents.load(edit.after)
    assert editor.undo().why == "undo: b"
    assert b"[ ] b" in root.read("t.md").data
