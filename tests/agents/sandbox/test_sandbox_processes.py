"""Commands end when they should, with everything that they started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import signal
import sys
import time
from typing import Any

import pytest

from agentboard_agents.sandbox import process
from agentboard_agents.sandbox.box import Box, Finished
from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.children import Child, child_of
from agentboard_agents.sandbox.landlock import Landlock, Unconfined
from agentboard_agents.sandbox.output import Kept
from agentboard_agents.sandbox.toolchains import find

from .conftest import Place, bash
from .processes import running, until

LEAVES_DAEMONS = (
    "setsid sleep {0} & (setsid sh -c 'sleep {0} & exec sleep {0}' &) ; nohup sleep {0} >/dev/null & {1}"
)
Runner = Bubblewrap | Landlock | Unconfined


@pytest.fixture(params=["bubblewrap", "sandlock", "unconfined"])
def runner(request: pytest.FixtureRequest) -> Runner:
    """Each way to run a command."""
    if request.param == "bubblewrap":
        found = request.getfixturevalue("bubblewrap")
        assert isinstance(found, Bubblewrap)
        return found
    if request.param == "unconfined":
        return Unconfined()
    if Landlock.fault():
        pytest.skip(Landlock.fault())
    return Landlock(find(os.environ["PATH"], os.path.expanduser("~")))


async def _run(runner: Runner, box: Box, command: str, seconds: float) -> Finished:
    return await runner.run(box, ["bash", "-c", command], timeout=seconds, cap=10_000)


async def test_exit_code_and_both_streams(runner: Runner, place: Place) -> None:
    done = await _run(runner, place.box, "echo out; echo err >&2; pwd; exit 7", 20)
    assert done.exit_code == 7
    assert sorted(done.output.split()) == sorted(["out", "err", str(place.worktree)])
    assert not done.timed_out


async def test_daemons_end_with_the_command(runner: Runner, place: Place) -> None:
    marker = f"7001.{os.getpid()}"
    wait = f"until pgrep -f {marker} >/dev/null; do :; done; echo started"
    began = time.monotonic()
    done = await _run(runner, place.box, LEAVES_DAEMONS.format(marker, wait), 20)
    assert "started" in done.output
    assert done.exit_code == 0
    assert time.monotonic() - began < 10, "it waited for a child that holds the output open"
    assert await until(marker, present=False)


async def test_the_deadline_ends_everything(runner: Runner, place: Place) -> None:
    marker = f"7002.{os.getpid()}"
    task = asyncio.create_task(_run(runner, place.box, LEAVES_DAEMONS.format(marker, f"sleep {marker}"), 1.0))
    assert await until(marker, present=True)
    done = await task
    assert done.timed_out
    assert done.stopped == "timeout"
    assert done.exit_code != 0
    assert await until(marker, present=False)


async def test_cancelling_the_task_ends_everything(runner: Runner, place: Place) -> None:
    marker = f"7003.{os.getpid()}"
    task = asyncio.create_task(_run(runner, place.box, LEAVES_DAEMONS.format(marker, f"sleep {marker}"), 60))
    assert await until(marker, present=True)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert await until(marker, present=False)


async def test_cancelling_at_any_moment_leaves_nothing(runner: Runner, place: Place) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    marker = f"7004.{os.getpid()}"
    busy = f"for i in $(seq 40); do (setsid sleep {marker} &) ; done; wait; sleep {marker}"
    for _ in range(6):
        task = asyncio.create_task(_run(runner, place.box, busy, 60))
        await asyncio.wait({task}, timeout=chance.random() * 0.15)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=8)
        assert done, "the cancelled command never ended"
        assert await until(marker, present=False)


async def test_cancelling_while_the_program_starts_leaves_nothing(
    runner: Runner, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = f"7008.{os.getpid()}"
    start, known = asyncio.create_subprocess_exec, asyncio.Event()

    async def slow(*argv: str, **more: Any) -> asyncio.subprocess.Process:
        child = await start(*argv, **more)
        await known.wait()
        return child

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    task = asyncio.create_task(_run(runner, place.box, f"setsid sleep {marker} & wait", 60))
    assert await until(marker, present=True)
    task.cancel()
    await asyncio.wait({task}, timeout=0.05)
    known.set()
    await asyncio.wait({task}, timeout=8)
    assert task.cancelled()
    assert await until(marker, present=False)


STARTER = """
import asyncio, os, sys
from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.sandbox.landlock import Unconfined
name, worktree, command = sys.argv[1:]
runner = Unconfined() if name == "unconfined" else choose((name,))
asyncio.run(runner.run(Box(worktree), ["bash", "-c", command], timeout=60))
"""


async def test_everything_ends_when_the_worker_is_killed(runner: Runner, place: Place) -> None:
    marker = f"7006.{os.getpid()}{len(runner.name)}"
    command = LEAVES_DAEMONS.format(marker, f"sleep {marker}")
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, runner.name, str(place.worktree), command
    )
    try:
        assert await until(marker, present=True, seconds=20)
    finally:
        starter.kill()
        await starter.wait()
    assert await until(marker, present=False)


async def test_a_process_that_keeps_the_output_open_does_not_hold_the_result(place: Place) -> None:
    marker = f"7005.{os.getpid()}"
    left = process.Process(["/bin/sh", "-c", f"setsid sleep {marker} & echo $!"], {})
    done = await asyncio.wait_for(process.run(left, timeout=60, cap=100), 10)
    assert done.exit_code == 0
    os.kill(int(done.output), signal.SIGKILL)


async def test_long_output_keeps_head_and_tail(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bash(bubblewrap, place.box, "echo first; seq 200000; echo last", cap=2_000)
    assert done.truncated
    assert done.output.startswith("first\n1\n")
    assert done.output.endswith("200000\nlast\n")
    assert "bytes left out" in done.output
    assert len(done.output) < 2_200


async def test_a_command_that_ends_by_a_signal(bubblewrap: Bubblewrap, place: Place) -> None:
    assert (await bash(bubblewrap, place.box, "kill -9 $$")).exit_code == 137


async def test_a_program_that_is_not_there(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bubblewrap.run(place.box, ["no-such-program"])
    assert done.exit_code != 0
    assert "no-such-program" in done.output


async def test_a_reason_to_stop_is_told(place: Place) -> None:
    child = process.Process(["/bin/sleep", "60"], {})
    done = await process.run(child, timeout=30, cap=100, watch=lambda: "enough")
    assert done.stopped == "enough"
    assert not done.timed_out


async def test_many_boxes_at_once(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await asyncio.gather(*(bash(bubblewrap, place.box, f"echo {n}") for n in range(20)))
    assert [one.output for one in done] == [f"{n}\n" for n in range(20)]


def spent() -> float:
    """Return the processor's time of all children that have ended, in seconds: a busy machine adds little."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def test_a_box_costs_little(bubblewrap: Bubblewrap, place: Place) -> None:
    """The bench measures the time that passes; here is the work that a box adds to a command."""
    plain = process.Process(["/bin/bash", "-c", "true"], {})
    bare, boxed = list[float](), list[float]()
    for _ in range(10):
        start = spent()
        await process.run(plain, timeout=9, cap=9)
        between = spent()
        await bash(bubblewrap, place.box, "true")
        bare.append(between - start)
        boxed.append(spent() - between)
    assert min(boxed) - min(bare) < 0.05


def test_a_process_with_the_same_number_is_another_one() -> None:
    me = child_of(os.getpid())
    assert me is not None
    assert me.alive()
    other = Child(me.pid, me.started + 1)
    assert not other.alive()
    other.kill()
    assert running("no-such-marker") == []


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 25, 1_000])
@pytest.mark.parametrize("step", [1, 3, 1_000])
def test_kept_output_is_head_and_tail(size: int, step: int) -> None:
    data = bytes(97 + n % 26 for n in range(size))
    kept = Kept(10)
    for start in range(0, size, step):
        kept.add(data[start : start + step])
    text = kept.text()
    if size <= 10:
        assert text == data.decode()
        assert not kept.truncated
    else:
        assert text.startswith(data[:5].decode())
        assert text.endswith(data[-5:].decode())
        assert kept.truncated
        assert f"[{size - 10:,} bytes left out]" in text
