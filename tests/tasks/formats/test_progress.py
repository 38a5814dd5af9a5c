"""Progress logs: every grammar in use, torn tails, and the entries that are written."""

from __future__ import annotations

from agentboard_tasks.formats import progress

LEARNED = ["Pattern: use x", "two\nlines"]


def test_our_entry_is_in_the_grammar_and_reads_back() -> None:
    data = progress.entry("3", "Add refunds", "2026-11-20T10:00:00Z", LEARNED, ["a.py", "b.py"])
    assert data == (
        b"\n## Task #3: Add refunds\nCompleted: 2026-11-20T10:00:00Z\n"
        b"\nLearnings:\n- Pattern: use x\n- two lines\n"
        b"\nFiles modified:\n- a.py\n- b.py\n"
    )
    (entry,) = progress.parse(data, "p.txt").entries
    assert (entry.task, entry.title, entry.time) == ("3", "Add refunds", "2026-11-20T10:00:00Z")
    assert (entry.learnings, entry.files, entry.line) == (
        ("Pattern: use x", "two lines"),
        ("a.py", "b.py"),
        2,
    )


def test_our_blocker_reads_back() -> None:
    data = progress.blocker("4", "Pay", "2026-11-20T10:00:00Z", ["the sandbox"], "Which provider?")
    (entry,) = progress.parse(data, "p.txt").entries
    assert (entry.kind, entry.task, entry.title) == ("blocker", "4", "Pay")
    assert b"Raised: 2026-11-20T10:00:00Z\n\nTried:\n- the sandbox\n\nQuestion: Which provider?\n" in data


def test_dated_headings_rules_and_a_patterns_block() -> None:
    data = b"""# Progress Log
Started: today
## Codebase Patterns
- use fixtures
---

## 2026-01-16 10:22 - US-001: Login
- Done it
- Files changed: a.py, b.py
- **Learnings for future iterations:**
  - mind the cache
---
"""
    log = progress.parse(data, "p.txt")
    assert log.patterns.startswith("- use fixtures")
    assert [entry.kind for entry in log.entries] == ["patterns", "entry"]
    entry = log.entries[1]
    assert (entry.task, entry.title, entry.time) == ("US-001", "Login", "2026-01-16 10:22")
    assert (entry.learnings, entry.files) == (("mind the cache",), ("a.py", "b.py"))


def test_lines_of_pairs_and_sessions() -> None:
    data = b"time=2026-01-01T00:00 task=3 status=done files=a,b\n## Session 2 (2026-01-02)\nwent on\n"
    first, second = progress.parse(data, "p.txt").entries
    assert (first.task, first.time, first.files) == ("3", "2026-01-01T00:00", ("a", "b"))
    assert (second.kind, second.time, second.body) == ("session", "2026-01-02", "went on")


def test_a_torn_entry_is_read_as_far_as_it_goes() -> None:
    whole = progress.entry("1", "One", "t", ["l"], ["f"])
    for cut in range(len(whole)):
        entries = progress.parse(whole + whole[:cut], "p.txt").entries
        assert entries[0].title == "One"
        assert len(entries) <= 2


def test_a_tail_passes_over_its_first_partial_line() -> None:
    log = progress.parse(b"# Task #9: half\n## Task #2: Two\n", "p.txt", offset=100, size=133)
    assert [entry.task for entry in log.entries] == ["2"]
    assert log.size == 133


def test_headings_in_fences_are_no_entries() -> None:
    data = b"## Task #1: One\n```\n## Task #2: no\n```\n## Task #3: Three\n"
    assert [entry.task for entry in progress.parse(data, "p.txt").entries] == ["1", "3"]


def test_a_file_in_backticks_is_named_without_what_is_said_of_it() -> None:
    data = b"## Task #1: x\nFiles modified:\n- `a.py` (new)\n- **`b c.py`**: more `tests`\n- d.py\n"
    (entry,) = progress.parse(data, "p.txt").entries
    assert entry.files == ("a.py", "b c.py", "d.py")
