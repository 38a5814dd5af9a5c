"""Read, Write, Edit, MultiEdit."""

from __future__ import annotations

import pytest

from .conftest import Bench


async def test_read_numbers_lines(bench: Bench) -> None:
    result = await bench.use("Read", file_path="src/app.py")
    assert (
        result.content == "     1\timport os\n     2\t\n     3\t\n     4\tdef main():\n     5\t    return 1"
    )
    assert result.summary == "Read src/app.py 5 lines"


async def test_read_pages(bench: Bench) -> None:
    (bench.worktree / "long.txt").write_text("".join(f"line {n}\n" for n in range(1, 5_001)))
    content = await bench.must("Read", file_path="long.txt", offset=4, limit=2)
    assert content == "     4\tline 4\n     5\tline 5\n… 4,995 more lines; continue with offset=6"
    assert (await bench.must("Read", file_path="long.txt")).endswith("continue with offset=2001")
    assert "5,000 lines" in await bench.refused("Read", file_path="long.txt", offset=9_999)


async def test_read_cuts_what_is_too_much(bench: Bench) -> None:
    (bench.worktree / "wide.txt").write_text("x" * 300_000 + "\n" + ("y" * 1_900 + "\n") * 200)
    content = await bench.must("Read", file_path="wide.txt")
    assert "[300,000 characters]" in content
    assert len(content) < 110_000
    assert "continue with offset=" in content


async def test_read_refusals_say_what_to_do(bench: Bench) -> None:
    (bench.worktree / "logo.png").write_bytes(b"\x89PNG\0\0")
    with (bench.worktree / "huge.log").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    (bench.worktree / "empty").write_text("")
    assert "binary" in await bench.refused("Read", file_path="logo.png")
    assert "Grep" in await bench.refused("Read", file_path="huge.log")
    assert "use LS" in await bench.refused("Read", file_path="src")
    assert "did you mean app.py" in await bench.refused("Read", file_path="src/apps.py")
    assert await bench.must("Read", file_path="empty") == "(the file is empty)"


async def test_write_creates_with_parents(bench: Bench) -> None:
    result = await bench.use("Write", file_path="new/deep/x.py", content="a\nb\n")
    assert result.ok
    assert result.summary == "Write new/deep/x.py +2 −0"
    assert (bench.worktree / "new/deep/x.py").read_text() == "a\nb\n"
    assert not (bench.project / "new").exists()


async def test_write_keeps_mode_and_line_ends(bench: Bench) -> None:
    script = bench.worktree / "run.bat"
    script.write_bytes(b"one\r\ntwo\r\n")
    script.chmod(0o755)
    await bench.must("Write", file_path="run.bat", content="one\nthree\n")
    assert script.read_bytes() == b"one\r\nthree\r\n"
    assert script.stat().st_mode & 0o777 == 0o755


async def test_edit_replaces_exactly_one(bench: Bench) -> None:
    result = await bench.use(
        "Edit", file_path="src/app.py", old_string="return 1", new_string="x = 2\n    return x"
    )
    assert result.summary == "Edit src/app.py +2 −1"
    assert "     5\t    x = 2" in result.content
    assert (bench.worktree / "src/app.py").read_text().endswith("def main():\n    x = 2\n    return x\n")
    assert (bench.project / "src/app.py").read_text().endswith("return 1\n")


async def test_edit_refusals_say_how_often_and_where(bench: Bench) -> None:
    (bench.worktree / "t.txt").write_text("a\nb\na\n\tc\n")
    before = (bench.worktree / "t.txt").read_bytes()
    assert "2 times (lines 1, 3)" in await bench.refused(
        "Edit", file_path="t.txt", old_string="a", new_string="x"
    )
    assert "not found" in await bench.refused("Edit", file_path="t.txt", old_string="zz", new_string="x")
    assert "white space" in await bench.refused("Edit", file_path="t.txt", old_string="    c", new_string="x")
    assert "same" in await bench.refused("Edit", file_path="t.txt", old_string="b", new_string="b")
    assert "empty" in await bench.refused("Edit", file_path="t.txt", old_string="", new_string="b")
    assert (bench.worktree / "t.txt").read_bytes() == before
    assert "2 replacements" in await bench.must(
        "Edit", file_path="t.txt", old_string="a", new_string="x", replace_all=True
    )
    assert (bench.worktree / "t.txt").read_text() == "x\nb\nx\n\tc\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n", b"\xef\xbb\xbfone\r\n2\r\n2b\r\nthree\r\n"),
        (b"one\ntwo\nthree", b"one\n2\n2b\nthree"),
        (b"\xff\xfe bytes\none\ntwo\nthree\n", b"\xff\xfe bytes\none\n2\n2b\nthree\n"),
    ],
)
async def test_edit_touches_no_other_byte(bench: Bench, before: bytes, after: bytes) -> None:
    (bench.worktree / "t.txt").write_bytes(before)
    await bench.must("Edit", file_path="t.txt", old_string="one\ntwo", new_string="one\n2\n2b")
    assert (bench.worktree / "t.txt").read_bytes() == after


async def test_multi_edit_is_all_or_nothing(bench: Bench) -> None:
    edits = [
        {"old_string": "import os", "new_string": "import sys"},
        {"old_string": "sys", "new_string": "re"},
    ]
    result = await bench.use("MultiEdit", file_path="src/app.py", edits=edits)
    assert result.ok
    assert (bench.worktree / "src/app.py").read_text().startswith("import re\n")
    edits = [{"old_string": "re", "new_string": "io"}, {"old_string": "not there", "new_string": "x"}]
    (bench.worktree / "src/app.py").write_text("import re\n")
    assert "edit 2" in await bench.refused("MultiEdit", file_path="src/app.py", edits=edits)
    assert (bench.worktree / "src/app.py").read_text() == "import re\n"


async def test_a_character_that_is_none_is_refused(bench: Bench) -> None:
    assert "character" in await bench.refused("Write", file_path="x", content="a\ud800b")
    assert "character" in await bench.refused(
        "Edit", file_path="src/app.py", old_string="1", new_string="\ud800"
    )


async def test_shared_files_are_the_live_ones(bench: Bench) -> None:
    assert "live" in await bench.must("Read", file_path="tasks.md")
    await bench.must(
        "Edit", file_path=".claude/tasks/a-tasks.md", old_string="[ ] live", new_string="[x] live"
    )
    assert (bench.project / ".claude/tasks/a-tasks.md").read_text() == "# Tasks\n- [x] live\n"
    assert (bench.worktree / ".claude/tasks/a-tasks.md").read_text() == "old\n"
    await bench.must("Write", file_path="artifacts/api-summary.md", content="done\n")
    assert (bench.project / "artifacts/api-summary.md").read_text() == "done\n"
    assert bench.context.editor.undo().file == "artifacts/api-summary.md"


async def test_a_live_file_is_not_replaced_unread(bench: Bench) -> None:
    assert "Read it" in await bench.refused("Write", file_path="tasks.md", content="mine\n")
    await bench.must("Read", file_path="tasks.md")
    with (bench.project / "tasks.md").open("a") as file:
        file.write("theirs\n")
    await bench.must("Write", file_path="tasks.md", content="mine\nlive\n")
    assert (bench.project / "tasks.md").read_text() == "mine\nlive\ntheirs\n"
    (bench.project / "tasks.md").write_text("all different\n")
    assert "Read it again" in await bench.refused("Write", file_path="tasks.md", content="mine again\n")
    assert (bench.project / "tasks.md").read_text() == "all different\n"


async def test_a_fence_is_told(bench: Bench) -> None:
    bench.context.fence = ("src",)
    assert "src" in await bench.refused("Write", file_path="other.txt", content="x")
    assert not (bench.worktree / "other.txt").exists()
    await bench.must("Write", file_path="src/new.py", content="x")


async def test_a_notebook(bench: Bench) -> None:
    (bench.worktree / "n.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": ["a = 1\\n", "a"],'
        ' "outputs": [{"data": {"text/plain": ["1"]}}]},'
        ' {"cell_type": "markdown", "source": "# T"}, 7]}'
    )
    assert (
        await bench.must("NotebookRead", notebook_path="n.ipynb")
        == "[1] code\na = 1\na\n→ 1\n\n[2] markdown\n# T"
    )
    assert "no notebook" in await bench.refused("NotebookRead", notebook_path="src/app.py")
