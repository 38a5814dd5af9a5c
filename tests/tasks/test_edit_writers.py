"""Twenty writers on one list, half of them knowing nothing of us: nobody's edit is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root

OURS = """
import sys
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
project, state, name, count = *sys.argv[1:4], int(sys.argv[4])
editor = Editor(Root(project), Root(state))
print("ready", flush=True); sys.stdin.readline()
for number in range(count):
    box = f"[ ] {name}-{number}\\n".encode()
    editor.apply("t.md", lambda data, box=box: data.replace(box, b"[x]" + box[3:]), why=name)
    editor.reconcile("t.md")
"""

THEIRS = """
import fcntl, os, random, sys, time
project, state, name, count, how = *sys.argv[1:4], int(sys.argv[4]), sys.argv[5]
path = project + "/t.md"
source = random.Random(name)
queue = open(project + "/../theirs.lock", "w")  # they do not destroy each other's edits, only we could
print("ready", flush=True); sys.stdin.readline()
for number in range(count):
    fcntl.flock(queue, fcntl.LOCK_EX)
    with open(path, "rb") as file:
        data = file.read()
    time.sleep(source.uniform(0, 0.004))  # their pace: the buffer grows stale
    box = f"[ ] {name}-{number}\\n".encode()
    assert box in data, (name, number, len(data))
    data = data.replace(box, b"[x]" + box[3:])
    if how == "rename":
        with open(path + name, "wb") as file:
            file.write(data)
        os.rename(path + name, path)
    else:
        with open(path, "wb") as file:
            file.write(data[:len(data) // 2]); file.flush()
            time.sleep(source.uniform(0, 0.001))
            file.write(data[len(data) // 2:])
    fcntl.flock(queue, fcntl.LOCK_UN)
    time.sleep(source.uniform(0, 0.02))
"""


def writers(tmp_path: Path, each: int, edits: int) -> list[list[str]]:
    """Return the command lines: `each` renaming, `each` writing in place, twice as many of ours."""
    place = [str(tmp_path / "project"), str(tmp_path / "state")]
    ours = [[OURS, *place, f"ours{number}", str(edits)] for number in range(2 * each)]
    rename = [[THEIRS, *place, f"rename{number}", str(edits), "rename"] for number in range(each)]
    in_place = [[THEIRS, *place, f"place{number}", str(edits), "place"] for number in range(each)]
    return [[sys.executable, "-c", *arguments] for arguments in (*ours, *rename, *in_place)]


def all_write(tmp_path: Path, edits: int, *, watch: bool) -> None:
    """Let all write, and look at what is left."""
    root, state = Root.create(str(tmp_path / "project")), Root.create(str(tmp_path / "state"))
    commands = writers(tmp_path, 5, edits)
    names = [f"{argv[5]}-{number}" for argv in commands for number in range(edits)]
    root.write("t.md", b"# List\n" + b"".join(f"- [ ] {name}\n".encode() for name in names))
    running = [
        subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for argv in commands
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    deadline = time.monotonic() + 100
    editor = Editor(root, state)
    while watch and any(process.poll() is None for process in running) and time.monotonic() < deadline:
        editor.reconcile("t.md")
        time.sleep(0.01)  # as a board does that watches the file
    errors = [process.communicate(timeout=100)[1] for process in running]
    assert [error[-600:] for error in errors if error] == []
    while editor.reconcile("t.md"):
        assert time.monotonic() < deadline
    data = root.read("t.md").data.decode()
    lost = [name for name in names if f"- [x] {name}\n" not in data]
    assert lost == []
    assert len(data.splitlines()) == len(names) + 1
    assert os.listdir(root.path) == ["t.md"]


def test_twenty_writers(tmp_path: Path) -> None:
    all_write(tmp_path, 5, watch=True)


@pytest.mark.soak
@pytest.mark.parametrize("watch", [True, False])
def test_twenty_writers_for_long(tmp_path: Path, watch: bool) -> None:
    all_write(tmp_path, 50, watch=watch)


UNDO = """
import sys
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
editor = Editor(Root(sys.argv[1]), Root(sys.argv[2]))
print("ready", flush=True); sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    editor.undo()
"""


def on_top(line: bytes, data: bytes) -> bytes:
    """Return the list with one more line below its title."""
    return data[:7] + line + data[7:]


def test_many_who_take_back_at_once_take_each_edit_back_once(tmp_path: Path) -> None:
    root, state = Root.create(str(tmp_path / "project")), Root.create(str(tmp_path / "state"))
    before = b"# List\n- [ ] a\n"
    root.write("t.md", before)
    editor = Editor(root, state)
    for number in range(24):
        editor.apply("t.md", partial(on_top, f"- [x] {number}\n".encode()), why=str(number))
    argv = [sys.executable, "-c", UNDO, root.path, state.path, "4"]
    running = [
        subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=100)[1] for process in running] == [""] * 6
    assert root.read("t.md").data == before
