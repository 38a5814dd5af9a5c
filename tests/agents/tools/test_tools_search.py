"""Glob, Grep, LS."""

from __future__ import annotations

import os
import time

import pytest

from agentboard_agents.tools import matching, walking
from agentboard_agents.tools.patterns import PathPattern

from .conftest import Bench


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("*.py", "a.py", True),
        ("*.py", "d/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "d/e/a.py", True),
        ("src/**", "src/a/b", True),
        ("src/**/test_*.{ts,tsx}", "src/x/test_a.tsx", True),
        ("src/**/test_*.{ts,tsx}", "src/x/test_a.js", False),
        ("a?c/[xy].md", "abc/y.md", True),
        ("**/x/**/y", "a/x/b/c/y", True),
        ("**/x/**/y", "a/b/c/y", False),
    ],
)
def test_path_patterns(pattern: str, path: str, holds: bool) -> None:
    assert PathPattern(pattern).matches(path) is holds


def test_no_pattern_takes_long() -> None:
    began = time.monotonic()
    assert not PathPattern("/".join(["**"] * 60 + ["z"])).matches("/".join("a" * 60))
    assert not PathPattern("*a" * 60 + "z").matches("a" * 250)
    assert time.monotonic() - began < 1


async def test_glob_is_newest_first_and_skips_dependencies(bench: Bench) -> None:
    for name in ("b.py", "node_modules/x.py", ".venv/y.py", "src/deep/c.py"):
        (bench.worktree / name).parent.mkdir(parents=True, exist_ok=True)
        (bench.worktree / name).write_text("")
    os.utime(bench.worktree / "b.py", (50, 50))
    assert (await bench.must("Glob", pattern="**/*.py")).splitlines() == [
        "src/deep/c.py",
        "b.py",
        "src/app.py",
    ]
    assert await bench.must("Glob", pattern="src/**/*.py", path=".") == "src/deep/c.py\nsrc/app.py"
    assert await bench.must("Glob", pattern="*.py", path="node_modules") == "node_modules/x.py"
    assert await bench.must("Glob", pattern="/project/src/*.py") == "src/app.py"
    assert await bench.must("Glob", pattern="*.rs") == "no file matches"


async def test_paths_found_can_be_given_back(bench: Bench) -> None:
    bench.context.working_directory = "src"
    found = await bench.must("Glob", pattern="**/*.md", path="..")
    assert "../tasks.md" in found.splitlines()
    assert "live" in await bench.must("Read", file_path="../tasks.md")


async def test_searches_see_the_live_files(bench: Bench) -> None:
    found = await bench.must("Grep", pattern="live|old", output_mode="content", path=".")
    assert sorted(found.splitlines()) == [".claude/tasks/a-tasks.md:2:- [ ] live", "tasks.md:1:live"]
    (bench.worktree / ".claude/tasks/a-tasks.md").unlink()
    (bench.worktree / ".claude/tasks").rmdir()
    (bench.worktree / ".claude").rmdir()
    assert "a-tasks.md" in await bench.must("LS")


async def test_grep_modes(bench: Bench) -> None:
    (bench.worktree / "x.txt").write_text("one\ntwo\nthree\nfour\nTWO\n")
    content = await bench.must(
        "Grep", **{"pattern": "two", "output_mode": "content", "-i": True, "-A": 1, "glob": "*.txt"}
    )
    assert content == "x.txt:2:two\nx.txt-3-three\n--\nx.txt:5:TWO\nx.txt-6-"
    assert await bench.must("Grep", pattern="^t", output_mode="count", path="x.txt") == "x.txt:2"
    assert await bench.must("Grep", pattern="import") == "src/app.py"
    assert (
        await bench.must("Grep", **{"pattern": "two", "path": "x.txt", "output_mode": "content", "-n": False})
        == "x.txt:two"
    )
    spanning = await bench.must("Grep", pattern="one.two", multiline=True, output_mode="content")
    assert spanning == "x.txt:1:one\nx.txt:2:two"
    assert await bench.must("Grep", pattern="nowhere") == "no match"
    assert "there is more" in await bench.must("Grep", pattern=".", output_mode="content", head_limit=2)


async def test_grep_skips_binaries(bench: Bench) -> None:
    (bench.worktree / "b.bin").write_bytes(b"import\0os")
    assert await bench.must("Grep", pattern="import") == "src/app.py"


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?P<n>", "*x"])
async def test_a_bad_pattern_is_explained(bench: Bench, pattern: str) -> None:
    assert "no regular expression" in await bench.refused("Grep", pattern=pattern)


async def test_a_catastrophic_pattern_costs_one_file_its_answer(bench: Bench) -> None:
    (bench.worktree / "a.txt").write_text("x" * 60 + "!\n")
    (bench.worktree / "b.txt").write_text("fine xxy\n")
    began = time.monotonic()
    content = await bench.must("Grep", pattern="(x+x+)+y", path=".", glob="*.txt")
    assert "b.txt" in content
    assert "took too long on 1 files" in content
    assert time.monotonic() - began < 5


async def test_a_search_has_an_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST", 5)
    for number in range(20):
        (bench.worktree / f"f{number}.txt").write_text("x")
    assert "stopped early" in await bench.must("Glob", pattern="**/*.txt")
    monkeypatch.setattr(matching, "SECONDS", -1.0)
    assert "stopped early" in await bench.must("Grep", pattern="x")


async def test_ls_draws_a_tree_with_links_marked(bench: Bench) -> None:
    (bench.worktree / "link").symlink_to("/etc")
    (bench.worktree / "a/b/c/d").mkdir(parents=True)
    tree = await bench.must("LS", ignore=["*.md"])
    assert "  link (link, not followed)" in tree
    assert "      c/" in tree
    assert "d/" not in tree
    assert "tasks.md" not in tree
    assert "passwd" not in tree


async def test_ls_is_cut(bench: Bench) -> None:
    for number in range(500):
        (bench.worktree / f"f{number}").write_text("")
    tree = await bench.must("LS")
    assert "more than 400 entries" in tree
    assert len(tree.splitlines()) < 410


async def test_many_files_are_searched_quickly(bench: Bench) -> None:
    for number in range(2_000):
        (bench.worktree / f"f{number}.txt").write_text(f"line\nneedle {number}\n")
    began = time.monotonic()
    assert "needle 1999" in await bench.must("Grep", pattern="needle 1.99", output_mode="content")
    assert time.monotonic() - began < 5


async def test_grep_by_kind_and_page_by_page(bench: Bench) -> None:
    (bench.worktree / "x.txt").write_text("import\n" * 5)
    assert await bench.must("Grep", pattern="import", type="py") == "src/app.py"
    assert await bench.must("Grep", pattern="import", type="python", glob="src/**") == "src/app.py"
    assert "known: c, cpp" in await bench.refused("Grep", pattern="import", type="cobol")
    page = await bench.must(
        "Grep", pattern="import", path="x.txt", output_mode="content", offset=1, head_limit=2
    )
    assert page.splitlines()[:2] == ["x.txt:2:import", "x.txt:3:import"]
    assert "there is more" in page
    rest = await bench.must("Grep", pattern="import", path="x.txt", output_mode="content", offset=3)
    assert rest == "x.txt:4:import\nx.txt:5:import"
    everything = await bench.must("Grep", pattern="import", path="x.txt", output_mode="content", head_limit=0)
    assert len(everything.splitlines()) == 5
