"""What a shared file held before is kept, once, within bounds, and can be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
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
