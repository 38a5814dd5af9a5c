"""What a shared file held before is kept, once, within bounds, and can be read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentboard_tasks.content import Contents
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.versions import INDEX, Versions


class Clock:
    """Time that goes on by a second each time it is asked."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def state(tmp_path: Path) -> Root:
    return Root.create(str(tmp_path / "state"))


def test_versions_come_back_the_newest_first(state: Root) -> None:
    kept = Versions(state, clock=Clock())
    for data in (b"one", b"two", b"two", b"three \xff"):
        kept.see("a.md", data)
    kept.see("b.md", b"other")
    again = Versions(state)
    assert [again.load(version) for version in again.of("a.md")] == [b"three \xff", b"two", b"one"]
    assert again.of("c.md") == []


def test_what_is_seen_again_is_new_only_if_it_changed(state: Root) -> None:
    kept = Versions(state, clock=Clock())
    assert [kept.see("a.md", data) for data in (b"one", b"one", b"two", b"one")] == [True, False, True, True]
    assert Versions(state).see("a.md", b"one") is False
    assert [kept.load(version) for version in kept.of("a.md")] == [b"one", b"two"]


def test_edits_have_their_versions_too(state: Root, tmp_path: Path) -> None:
    root = Root.create(str(tmp_path / "project"))
    root.write("t.md", b"- [ ] a\n")
    Editor(root, state).apply("t.md", lambda data: data.replace(b"[ ]", b"[x]"), why="a")
    kept = Versions(state)
    assert [kept.load(version) for version in kept.of("t.md")] == [b"- [x] a\n", b"- [ ] a\n"]


def test_a_torn_index_and_a_pruned_content_hide_nothing_else(state: Root) -> None:
    kept = Versions(state, clock=Clock())
    kept.see("a.md", b"one")
    state.append(INDEX, b'\n{"file": "a.md", "dig')
    kept.see("a.md", b"two")
    first = kept.of("a.md")[-1]
    state.remove(f"seen/{first.digest}")
    assert [kept.load(version) for version in Versions(state).of("a.md")] == [b"two"]


def test_large_contents_are_left_out(state: Root) -> None:
    kept = Versions(state)
    assert not kept.see("a.md", b"x" * (1024 * 1024 + 1))
    assert kept.of("a.md") == []


def test_the_content_store_is_bounded(state: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentboard_tasks.content.PRUNE_EVERY", 1)
    contents = Contents(state, most=5, most_bytes=1_000)
    kept: list[str] = []
    for count in range(10):
        kept.append(contents.keep(b"%d" % count))
        os.utime(f"{state.path}/content/{kept[-1]}", (count, count))
    assert len(os.listdir(f"{state.path}/content")) == 5
    assert contents.load(kept[-1]) == b"9"
    with pytest.raises(Missing):
        contents.load(kept[0])
    contents.keep(b"x" * 5_000)
    assert len(os.listdir(f"{state.path}/content")) == 1


def test_a_damaged_version_is_noticed(state: Root) -> None:
    contents = Contents(state)
    name = contents.keep(b"whole")
    Path(f"{state.path}/content/{name}").write_bytes(b"half")
    with pytest.raises(FileFault, match="damaged"):
        contents.load(name)
