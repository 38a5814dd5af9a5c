"""Where an agent's paths lead."""

from __future__ import annotations

import os

import pytest

from agentboard_agents.tools.paths import resolve, writable
from agentboard_agents.tools.spec import ToolRefused

from .conftest import Bench


@pytest.mark.parametrize(
    ("working_directory", "path", "rel"),
    [
        ("", "src/app.py", "src/app.py"),
        ("", "./src//app.py", "src/app.py"),
        ("", ".", ""),
        ("backend", "x.py", "backend/x.py"),
        ("backend", "../src/app.py", "src/app.py"),
        ("backend", "..", ""),
        ("backend", "/project/src/app.py", "src/app.py"),
        ("backend", "/project", ""),
        ("backend", "{worktree}/src/app.py", "src/app.py"),
        ("backend", "{worktree}", ""),
        ("backend", "{project}/src/app.py", "src/app.py"),
        ("", "a/../b", "b"),
    ],
)
def test_paths_lead_into_the_worktree(bench: Bench, working_directory: str, path: str, rel: str) -> None:
    bench.context.working_directory = working_directory
    place = resolve(bench.context, path.format(worktree=bench.worktree, project=bench.project))
    assert (place.root.path, place.rel, place.shared) == (str(bench.worktree), rel, False)


@pytest.mark.parametrize(
    "path", ["tasks.md", "/project/tasks.md", "../tasks.md", ".claude/tasks/new.md", "artifacts"]
)
def test_shared_paths_lead_to_the_live_copy(bench: Bench, path: str) -> None:
    bench.context.working_directory = "src" if path.startswith("..") else ""
    place = resolve(bench.context, path)
    assert (place.root.path, place.shared) == (str(bench.project), True)


HOSTILE = (
    "..", "../x", "a/../../x", "/etc/passwd", "/", "/projects/x", "/project/../etc/passwd",
    "{worktree}/../x", "{worktree}-other/x", "~/.ssh/id_rsa", "~root/x", "a\0b", "x" * 5_000, ".git",
    ".git/config", "a/.git/hooks/x", ".GIT/config", ".git./x", ".git /x", "/project/.git/x", "//etc/passwd",
    "src/../../x", "/proc/self/environ",
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize("name", ["Read", "Write", "Edit", "LS", "Grep", "NotebookRead"])
async def test_ways_out_are_refused_by_every_tool(bench: Bench, path: str, name: str) -> None:
    path = path.format(worktree=bench.worktree)
    more = {
        "Read": {"file_path": path},
        "Write": {"file_path": path, "content": "x"},
        "Edit": {"file_path": path, "old_string": "a", "new_string": "b"},
        "LS": {"path": path},
        "Grep": {"path": path, "pattern": "x"},
        "NotebookRead": {"notebook_path": path},
    }
    before = sorted(os.walk(bench.worktree.parent.parent))
    assert await bench.refused(name, **more[name])
    assert sorted(os.walk(bench.worktree.parent.parent)) == before


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "../../**/*", "/**/*.txt", "a/../../*"])
async def test_patterns_do_not_lead_out(bench: Bench, pattern: str) -> None:
    (bench.worktree.parent / "secret.txt").write_text("x")
    result = await bench.use("Glob", pattern=pattern)
    assert "secret" not in result.content
    assert "passwd" not in result.content


async def test_links_are_not_followed(bench: Bench) -> None:
    secret = bench.worktree.parent / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("canary")
    (bench.worktree / "link").symlink_to(secret)
    (bench.worktree / "file").symlink_to(secret / "key.txt")
    assert "link" in await bench.refused("Read", file_path="link/key.txt")
    assert "link" in await bench.refused("Read", file_path="file")
    await bench.refused("Write", file_path="link/key.txt", content="x")
    assert "canary" not in (await bench.use("Grep", pattern="canary", output_mode="content")).content
    assert "key.txt" not in await bench.must("Glob", pattern="**/*")
    assert (secret / "key.txt").read_text() == "canary"


def test_a_fence_holds_writes_but_not_reads(bench: Bench) -> None:
    bench.context.working_directory = "backend"
    bench.context.fence = ("backend",)
    assert resolve(bench.context, "../src/app.py").rel == "src/app.py"
    assert writable(bench.context, "x.py").rel == "backend/x.py"
    assert writable(bench.context, "../tasks.md").shared
    for path in ("../src/app.py", "/project/src/app.py", "../backend2/x.py"):
        with pytest.raises(ToolRefused, match="outside of what you may change"):
            writable(bench.context, path)
