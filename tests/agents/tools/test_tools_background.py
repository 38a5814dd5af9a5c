"""Commands in the background: heard, ended, gone with their run; outputs too long to show."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.sandbox import leftovers
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.tools.outputs import PLACE
from agentboard_agents.tools.shells import Shells
from agentboard_tasks.files import Root
from tests.agents.sandbox.processes import running, until

from .conftest import Bench

NAME = "54391.25"
"""How long the sleepers of these tests sleep: their mark among all processes."""


@pytest.fixture
async def boxed(bench: Bench, tmp_path: Path) -> AsyncGenerator[Bench]:
    """The bench in the real sandbox, with shells and a place for outputs."""
    sandbox = choose()
    if sandbox.name != "bubblewrap":
        pytest.skip(sandbox.reason)
    bench.context.sandbox = sandbox
    bench.context.shells = Shells()
    bench.context.outputs = Root.create(str(tmp_path / "outputs"))
    yield bench
    await bench.context.shells.close()


async def said(bench: Bench, wanted: str, **more: str) -> str:
    """Ask until a background command has said something."""
    heard = ""
    async with asyncio.timeout(10):
        while wanted not in heard:
            heard += await bench.must("BashOutput", bash_id="bash_1", **more)
            await asyncio.sleep(0.01)
    return heard


async def test_a_command_goes_on_and_is_heard_once(boxed: Bench) -> None:
    first = await boxed.must(
        "Bash", command="echo one; while [ ! -e go ]; do sleep 0.01; done; echo two", run_in_background=True
    )
    assert "bash_1" in first
    await said(boxed, "one")
    assert "[running]" in await boxed.must("BashOutput", bash_id="bash_1")
    (boxed.worktree / "go").touch()
    heard = await said(boxed, "[ended: exit 0]")
    assert "one" not in heard, "what was read once does not come again"
    assert "two" in heard


async def test_lines_are_filtered_without_a_pattern_of_the_model(boxed: Bench) -> None:
    await boxed.must("Bash", command="printf 'a (1)\\nb (2)\\nc\\n'", run_in_background=True)
    await until("printf", present=False)
    heard = await said(boxed, "ended", filter="(1)|c")
    assert "b (2)" not in heard


async def test_killing_ends_everything_that_it_started(boxed: Bench) -> None:
    command = f"setsid sleep {NAME} & (sleep {NAME} &) ; sleep {NAME}"
    await boxed.must("Bash", command=command, run_in_background=True)
    assert await until(NAME, present=True)
    assert "killed" in await boxed.must("KillShell", shell_id="bash_1")
    assert await until(NAME, present=False)
    assert "no background command 'x'" in await boxed.refused("BashOutput", bash_id="x")


async def test_the_end_of_a_run_ends_all(boxed: Bench) -> None:
    for _ in range(3):
        await boxed.must("Bash", command=f"setsid -f sleep {NAME}; sleep {NAME}", run_in_background=True)
    assert await until(NAME, present=True)
    assert boxed.context.shells is not None
    await boxed.context.shells.close()
    assert running(NAME) == []
    assert "run already" in await boxed.refused("Bash", command="true", run_in_background=True)


async def test_only_so_many_at_once(boxed: Bench) -> None:
    for _ in range(8):
        await boxed.must("Bash", command=f"sleep {NAME}", run_in_background=True)
    assert "8 background commands" in await boxed.refused("Bash", command="true", run_in_background=True)


async def test_a_flood_is_bounded_and_told(boxed: Bench) -> None:
    await boxed.must("Bash", command="yes abcdefgh | head -c 9000000; echo END", run_in_background=True)
    shells = boxed.context.shells
    assert shells is not None
    shell = shells.find("bash_1")
    assert shell is not None
    async with asyncio.timeout(10):
        await shell.over.wait()
    heard = await boxed.must("BashOutput", bash_id="bash_1")
    assert "bytes before this were dropped" in heard
    assert "END" in heard
    assert len(heard) < 40_000


async def test_a_long_output_is_kept_whole_to_be_read(boxed: Bench) -> None:
    content = await boxed.must("Bash", command="seq 100000")
    assert len(content) < 31_000
    place = content[content.index(PLACE) :].partition("]")[0]
    assert "1234\t1234" in await boxed.must("Read", file_path=place, offset=1234, limit=1)
    assert "77777" in await boxed.must("Grep", pattern="^77777$", path=place, output_mode="content")
    assert "99999" in await boxed.must("Bash", command=f"tail -2 {place} | head -1")
    assert "only be read" in await boxed.refused("Write", file_path=place, content="x")
    assert (await boxed.use("Bash", command=f"echo x >> {place}")).ok is False
    assert list(boxed.worktree.rglob("*.txt")) == [], "nothing of it is in the worktree"


@pytest.mark.parametrize("path", ["", "/", "/..", "/../r1/store.db", "/a/b", "/\0"])
async def test_the_place_of_outputs_is_no_way_out(boxed: Bench, path: str) -> None:
    assert not (await boxed.use("Read", file_path=PLACE + path)).ok


WORKER = """
import asyncio, sys
from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.sandbox import landlock
from agentboard_agents.tools.shells import Shells

async def main():
    sandbox = choose() if sys.argv[2] == "bubblewrap" else landlock.Unconfined()
    await Shells().start(sandbox, Box(sys.argv[1]), "setsid -f sleep 54391.25; sleep 54391.25", sys.argv[1])
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def spawned(*command: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=variables or None, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("sandbox", ["bubblewrap", "unconfined"])
async def test_nothing_outlives_a_worker_that_is_killed(tmp_path: Path, sandbox: str) -> None:
    tree = tmp_path / "worktrees" / "r1"
    tree.mkdir(parents=True)
    worker = spawned(sys.executable, "-c", WORKER, str(tree), sandbox)
    assert worker.stdout is not None
    assert await asyncio.to_thread(worker.stdout.readline) == "up\n"
    assert await until(NAME, present=True)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert await until(NAME, present=False), "the box died with its worker"


async def test_what_hid_from_its_parent_is_ended_when_the_next_worker_starts(tmp_path: Path) -> None:
    ours = {"PATH": os.environ["PATH"], leftovers.MARK: str(tmp_path / "worktrees" / "r1")}
    theirs = {**ours, leftovers.MARK: str(tmp_path / "other" / "r1")}
    orphan, stranger = (spawned("sleep", "60", **variables) for variables in (ours, theirs))
    try:
        assert await until("60", present=True)
        assert leftovers.sweep(str(tmp_path / "worktrees")) == 1
        assert orphan.wait(3) == -signal.SIGKILL
        assert stranger.poll() is None, "a process of another project is left alone"
    finally:
        for process in (stranger, orphan):
            process.kill()
            process.communicate()


def notebook(*sources: str, minor: int = 5) -> str:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "execution_count": n,
            "outputs": [{}],
            "source": s,
        }
        for n, s in enumerate(sources, 1)
    ]
    return json.dumps(
        {"cells": cells, "metadata": {"a": "ä"}, "nbformat": 4, "nbformat_minor": minor}, indent=1
    )


async def test_notebook_cells_are_replaced_inserted_and_deleted(bench: Bench) -> None:
    file = bench.worktree / "a.ipynb"
    file.write_text(notebook("one", "two") + "\n")
    await bench.must("NotebookEdit", notebook_path="a.ipynb", cell_id="c1", new_source="new\nlines\n")
    await bench.must("NotebookEdit", notebook_path="a.ipynb", cell_id="2", edit_mode="insert", new_source="3")
    await bench.must(
        "NotebookEdit", notebook_path="a.ipynb", edit_mode="insert", cell_type="markdown", new_source="# T"
    )
    await bench.must("NotebookEdit", notebook_path="a.ipynb", cell_id="c2", edit_mode="delete")
    cells = json.loads(file.read_text())["cells"]
    assert [cell["source"] for cell in cells] == [["# T"], ["new\n", "lines\n"], ["3"]]
    assert cells[1]["outputs"] == []
    assert cells[1]["execution_count"] is None
    assert "outputs" not in cells[0]
    assert file.read_text().endswith("}\n")
    assert '"ä"' in file.read_text()


async def test_what_is_no_notebook_or_no_cell_is_refused(bench: Bench) -> None:
    (bench.worktree / "a.ipynb").write_text(notebook("one"))
    (bench.worktree / "b.ipynb").write_text("[1")
    (bench.worktree / "c.ipynb").write_text('{"cells": 3}')
    assert "no cell '9'" in await bench.refused("NotebookEdit", notebook_path="a.ipynb", cell_id="9")
    assert "which cell" in await bench.refused("NotebookEdit", notebook_path="a.ipynb")
    for name in ("b.ipynb", "c.ipynb", "d.ipynb", "src/app.py", "../x.ipynb"):
        await bench.refused("NotebookEdit", notebook_path=name, cell_id="1", new_source="x")
    assert (bench.worktree / "a.ipynb").read_text() == notebook("one")


async def test_one_cell_of_a_notebook_is_read_by_id_or_number(bench: Bench) -> None:
    (bench.worktree / "a.ipynb").write_text(notebook("one", "two"))
    for cell in ("c2", "2"):
        assert await bench.must("NotebookRead", notebook_path="a.ipynb", cell_id=cell) == "[2] code\ntwo"
    assert "no cell 9" in await bench.refused("NotebookRead", notebook_path="a.ipynb", cell_id="9")


async def test_a_plan_with_ids_and_priorities_is_a_plan(bench: Bench) -> None:
    line = {"content": "a", "status": "pending", "id": "1", "priority": "high"}
    assert await bench.must("TodoWrite", todos=[line]) == "- [ ] a"
