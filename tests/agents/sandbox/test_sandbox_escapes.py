"""Ways out of the box, tried for real on canaries."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from agentboard_agents.sandbox import limits, mounts, process
from agentboard_agents.sandbox.box import Box, SandboxRefused
from agentboard_agents.sandbox.bubblewrap import Bubblewrap

from .conftest import SECRET, Place, bash
from .processes import running


async def test_only_the_worktree_can_be_written(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bash(
        bubblewrap, place.box, "echo new > made.txt; cat app.py; touch /usr/x /etc/x /x; echo end"
    )
    assert (place.worktree / "made.txt").read_text() == "new\n"
    assert "answer = 42" in done.output
    assert done.output.count("Read-only file system") == 3


async def test_the_neighbourhood_is_absent(bubblewrap: Bubblewrap, place: Place) -> None:
    (place.worktree.parent / "two").mkdir()
    (place.worktree.parent / "two" / "theirs.txt").write_text(SECRET)
    command = (
        f"cat {place.outside}/secret.txt {place.worktree.parent}/two/theirs.txt {place.repository}/app.py"
    )
    done = await bash(bubblewrap, place.box, f"{command}; echo x > {place.outside}/secret.txt")
    assert SECRET not in done.output
    assert "answer" not in done.output
    assert (place.outside / "secret.txt").read_text() == SECRET


async def test_the_home_is_absent(bubblewrap: Bubblewrap, place: Place) -> None:
    home = Path.home()
    names = [name for name in os.listdir(home) if (home / name).is_file()]
    checks = " ".join(f"{home}/{name}" for name in [*names, ".ssh", ".config", ".aws", ".claude", ".cache"])
    done = await bash(
        bubblewrap, place.box, f"for f in {checks}; do test -e $f && echo SEEN $f; done; echo ~"
    )
    assert done.output == "/tmp/home\n"


async def test_links_lead_nowhere(bubblewrap: Bubblewrap, place: Place) -> None:
    (place.worktree / "link").symlink_to(place.outside)
    done = await bash(
        bubblewrap, place.box, "cat link/secret.txt; echo x > link/secret.txt; cat /proc/1/root/etc/shadow"
    )
    assert SECRET not in done.output
    assert done.output.count("No such file") == 3
    assert (place.outside / "secret.txt").read_text() == SECRET


async def test_the_environment_of_agentboard_does_not_enter(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    command = ["bash", "-c", "env; cat /proc/*/environ | tr '\\0' '\\n'"]
    done = await bubblewrap.run(place.box, command)
    assert "HOME=/tmp/home" in done.output
    assert SECRET not in done.output
    line = bubblewrap.command(place.box, command, None, (), limits.Group(None))
    leaky = await process.run(process.Process(line, dict(os.environ)), timeout=20, cap=100_000)
    assert SECRET in leaky.output, "the check cannot see an environment that was passed on"


async def test_there_is_no_network_unless_asked_for(bubblewrap: Bubblewrap, place: Place) -> None:
    visits: list[str] = []

    async def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append("visit")
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    command = f"echo hello > /dev/tcp/127.0.0.1/{port} && echo REACHED"
    async with server:
        closed = await bash(bubblewrap, place.box, command)
        assert "REACHED" not in closed.output
        assert visits == []
        opened = await bash(bubblewrap, Box(str(place.worktree), network=True), command)
        assert "REACHED" in opened.output


GIT_WRITES = (
    "echo x > .git",
    "rm -f .git",
    "mv .git moved",
    "echo '#!/bin/sh' > {git}/hooks/post-checkout",
    "echo '[core]' >> {git}/config",
    "echo x > {git}/worktrees/one/commondir",
    "echo x > {git}/worktrees/one/config.worktree",
    "rm -rf {git}/refs/heads/main",
    "/usr/bin/git commit --allow-empty -m x",
    "/usr/bin/git config core.fsmonitor ./evil",
    "/usr/bin/git update-ref refs/heads/main HEAD~0 && /usr/bin/git update-ref -d refs/heads/main",
)


async def test_the_repository_cannot_be_changed(bubblewrap: Bubblewrap, place: Place) -> None:
    before = _tree(place.repository / ".git")
    for write in GIT_WRITES:
        done = await bash(bubblewrap, place.box, write.format(git=place.repository / ".git"))
        assert done.exit_code != 0, write
    assert _tree(place.repository / ".git") == before
    assert (place.worktree / ".git").read_text().startswith("gitdir: ")


async def test_the_check_above_sees_a_repository_that_is_not_protected(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_wide(box: Box) -> list[str]:
        return ["--bind", str(box.git_dir), str(box.git_dir)]

    monkeypatch.setattr(mounts, "_git", open_wide)
    before = _tree(place.repository / ".git")
    done = await bash(bubblewrap, place.box, GIT_WRITES[3].format(git=place.repository / ".git"))
    assert done.exit_code == 0
    assert _tree(place.repository / ".git") != before


def _tree(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


async def test_credentials_of_the_remote_are_hidden(bubblewrap: Bubblewrap, place: Place) -> None:
    assert SECRET in (place.repository / ".git" / "config").read_text()
    done = await bash(bubblewrap, place.box, f"git remote -v; cat {place.repository}/.git/config")
    assert "https://example.org/x.git" in done.output
    assert SECRET not in done.output


async def test_the_kernel_settings_of_the_machine_cannot_be_written(
    bubblewrap: Bubblewrap, place: Place
) -> None:
    setting = "/proc/sys/kernel/core_pattern"
    done = await bash(
        bubblewrap, place.box, f"cat {setting} > /tmp/same && cat /tmp/same > {setting} && echo WROTE"
    )
    assert "WROTE" not in done.output
    assert "Read-only file system" in done.output


async def test_other_processes_are_out_of_sight(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bash(bubblewrap, place.box, f"ls -d /proc/[0-9]* | wc -l; kill -0 {os.getpid()}")
    assert int(done.output.split()[0]) < 10
    assert "No such process" in done.output


async def test_there_are_no_privileges(bubblewrap: Bubblewrap, place: Place) -> None:
    command = (
        "grep -E 'Cap(Eff|Bnd)' /proc/self/status; mount -t tmpfs x /mnt; unshare -U true; chroot / true"
    )
    done = await bash(bubblewrap, place.box, command)
    assert done.output.count("0000000000000000") == 2
    assert done.exit_code != 0


async def test_nothing_dumps_core(bubblewrap: Bubblewrap, place: Place) -> None:
    done = await bash(bubblewrap, place.box, "ulimit -c unlimited; ulimit -c; bash -c 'kill -SEGV $$'; ls")
    assert "\n0\n" in done.output
    assert "core" not in [path.name.partition(".")[0] for path in place.worktree.iterdir()]


async def test_a_mount_point_behind_a_link_is_refused(bubblewrap: Bubblewrap, place: Place) -> None:
    (place.worktree / ".claude").symlink_to(place.outside)
    box = Box(str(place.worktree), binds=((str(place.repository), ".claude/tasks"),))
    with pytest.raises(SandboxRefused, match="link"):
        await bubblewrap.run(box, ["true"])
    assert [path.name for path in place.outside.iterdir()] == ["secret.txt"]


async def test_a_worktree_whose_git_file_became_a_link_is_refused(
    bubblewrap: Bubblewrap, place: Place
) -> None:
    (place.worktree / ".git").unlink()
    (place.worktree / ".git").symlink_to(place.outside)
    with pytest.raises(SandboxRefused, match="link"):
        await bubblewrap.run(place.box, ["true"])


async def test_processes_are_counted(
    bubblewrap: Bubblewrap, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PROCESSES", 30)
    command = "sh -c 'for i in $(seq 100); do sleep 54321.7 & done'; echo ended $?"
    done = await bash(bubblewrap, place.box, command)
    holds = {limit.name: limit.holds for limit in limits.describe()}["processes"]
    assert ("Cannot fork" in done.output) == holds
    assert running("54321.7") == []
