"""The worker as a real process: one at a time, detached, replaceable at any moment."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agentboard_agents.client import Client
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.store import Store
from agentboard_agents.worker_lock import WorkerLock, worker_alive, worker_pid
from agentboard_agents.worker_start import STARTED, WorkerNotStarted, start_worker, worker_command
from agentboard_agents.worker_tidy import remove_scratch
from tests.agents import toy_work
from tests.agents.engine_parts import PYTHONPATH, project_in, run_of, spec, until, until_state

S = RunState


class Box:
    """A project whose workers are real processes doing toy work."""

    def __init__(self, directory: Path, idle: float = 60) -> None:
        self.project = project_in(directory)
        self.trace = directory / "trace"
        self.idle = idle
        self.store = Store.open(self.project)
        self.client = Client(self.project, self.store, start=self.start)

    def command(self) -> list[str]:
        program = toy_work.__file__
        return [
            sys.executable,
            program,
            self.project.root,
            self.project.state,
            str(self.trace),
            str(self.idle),
        ]

    def start(self, project: Project) -> None:
        start_worker(project, self.command())

    def kill(self) -> None:
        pid = worker_pid(self.project)
        assert pid, "there is a worker to kill"
        os.kill(pid, signal.SIGKILL)
        until(lambda: not worker_alive(self.project), "the worker is dead")

    def end(self) -> None:
        pid = worker_pid(self.project)
        if pid:
            os.kill(pid, signal.SIGKILL)
        for process in STARTED:
            process.wait(10)
        self.store.close()

    def until_lines(self, count: int, what: str) -> None:
        until(lambda: len(self.lines()) >= count, what)

    def lines(self) -> list[str]:
        return self.trace.read_text().splitlines() if self.trace.exists() else []


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    made = Box(tmp_path)
    yield made
    made.end()


def check_trace(lines: list[str]) -> None:
    """No tool ran twice, and nothing began while the run was paused."""
    tools = Counter(line.split()[1] for line in lines if line.startswith("tool "))
    assert max(tools.values()) == 1, f"tools run twice: {tools}"
    assert set(tools) == {str(turn) for turn in range(toy_work.TURNS)}
    assert [line for line in lines if line.endswith("paused")] == []


@pytest.mark.parametrize(
    ("cycles", "seed"),
    [(2, 7), pytest.param(10, 11, marks=pytest.mark.soak), pytest.param(10, 13, marks=pytest.mark.soak)],
)
def test_pause_kill_and_resume_again_and_again(box: Box, cycles: int, seed: int) -> None:
    chance = random.Random(seed)
    run = box.client.dispatch_spec(spec("r1"))
    for cycle in range(cycles):
        box.client.ensure_worker()
        box.until_lines(len(box.lines()) + chance.randint(1, 2), f"seed {seed} cycle {cycle}: some work")
        pause = box.client.wait(box.client.send("pause", run), 15)
        assert pause.reply == "paused", f"seed {seed} cycle {cycle}: {pause}, {run_of(box.store).state}"
        done = box.lines()
        box.kill()
        assert run_of(box.store).state is S.PAUSED
        resume = box.client.send("resume", run)
        assert box.lines() == done, f"seed {seed} cycle {cycle}: something ran while paused"
        assert box.client.wait(resume, 15).reply == "resumed"
    until_state(box.store, S.REVIEW)
    check_trace(box.lines())


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(20, 30))])
def test_a_worker_killed_at_any_moment_loses_nothing_and_repeats_no_tool(box: Box, seed: int) -> None:
    chance = random.Random(seed)
    box.client.dispatch_spec(spec("r1"))
    box.until_lines(chance.randint(1, 20), f"seed {seed}: some work")
    box.kill()
    begun = time.monotonic()
    box.client.ensure_worker()
    until_state(box.store, S.REVIEW)
    assert time.monotonic() - begun < 10, f"seed {seed}"
    check_trace(box.lines())
    kinds = Counter(event.kind for event in box.store.events(run="r1"))
    assert (kinds["run_started"], kinds["tool_called"], kinds["review_ready"]) == (1, toy_work.TURNS, 1)


def test_a_paused_run_stays_paused_while_no_worker_lives_and_in_the_next_one(box: Box) -> None:
    run = box.client.dispatch_spec(spec("r1"))
    until(box.lines, "some work")
    assert box.client.wait(box.client.send("pause", run), 15).reply == "paused"
    box.kill()
    done = box.lines()
    box.client.ensure_worker()
    second = box.client.wait(box.client.send("pause", run), 15)
    assert second.reply == "paused"
    other = box.client.dispatch_spec(spec("r2"))
    until_state(box.store, S.REVIEW, other)
    assert box.lines()[: len(done)] == done
    assert run_of(box.store).state is S.PAUSED


def test_a_stopped_worker_ends_in_order_and_the_next_goes_on(box: Box) -> None:
    box.client.dispatch_spec(spec("r1"))
    until(box.lines, "some work")
    process = STARTED[-1]
    process.terminate()
    assert process.wait(10) == 0
    assert not worker_alive(box.project)
    assert run_of(box.store).state not in {S.FAILED, S.CANCELLED}
    box.client.ensure_worker()
    until_state(box.store, S.REVIEW)
    check_trace(box.lines())


def test_a_second_worker_leaves_at_once_and_says_why(box: Box) -> None:
    box.client.ensure_worker()
    second = subprocess.run(box.command(), capture_output=True, text=True, timeout=10, check=False)
    assert second.returncode == 0
    assert "another worker serves" in second.stderr


def test_an_idle_worker_goes_and_a_paused_run_does_not_keep_it(box: Box) -> None:
    box.idle = 0.3
    run = box.client.dispatch_spec(spec("r1"))
    assert box.client.wait(box.client.send("pause", run), 15).reply == "paused"
    process = STARTED[-1]
    assert process.wait(10) == 0
    assert run_of(box.store).state is S.PAUSED
    assert box.client.wait(box.client.send("resume", run), 15).reply == "resumed"
    until_state(box.store, S.REVIEW)


def open_in(pid: int) -> list[str]:
    """Return what the descriptors of a process stand for; one may close meanwhile."""
    names: list[str] = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            names.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return names


def test_a_worker_holds_nothing_of_its_starter_and_has_its_own_session(box: Box) -> None:
    kept = os.open(box.project.root, os.O_RDONLY)
    reader, writer = os.pipe()
    os.set_inheritable(kept, True)
    os.set_inheritable(writer, True)
    try:
        box.client.ensure_worker()
        until(lambda: worker_pid(box.project), "its number is written down")
        pid = worker_pid(box.project) or 0
        until(lambda: box.project.root not in open_in(pid), "no hold")  # it opens the project for a moment
        assert os.readlink(f"/proc/self/fd/{writer}") not in open_in(pid)
        assert not [name for name in open_in(pid) if name.startswith("/dev/pts")]
        assert os.getsid(pid) == pid
        log = os.path.join(box.project.state, "worker.log")
        assert stat.S_IMODE(os.stat(log).st_mode) == 0o600
    finally:
        for descriptor in (kept, reader, writer):
            os.close(descriptor)


def test_a_worker_that_dies_at_once_leaves_its_last_words(box: Box) -> None:
    with pytest.raises(WorkerNotStarted, match="no such project"):
        start_worker(box.project, [sys.executable, "-c", "import sys; sys.exit('no such project')"])
    with pytest.raises(WorkerNotStarted, match="No such file"):
        start_worker(box.project, ["/nowhere/agentboard"])


def test_a_worker_that_never_comes_up_is_not_waited_for_forever(box: Box) -> None:
    with pytest.raises(WorkerNotStarted, match="no sign of life"):
        start_worker(box.project, [sys.executable, "-c", "input()"], deadline=0.0)


def test_a_damaged_engine_file_is_moved_aside_and_the_next_worker_starts_afresh(box: Box) -> None:
    engine = Path(box.project.state) / "engine.db"
    engine.write_bytes(b"not a database" * 500)
    ended = subprocess.run(box.command(), capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert "engine.db: is damaged" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [name for name in os.listdir(box.project.state) if name.startswith("engine.db.damaged-")]
    box.client.dispatch_spec(spec("r1"))
    until_state(box.store, S.REVIEW)
    check_trace(box.lines())


def test_the_command_line_names_worker_and_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "agentboard"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    monkeypatch.setattr(sys, "argv", [str(script), "--no-color"])
    project = project_in(tmp_path)
    assert worker_command(project) == [str(script), "worker", "-C", project.root]
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert worker_command(project)[1:] == ["-m", "agentboard_tui", "worker", "-C", project.root]
    monkeypatch.setattr(sys, "executable", str(script.parent / "python"))
    assert worker_command(project) == [str(script), "worker", "-C", project.root]


def test_the_lock_belongs_to_one_and_tells_its_holder(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert worker_pid(project) is None
    lock, other = WorkerLock(project), WorkerLock(project)
    assert lock.acquire()
    assert not other.acquire()
    assert worker_pid(project) == os.getpid()
    lock.release()
    assert not worker_alive(project)
    assert other.acquire()
    other.release()


def test_trees_that_a_dead_worker_ran_gates_in_are_removed(tmp_path: Path) -> None:
    for name in ("base-x/tree/a.py", "first-y/tree/b.py", "kept.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    remove_scratch(str(tmp_path))
    remove_scratch(str(tmp_path / "nowhere"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
