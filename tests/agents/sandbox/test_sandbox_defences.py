"""Each defence of the box against one way out, with the defence and without it, so that the check can fail.

A way out prints OUT or leaves a sleeper; nothing here can hurt the machine when it succeeds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest
from msgspec import Struct

from agentboard_agents.sandbox import devices, gitshim, limits, mounts, process
from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.sandbox.dependencies import box_for
from agentboard_agents.sandbox.toolchains import Toolchains

from .conftest import Place, bash
from .processes import running, until

Patch = pytest.MonkeyPatch


class Defence(Struct, frozen=True):
    """A way out as a command, and how the defence against it is switched off."""

    command: str
    off: Callable[[Patch, Place], None]
    shows: bool = True
    """Whether this machine can show it: as an ordinary user some ways are barred twice."""


def without(*options: str) -> Callable[[Patch, Place], None]:
    """Return what takes options out of bubblewrap's command line."""

    def switch_off(patch: Patch, _: Place) -> None:
        whole = Bubblewrap.command

        def weaker(box: Bubblewrap, *given: Any) -> list[str]:
            line = whole(box, *given)
            start = line.index(options[0])
            assert line[start : start + len(options)] == list(options)
            return line[:start] + line[start + len(options) :]

        patch.setattr(Bubblewrap, "command", weaker)

    return switch_off


def writable(where: Callable[[Place], str]) -> Callable[[Patch, Place], None]:
    """Return what makes a read-only mount one that can be written."""

    def switch_off(patch: Patch, place: Place) -> None:
        path, whole = where(place), mounts.arguments

        def weaker(box: Box, toolchains: Toolchains) -> list[str]:
            words = whole(box, toolchains)
            places = [i for i in range(len(words) - 2) if words[i] == "--ro-bind" and words[i + 2] == path]
            assert places, f"{path} is not mounted read-only"
            return ["--bind" if i in places else word for i, word in enumerate(words)]

        patch.setattr(mounts, "arguments", weaker)

    return switch_off


def shown(*words: str) -> Callable[[Patch, Place], None]:
    """Return what adds mounts to the box."""

    def switch_off(patch: Patch, place: Place) -> None:
        whole = mounts.arguments
        filled = [word.format(outside=place.outside) for word in words]

        def weaker(box: Box, toolchains: Toolchains) -> list[str]:
            return [*whole(box, toolchains), *filled]

        patch.setattr(mounts, "arguments", weaker)

    return switch_off


def set_to(module: object, name: str, value: object) -> Callable[[Patch, Place], None]:
    """Return what replaces a part of a module."""
    return lambda patch, _: patch.setattr(module, name, value)


def nothing_mounted(_box: Box) -> list[str]:
    return []


def none_at_all() -> None:
    return None


def as_it_is(text: str) -> str:
    return text


def git_of(place: Place) -> str:
    return str(place.repository / ".git")


def tools_of(place: Place) -> str:
    return str(place.outside.parent / "tools")


AS_ROOT = os.geteuid() == 0
SETTING = "/proc/sys/kernel/core_pattern"
SEGMENT = 0xAB0000 | os.getpid() & 0xFFFF
OUTSIDE = ("--bind", "{outside}", "{outside}")

DEFENCES = {
    "the neighbourhood cannot be read": Defence(
        "grep -q canary {outside}/secret.txt && echo OUT", shown(*OUTSIDE)
    ),
    "the neighbourhood cannot be written": Defence("echo x > {outside}/new && echo OUT", shown(*OUTSIDE)),
    "links lead nowhere": Defence(
        "ln -s {outside} l; grep -q canary l/secret.txt && echo OUT", shown(*OUTSIDE)
    ),
    "the repository is read-only": Defence("echo '#' >> {git}/refs/x && echo OUT", writable(git_of)),
    "hooks cannot be written": Defence("echo '#' > {git}/hooks/canary && echo OUT", writable(git_of)),
    "the .git of the worktree is read-only": Defence(
        "cp .git /tmp/g && cat /tmp/g > .git && echo OUT",
        writable(lambda place: str(place.worktree / ".git")),
    ),
    "the .git of the worktree stays in its place": Defence(
        "mv .git moved && echo OUT", set_to(mounts, "_dot_git", nothing_mounted)
    ),
    "dependencies are read-only": Defence(
        "echo x > {repository}/.venv/canary && echo OUT",
        writable(lambda place: str(place.repository / ".venv")),
    ),
    "dependencies in the worktree are read-only": Defence(
        "echo x > .venv/canary && echo OUT", writable(lambda place: str(place.worktree / ".venv"))
    ),
    "tool chains are read-only": Defence("echo x > {tools}/canary && echo OUT", writable(tools_of)),
    "settings of the kernel are read-only": Defence(
        f"cat {SETTING} > /tmp/s && cat /tmp/s > {SETTING} && echo OUT",
        writable(lambda _: "/proc/sys"),
        shows=AS_ROOT,
    ),
    "devices keep their modes": Defence(
        "test $(stat -c %d-%i /dev/full) = {device} && chmod 666 /dev/full && echo OUT",
        set_to(devices, "own_devices", none_at_all),
        shows=AS_ROOT,
    ),
    "there are no capabilities": Defence(
        "grep -q 'CapEff:.*[1-9a-f]' /proc/self/status && echo OUT", without("--cap-drop", "ALL")
    ),
    "processes outside are out of sight": Defence("kill -0 {pid} && echo OUT", without("--unshare-pid")),
    "shared memory is private": Defence(
        f"ipcs -m | grep -q {SEGMENT:#010x} && echo OUT", without("--unshare-ipc")
    ),
    "the network is absent": Defence(
        "echo > /dev/tcp/127.0.0.1/{port} && echo OUT", without("--unshare-net")
    ),
    "credentials of remotes are hidden": Defence(
        "grep -q canary {git}/config && echo OUT", set_to(gitshim, "safe_config", as_it_is)
    ),
    "nothing dumps core": Defence(
        "ulimit -c unlimited 2>/dev/null; test $(ulimit -c) = unlimited && echo OUT",
        set_to(limits, "LIMIT", ""),
        shows=resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY,
    ),
    "files are of a limited size": Defence(
        "truncate -s 5G /dev/shm/big; test $(stat -c %s /dev/shm/big) -gt 5000000000 && echo OUT",
        set_to(limits, "LIMIT", ""),
    ),
    "a command goes first when memory runs out": Defence(
        "test $(cat /proc/self/oom_score_adj) -lt 1000 && echo OUT", set_to(limits, "LIMIT", "")
    ),
}


@contextlib.asynccontextmanager
async def listening() -> AsyncGenerator[int]:
    """Listen on a port of this machine."""

    async def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.contextmanager
def shared_memory() -> Generator[None]:
    """Hold a segment of shared memory that anybody on the machine may list."""
    libc = ctypes.CDLL(None)
    segment = libc.shmget(SEGMENT, 4096, 0o1600)
    try:
        yield
    finally:
        libc.shmctl(segment, 0, None)


async def says_out(sandbox: Bubblewrap, place: Place, command: str) -> bool:
    """Tell whether a command found its way out."""
    box = box_for(str(place.repository), str(place.worktree), git_of(place))
    full = os.lstat("/dev/full")
    device = f"{full.st_dev}-{full.st_ino}"
    names = {"device": device, "outside": place.outside, "git": git_of(place), "repository": place.repository}
    async with listening() as port:
        with shared_memory():
            for name, value in {**names, "tools": tools_of(place), "port": port, "pid": os.getpid()}.items():
                command = command.replace(f"{{{name}}}", str(value))
            return "OUT" in (await bash(sandbox, box, command)).output


@pytest.mark.parametrize("name", DEFENCES)
@pytest.mark.usefixtures("bubblewrap")
async def test_a_defence_holds_and_without_it_the_way_is_open(
    name: str, place: Place, monkeypatch: Patch
) -> None:
    defence = DEFENCES[name]
    os.mkdir(tools_of(place))
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{tools_of(place)}")
    choose.cache_clear()
    sandbox = choose(("bubblewrap",))
    assert isinstance(sandbox, Bubblewrap)
    (place.repository / ".venv" / "bin").mkdir(parents=True)
    assert not await says_out(sandbox, place, defence.command)
    defence.off(monkeypatch, place)
    if defence.shows:
        assert await says_out(sandbox, place, defence.command), "the check sees nothing"


async def test_without_the_defences_against_daemons_one_stays(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: Patch
) -> None:
    marker = f"7010.{os.getpid()}"
    daemon = f"setsid -f sleep {marker}; sleep 60"

    async def leave_it(pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    await bash(bubblewrap, place.box, daemon, seconds=1)
    assert await until(marker, present=False)
    without("--unshare-pid")(monkeypatch, place)
    monkeypatch.setattr(process, "kill_tree", leave_it)
    await bash(bubblewrap, place.box, daemon, seconds=1)
    left = running(marker)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left, "the check cannot see a daemon that stayed"


async def test_a_command_that_writes_too_much_is_stopped(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(limits, "MOST_WRITTEN", 48 * 1024**2)
    fill = "for i in $(seq 1000); do head -c 16M /dev/zero > f$((i % 8)); sleep 0.1; done"
    done = await bash(bubblewrap, place.box, fill)
    assert done.stopped == "it wrote more than 0.0 GiB into the worktree"
    assert done.seconds < 15
    elsewhere = "head -c 100M /dev/zero > /tmp/f; sleep 1.5; echo whole"
    assert "whole" in (await bash(bubblewrap, place.box, elsewhere)).output, "the box's own memory is no disk"


async def test_many_small_files_are_counted_too(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(limits, "MOST_WRITTEN", 8 * 1024**2)
    fill = "mkdir d; cd d; for i in $(seq 100000); do echo x > $i; done; sleep 20"
    assert "it wrote more" in (await bash(bubblewrap, place.box, fill, seconds=60)).stopped


def test_another_one_who_fills_the_disk_stops_no_command(place: Place, monkeypatch: Patch) -> None:
    monkeypatch.setattr(limits, "MOST_WRITTEN", 8 * 1024**2)
    watch = limits.DiskWatch(str(place.worktree))
    (place.outside / "theirs").write_bytes(b"x" * 32 * 1024**2)
    os.sync()
    assert watch() == ""
    (place.worktree / "ours").write_bytes(b"x" * 32 * 1024**2)
    os.sync()
    assert "it wrote more" in watch()
