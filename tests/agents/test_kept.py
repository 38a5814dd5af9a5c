"""A kept text comes back only while everything that it follows from is as it was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_agents.kept import SETTLED_NS, keep, recall

LATER = 2 * SETTLED_NS  # as if the reading began when all changes were long past


def kept(place: Path, *paths: Path, key: str = "k") -> bool:
    root = str(place.parent)
    seen = {str(path): root for path in paths}
    return keep(str(place), "text", key, "é 42\nmore", seen, since_ns=time.time_ns() + LATER)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text("one")
    return tmp_path / "state"


def test_a_text_comes_back_as_it_was(state: Path) -> None:
    assert kept(state, state.parent / "deep" / "file", state.parent / "missing")
    assert recall(str(state / "text"), "k") == "é 42\nmore"
    assert recall(str(state / "text"), "another key") is None
    assert (state / "text").stat().st_mode & 0o777 == 0o600


def rewrite(file: Path) -> None:
    before = file.stat()
    file.write_text("two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(file: Path) -> None:
    new = file.with_name("new")
    new.write_text("one")
    new.replace(file)


def link(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))
    file.parent.symlink_to("elsewhere")


def forbid(file: Path) -> None:
    file.chmod(0o400)


def drop(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("change", [rewrite, replace, link, drop, forbid])
def test_a_change_however_hidden_ends_it(state: Path, change: Callable[[Path], None]) -> None:
    file = state.parent / "deep" / "file"
    assert kept(state, file)
    change(file)
    assert recall(str(state / "text"), "k") is None


def test_a_file_that_comes_ends_it(state: Path) -> None:
    assert kept(state, state.parent / "missing")
    (state.parent / "missing").write_text("")
    assert recall(str(state / "text"), "k") is None


def test_what_changed_a_moment_ago_is_not_kept(state: Path) -> None:
    seen = {str(state.parent / "deep" / "file"): str(state.parent)}
    assert not keep(str(state), "text", "k", "t", seen, since_ns=time.time_ns())
    assert list(state.iterdir()) == []


def test_a_state_directory_is_not_made(tmp_path: Path) -> None:
    assert not kept(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"\n", b"x", b"\xff\x00" * 99])
def test_a_damaged_file_is_nothing(state: Path, damage: bytes) -> None:
    assert kept(state)
    (state / "text").write_bytes(damage)
    assert recall(str(state / "text"), "k") is None


def test_a_text_that_somebody_edited_is_nothing(state: Path) -> None:
    assert kept(state)
    (state / "text").write_bytes((state / "text").read_bytes().replace(b"42", b"43"))
    assert recall(str(state / "text"), "k") is None
