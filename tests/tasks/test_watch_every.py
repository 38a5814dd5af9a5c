"""Of thousands of changes, one after the other and each in another way, none is missed."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from agentboard_tasks.watch import Watcher

WITHIN = 2.0
FILES = tuple(f".claude/tasks/a{number}-tasks.md" for number in range(20))


def change(root: Path, number: int) -> str:
    """Change one file in one of five ways; return which."""
    rel = FILES[number % len(FILES)]
    place = root / rel
    way = number // len(FILES) % 5
    if way == 0 or not place.exists():
        place.write_text(f"- [ ] {number}\n")
    elif way == 1:
        with place.open("a") as file:
            file.write(f"- [ ] {number}\n")
    elif way == 2:
        with place.open("r+b") as raw:
            raw.write(b"- [x")
    elif way == 3:
        other = place.with_suffix(".new")
        other.write_text(f"- [ ] renamed {number}\n")
        os.rename(other, place)
    else:
        place.unlink()
    return rel


def follow(root: Path, count: int) -> float:
    """Make changes, each after the one before was reported; return the longest wait in seconds."""
    news = threading.Condition()
    seen: set[str] = set()

    def report(paths: frozenset[str]) -> None:
        with news:
            seen.update(paths)
            news.notify_all()

    (root / ".claude/tasks").mkdir(parents=True)
    watcher = Watcher(str(root), lambda: (".claude/tasks/**",), report)
    watcher.start()
    longest = 0.0
    try:
        with news:
            assert news.wait_for(lambda: "" in seen, 10)
        for number in range(count):
            with news:
                seen.clear()
            began = time.monotonic()
            rel = change(root, number)
            with news:
                assert news.wait_for(partial(seen.__contains__, rel), 10), (number, rel)
            longest = max(longest, time.monotonic() - began)
    finally:
        watcher.stop()
    return longest


def test_no_change_is_missed(tmp_path: Path) -> None:
    follow(tmp_path, 300)


@pytest.mark.soak
def test_no_change_of_10_000_is_missed_or_late(tmp_path: Path) -> None:
    assert follow(tmp_path, 10_000) <= WITHIN
