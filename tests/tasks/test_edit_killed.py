"""SIGKILL in the middle of an edit: old or new content, no lock that blocks, nothing of anybody's lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentboard_tasks import files
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root

LIST = b"# Tasks\n- [ ] a\n- [ ] b\n- [ ] c\n"

SWEEP = """
import os, shutil, signal, sys
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root, injected

place, text = sys.argv[1], sys.argv[2].encode().decode("unicode_escape").encode()
new = text.replace(b"[ ] a", b"[x] a")

def killed_at(nth):
    left = [nth]
    def hook(operation, path):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
    return hook

for nth in range(1, 300):
    root, state = Root.create(place + "/project"), Root.create(place + "/state")
    root.write("t.md", text)
    child = os.fork()
    if child == 0:
        with injected(killed_at(nth)):
            Editor(root, state).apply("t.md", lambda data: data.replace(b"[ ] a", b"[x] a"), why="a")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = root.read("t.md").data
    assert found in ({new} if status == 0 else {text, new}), (nth, found)
    edit = Editor(root, state).apply("t.md", lambda data: data + b"after\\n", why="after")
    assert root.read("t.md").data == found + b"after\\n", nth
    assert os.listdir(root.path) == ["t.md"], (nth, os.listdir(root.path))
    assert (found == new) == any(e.why == "a" for e in Editor(root, state).journal.edits()), nth
    if status == 0:
        print(nth)
        break
    shutil.rmtree(place + "/state"); shutil.rmtree(place + "/project")
"""


def run(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", source, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_killed_before_any_operation(tmp_path: Path) -> None:
    finished = run(SWEEP, str(tmp_path), LIST.decode().encode("unicode_escape").decode())
    assert finished.returncode == 0, finished.stderr
    assert int(finished.stdout) > 15, "the sweep met too few operations to show anything"


def killed_with_theirs_aside(root: Root, state: Root, monkeypatch: pytest.MonkeyPatch, theirs: bytes) -> None:
    """Do what a process does that dies when the exchange has just taken somebody's new file away."""

    def dies(parent: int, aside: str | None, *_: object) -> None:
        assert aside is not None
        Path(root.path, aside).write_bytes(theirs)
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "displaced", dies)
    with pytest.raises(KeyboardInterrupt):
        Editor(root, state).apply("t.md", lambda data: data.replace(b"[ ] a", b"[x] a"), why="a")
    monkeypatch.undo()


@pytest.mark.parametrize("act", ["apply", "reconcile"])
def test_what_a_killed_process_took_away_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    root, state = Root.create(str(tmp_path / "project")), Root.create(str(tmp_path / "state"))
    root.write("t.md", LIST)
    theirs = LIST.replace(b"[ ] c", b"[x] c")
    Editor(root, state).apply("t.md", lambda data: data.replace(b"[ ] b", b"[x] b"), why="b")
    killed_with_theirs_aside(root, state, monkeypatch, theirs.replace(b"[ ] b", b"[x] b"))
    assert b"[ ] c" in root.read("t.md").data
    if act == "apply":
        Editor(root, state).apply("t.md", lambda data: data + b"after\n", why="after")
    else:
        Editor(root, state).reconcile()
    expected = LIST.replace(b"[ ]", b"[x]")
    assert root.read("t.md").data == (expected + b"after\n" if act == "apply" else expected)
    assert os.listdir(root.path) == ["t.md"]


WRITER = """
import sys
from agentboard_tasks.edit import Editor
from agentboard_tasks.files import Root
editor = Editor(Root(sys.argv[1]), Root(sys.argv[2]))
for count in range(100_000):
    line = f"{sys.argv[3]}-{count}\\n".encode()
    editor.apply("t.md", lambda data: data + line, why=line.decode())
    print(line.decode(), end="", flush=True)
"""


def kill_at_random(tmp_path: Path, times: int, seed: int) -> None:
    """Kill a process that edits all the time, again and again."""
    source = random.Random(seed)
    root, state = Root.create(str(tmp_path / "project")), Root.create(str(tmp_path / "state"))
    root.write("t.md", b"# List\n")
    acknowledged: list[str] = []
    for turn in range(times):
        argv = [sys.executable, "-c", WRITER, root.path, state.path, str(turn)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged.append(writer.stdout.readline())
            time.sleep(source.uniform(0, 0.02))  # when it dies is what is tried here
            writer.send_signal(signal.SIGKILL)
            acknowledged += writer.stdout.readlines()
        text = root.read("t.md").data.decode()
        assert text.startswith("# List\n")
        assert text.endswith("\n")
        missing = [line for line in acknowledged if line.endswith("\n") and line not in text]
        assert missing == [], f"seed {seed}"
        lines = text.splitlines()
        assert len(lines) == len(set(lines)), f"seed {seed}: an edit was made twice"
    Editor(root, state).apply("t.md", lambda data: data + b"end\n", why="end")
    assert os.listdir(root.path) == ["t.md"]


def test_killed_at_random(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 5, seed=7)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_often(tmp_path: Path, seed: int) -> None:
    kill_at_random(tmp_path, 25, seed)
