"""The sandbox made of Linux namespaces, by bubblewrap."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Mapping, Sequence

from agentboard_agents.sandbox import devices, gitshim, limits, mounts, process
from agentboard_agents.sandbox.box import CAP, TIMEOUT, Box, Finished, Limit, SandboxRefused
from agentboard_agents.sandbox.toolchains import Toolchains

__all__ = ["LUXURIES", "Bubblewrap"]

NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
USER_NAMESPACE = ("--unshare-user", "--disable-userns")
LUXURIES = {"--disable-userns": 0, "--size": 1}
"""Options that the box can do without, and how many arguments they take."""
PRIVILEGES = ("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", "sandbox")
CHILD_LIMIT = 'ulimit -p "$0" 2>/dev/null || ulimit -u "$0"; exec "$@"'


class Bubblewrap:
    """Runs commands with their own processes, network, mounts and nothing of the home."""

    name = "bubblewrap"
    asks = False

    def __init__(
        self,
        program: str,
        toolchains: Toolchains,
        *,
        user_namespace: bool = True,
        lacks: frozenset[str] = frozenset(),
    ) -> None:
        """Use `program`, an old one of which may lack some of the options in `LUXURIES`."""
        self.reason = f"{program} works here"
        self._lacks = lacks
        self._program = program
        self._toolchains = toolchains
        self._user_namespace = user_namespace

    async def run(
        self,
        box: Box,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        timeout: float = TIMEOUT,  # noqa: ASYNC109  the signature of `Sandbox`
        cap: int = CAP,
    ) -> Finished:
        """Run `argv` in `box`; see `Sandbox.run`."""
        group = limits.Group.make()
        try:
            with contextlib.ExitStack() as open_files:
                made, fds = _files(box, open_files)
                command = self.command(box, argv, cwd, made, group)
                started = process.Process(command, {}, "/", tuple(fds))
                return await process.run(
                    started, timeout=timeout, cap=cap, watch=limits.DiskWatch(box.worktree)
                )
        except OSError as error:
            raise SandboxRefused(f"the sandbox could not be started: {error.strerror}") from error
        finally:
            await group.remove()

    def launch(
        self, box: Box, argv: Sequence[str], cwd: str | None, stack: contextlib.AsyncExitStack
    ) -> process.Process:
        """Return what to start for a process that stays; see `Launches.launch`."""
        group = limits.Group.make()
        stack.push_async_callback(group.remove)
        try:
            made, fds = _files(box, stack)
        except OSError as error:
            raise SandboxRefused(f"the sandbox could not be built: {error.strerror}") from error
        return process.Process(self.command(box, argv, cwd, made, group), {}, "/", tuple(fds))

    def command(
        self, box: Box, argv: Sequence[str], cwd: str | None, made: Sequence[str], group: limits.Group
    ) -> list[str]:
        """Return the whole command line; the limits are taken on before the box is entered."""
        variables = mounts.environment(box, self._toolchains)
        return [
            *limits.launcher(group),
            self._program,
            *(_without(self._lacks, USER_NAMESPACE) if self._user_namespace else ()),
            *NAMESPACES,
            *(() if box.network else ("--unshare-net",)),
            *PRIVILEGES,
            "--clearenv",
            *(word for key, value in variables.items() for word in ("--setenv", key, value)),
            *_without(self._lacks, mounts.arguments(box, self._toolchains)),
            *made,
            *("--remount-ro", "/", "--chdir", cwd or box.worktree, "--"),
            *_child_limit(group),
            *argv,
        ]

    def describe(self) -> tuple[Limit, ...]:
        """Return what holds here."""
        return (
            Limit("files", True, "the worktree is writable, tool chains are read-only, the home is absent"),
            Limit("repository", True, ".git is read-only"),
            Limit("network", True, "none, unless the agent's configuration asks for it"),
            Limit("processes die with the command", True, "own process namespace"),
            devices.describe(),
            *limits.describe(),
        )


def _without(lacks: frozenset[str], words: Sequence[str]) -> list[str]:
    """Return arguments without the options that this bubblewrap does not know."""
    kept: list[str] = []
    skip = 0
    for word in words:
        skip = 1 + LUXURIES[word] if word in lacks else skip
        if skip:
            skip -= 1
        else:
            kept.append(word)
    return kept


def _child_limit(group: limits.Group) -> tuple[str, ...]:
    """Return the limit that binds where no control group does; inside, so that it counts the box alone."""
    return () if group.path else ("/bin/sh", "-c", CHILD_LIMIT, str(limits.PROCESSES))


def _files(
    box: Box, open_files: contextlib.ExitStack | contextlib.AsyncExitStack
) -> tuple[list[str], list[int]]:
    """Return arguments and descriptors of the files that exist only in the box."""
    words, fds = list[str](), list[int]()
    for path, (mode, content) in _contents(box).items():
        fd = open_files.enter_context(_descriptor(content))
        verb = "--ro-bind-data" if path.endswith("/config") else "--file"
        words += ["--perms", f"{mode:04o}", verb, str(fd), path]
        fds.append(fd)
    return words, fds


def _contents(box: Box) -> Mapping[str, tuple[int, str]]:
    user, group = os.getuid(), os.getgid()
    passwd = (
        f"agent:x:{user}:{group}:agent:{mounts.HOME}:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n"
    )
    files = {
        "/etc/passwd": (0o644, passwd),
        "/etc/group": (0o644, f"agent:x:{group}:\nnogroup:x:65534:\n"),
        "/etc/hosts": (0o644, mounts.HOSTS),
        f"{mounts.SHIM}/git": (0o755, gitshim.SCRIPT),
    }
    if box.git_dir and os.path.isfile(config := os.path.join(box.git_dir, "config")):
        with open(config, encoding="utf-8", errors="surrogateescape") as file:
            files[config] = (0o644, gitshim.safe_config(file.read(256 * 1024)))
    return files


@contextlib.contextmanager
def _descriptor(content: str) -> Generator[int]:
    """Yield a descriptor of anonymous memory that holds `content`."""
    fd = os.memfd_create("agentboard")
    try:
        os.write(fd, content.encode("utf-8", "surrogateescape"))
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)
