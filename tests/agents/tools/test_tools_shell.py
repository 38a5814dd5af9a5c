"""Bash, and the live files that it borrows."""

from __future__ import annotations

import json
import shutil

import pytest
from msgspec.structs import replace

from agentboard_agents.sandbox.box import Box, Finished
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.sandbox.none import NoSandbox
from agentboard_agents.tools.shared_files import reconciled
from agentboard_tasks.edit import PatchRefused

from .conftest import Bench, PlainShell


async def test_result_and_summary(bench: Bench) -> None:
    result = await bench.use("Bash", command="echo hello; exit 3")
    assert not result.ok
    assert result.content == "hello\n[exit 3]"
    assert result.summary == "Bash echo hello; exit 3 → exit 3"


async def test_the_working_directory_is_made(bench: Bench) -> None:
    bench.context.working_directory = "services/api"
    assert (await bench.must("Bash", command="pwd")).startswith(str(bench.worktree / "services/api"))


async def test_a_deadline_is_told(bench: Bench) -> None:
    class Slow(PlainShell):
        async def run(self, box: Box, argv: object, **_: object) -> Finished:
            return Finished(137, "half", timed_out=True, stopped="timeout")

    bench.context.sandbox = Slow()
    result = await bench.use("Bash", command="x", timeout=2_500)
    assert not result.ok
    assert result.content == "half\n[timed out after 2.5 s]"


async def test_a_command_sees_and_changes_the_live_files(bench: Bench) -> None:
    assert "live" in await bench.must(
        "Bash", command="cat tasks.md; echo more >> tasks.md; echo first > progress.txt"
    )
    assert (bench.project / "tasks.md").read_text() == "live\nmore\n"
    assert (bench.project / "progress.txt").read_text() == "first\n"
    assert "progress.txt" in {edit.file for edit in bench.context.editor.journal.edits()}


async def test_what_a_command_makes_in_a_directory_that_is_not_mounted_becomes_live(bench: Bench) -> None:
    """As in the sandbox that cannot mount, and for artifacts among which git tracks some."""
    bench.shell.name = "sandlock"
    (bench.worktree / ".claude/tasks/of-the-branch.md").write_text("was deleted since\n")
    make = "mkdir -p artifacts/deep; echo made > artifacts/deep/summary.md; cat .claude/tasks/a-tasks.md"
    assert "live" in await bench.must("Bash", command=make)
    assert (bench.project / "artifacts/deep/summary.md").read_text() == "made\n"
    assert not (bench.project / ".claude/tasks/of-the-branch.md").exists()
    await bench.must("Bash", command="echo more >> artifacts/deep/summary.md")
    assert (bench.project / "artifacts/deep/summary.md").read_text() == "made\nmore\n"


async def test_what_others_append_meanwhile_is_kept(bench: Bench) -> None:
    command = f"echo mine >> tasks.md; echo theirs >> {bench.project}/tasks.md"
    await bench.must("Bash", command=command)
    assert (bench.project / "tasks.md").read_text() == "live\ntheirs\nmine\n"


async def test_a_conflict_is_told_and_loses_nothing_of_others(bench: Bench) -> None:
    command = f"echo mine > tasks.md; echo theirs > {bench.project}/tasks.md"
    content = await bench.must("Bash", command=command)
    assert "your change to tasks.md was not taken over" in content
    assert (bench.project / "tasks.md").read_text() == "theirs\n"


async def test_a_copy_that_became_a_link_is_not_followed(bench: Bench) -> None:
    secret = bench.worktree.parent / "secret"
    secret.write_text("canary")
    content = await bench.must("Bash", command=f"rm tasks.md; ln -s {secret} tasks.md")
    assert "not taken over" in content
    assert (bench.project / "tasks.md").read_text() == "live\n"


async def test_a_deleted_copy_deletes_nothing(bench: Bench) -> None:
    await bench.must("Bash", command="rm tasks.md")
    assert (bench.project / "tasks.md").read_text() == "live\n"
    assert "live" in await bench.must("Bash", command="cat tasks.md")


def test_reconciling() -> None:
    assert reconciled(b"a\n", b"a\n", b"b\n", "x.md") == b"b\n"
    assert reconciled(b"a\n", b"a\nz", b"a\nb\n", "x.md") == b"a\nz\nb\n"
    assert reconciled(b"a\nm\nz\n", b"A\nm\nz\n", b"a\nm\nZ\n", "x.md") == b"A\nm\nZ\n"
    before = json.dumps({"s": [{"id": 1, "passes": False}, {"id": 2, "passes": False}]}, indent=1).encode()
    one, two = before.replace(b"false", b"true", 1), before[::-1].replace(b"eslaf", b"eurt", 1)[::-1]
    assert json.loads(reconciled(before, one, two, "prd.json")) == {
        "s": [{"id": 1, "passes": True}, {"id": 2, "passes": True}]
    }
    with pytest.raises(PatchRefused, match="JSON"):
        reconciled(b"[\n1\n]\n", b"[\n0,\n1\n]\n", b"[\n1\n,2\n", "prd.json")


async def test_without_a_sandbox_nothing_runs(bench: Bench) -> None:
    bench.context.sandbox = NoSandbox("this kernel has none")
    assert "this kernel has none" in await bench.refused("Bash", command="touch made")
    assert not (bench.worktree / "made").exists()


@pytest.mark.parametrize("answer", [True, False])
async def test_a_person_decides_on_the_exact_bytes(bench: Bench, answer: bool) -> None:
    asked: list[tuple[str, str]] = []

    async def ask(tool: str, text: str) -> bool:
        asked.append((tool, text))
        return answer

    bench.context.sandbox = NoSandbox("this kernel has none")
    bench.context.ask = ask
    result = await bench.use("Bash", command="echo x > made")
    assert asked == [("Bash", "echo x > made")]
    assert result.ok is answer
    assert (bench.worktree / "made").exists() is answer


async def test_in_the_real_sandbox(bench: Bench) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed here")
    bench.context.sandbox = choose(("bubblewrap",))
    tasks = (str(bench.project / ".claude/tasks"), ".claude/tasks")
    bench.context.box = replace(bench.context.box, binds=(tasks,))
    bench.context.working_directory = "src"
    command = (
        f"cat app.py; echo line >> ../.claude/tasks/a-tasks.md; echo t >> ../tasks.md; ls {bench.project}/src"
    )
    content = (await bench.use("Bash", command=command)).content
    assert "def main" in content
    assert "No such file" in content
    assert (bench.project / ".claude/tasks/a-tasks.md").read_text() == "# Tasks\n- [ ] live\nline\n"
    assert (bench.project / "tasks.md").read_text() == "live\nt\n"
    assert "def main" in await bench.must("Bash", command="cd /project/src && cat app.py /project/tasks.md")
    long = await bench.must("Bash", command="seq 100000")
    assert "bytes left out" in long
    assert len(long) < 31_000


async def test_commands_of_a_fenced_agent_write_where_it_may_and_nowhere_else(bench: Bench) -> None:
    sandbox = choose(("bubblewrap",))
    if sandbox.name != "bubblewrap":
        pytest.skip(sandbox.reason)
    bench.context.sandbox, bench.context.working_directory = sandbox, "backend"
    bench.context.fence = ("backend",)
    bench.context.box = Box(str(bench.worktree), binds=((str(bench.project / "artifacts"), "artifacts"),))
    await bench.must(
        "Bash",
        command="echo 1 > mine; echo 2 > ../artifacts/a; echo '- more' >> ../tasks.md; cat ../src/app.py",
    )
    for outside in ("../src/app.py", "../new", "../.gitignore"):
        said = await bench.refused("Bash", command=f"echo x >> {outside}")
        assert "Read-only file system" in said
    assert (bench.worktree / "backend/mine").read_text() == "1\n"
    assert (bench.project / "artifacts/a").read_text() == "2\n"
    assert (bench.project / "tasks.md").read_text() == "live\n- more\n"
    assert not (bench.worktree / "new").exists()
