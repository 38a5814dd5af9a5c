"""What a run leaves behind, and what it must not: the user's tree, private state, the key, the worker."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.blackbox.foreign import Foreign, say, use
from tests.support.shell import COMMAND, Home, until

KEY = "sk-ant-canary-" + "0123456789abcdef"
TASK_FILE = ".claude/tasks/api-engineer-tasks.md"
GITS_OWN = {"objects", "worktrees", "logs", "refs"}
LOOK = "env; cat /proc/*/environ; cat ~/.profile /etc/shadow; ls /root /home; git commit -m x; echo > .git/x"


def digests(root: Path) -> dict[str, str]:
    """Return what every file of a project holds, git's index, HEAD and configuration among them."""
    found: dict[str, str] = {}
    for place, directories, files in os.walk(root):
        if Path(place) == root / ".git":
            directories[:] = [name for name in directories if name not in GITS_OWN]
        for name in files:
            path = Path(place, name)
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(root))] = (
                f"{path.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"
            )
    return found


def test_a_run_changes_nothing_of_the_user_but_the_task_list(home: Home) -> None:
    (home.root / "README.md").write_text("dirty\n")
    (home.root / "staged ü.txt").write_text("staged\n")
    home.git("add", "staged ü.txt")
    before, head = digests(home.root), home.git("rev-parse", "HEAD")
    with Foreign([use("Write", 1, file_path="README.md", content="mine\n")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
    after = digests(home.root)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {TASK_FILE}
    assert home.git("rev-parse", "HEAD") == head


def test_the_key_is_in_no_file_no_output_and_not_in_the_sandbox(home: Home) -> None:
    with Foreign([use("Bash", 1, command=LOOK)], [say()]) as model:
        home.model_at(model.url)
        home.env["ANTHROPIC_API_KEY"] = KEY
        done = home.agentboard("run", "api-engineer", "--task", "T1", "--json")
        assert KEY not in str(model.requests)
    assert KEY not in done.stdout + done.stderr
    assert KEY not in Path(f"/proc/{home.worker_pid()}/cmdline").read_text()
    files = [path for path in home.place.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [str(path) for path in files if KEY.encode() in path.read_bytes()] == []


def test_state_is_private(home: Home) -> None:
    with Foreign([use("Write", 1, file_path="a.txt", content="x")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
    (lock,) = home.state.glob("agentboard/*/worker.lock")
    state = lock.parent
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    own = [path for path in state.rglob("*") if "worktrees" not in path.parts and not path.is_symlink()]
    # the private git directory holds the empty shells that git makes: they are behind the 0700 above
    open_to_others = [path for path in own if path.stat().st_mode & 0o077 and "git" not in path.parts]
    assert open_to_others == []


def test_the_worker_is_on_its_own(home: Home) -> None:
    read, write = os.pipe()
    with Foreign([say()]) as model:
        home.model_at(model.url)
        starter = subprocess.run(
            [COMMAND, "dispatch", "api-engineer", "--task", "T1"],
            cwd=home.root, env=home.env, pass_fds=(write,), capture_output=True, text=True, check=True,
        )  # fmt: skip
        os.close(write)
        assert os.read(read, 1) == b"", "the worker holds its starter's pipe"
        os.close(read)
        assert len(starter.stdout.split()) == 1
        worker = home.worker_pid()
        assert os.getsid(worker) == worker
        assert "agentboard worker" in Path(f"/proc/{worker}/cmdline").read_text().replace("\0", " ")
        second = home.agentboard("worker")
        assert "another worker" in second.stderr
        until(lambda: home.json("runs")[0]["state"] == "review")


@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_no_tool_runs_twice_however_often_the_worker_is_killed(home: Home, kills: int) -> None:
    seed = 20 if kills == 3 else random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    lines = [[use("Bash", 1, command=f"echo {number} >> n.txt; sleep 0.1")] for number in range(kills * 3)]
    with Foreign(*lines, [say()]) as model:
        home.model_at(model.url)
        follower = subprocess.Popen(
            [COMMAND, "run", "api-engineer", "--task", "T1"],
            cwd=home.root, env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        until(lambda: model.requests)
        for _ in range(kills):
            time.sleep(dice.uniform(0.1, 0.8))  # the moment of a death is what is tried here
            if follower.poll() is None:
                kill(home)
        _, told = follower.communicate(timeout=120)
    assert follower.returncode == 0, told
    (run,) = home.json("runs")
    counted = home.git("show", f"{run['branch']}:n.txt").split()
    assert counted == sorted(set(counted), key=int)
    assert home.git("rev-list", "--count", f"main..{run['branch']}") == "1"


def kill(home: Home) -> None:
    """Kill the worker; one that is just starting is left alone."""
    try:
        os.kill(home.worker_pid(), signal.SIGKILL)
    except (ProcessLookupError, IndexError, ValueError):
        return
