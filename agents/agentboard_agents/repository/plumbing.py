"""Running git's plumbing so that nothing in a repository can run code through it.

Two git directories are used. *Refs* are read and written in the repository's own, with a pinned
environment, by commands that never touch contents. *Contents* (index, blobs, trees, diffs) go through a
private git directory in agentboard's state, which borrows the repository's objects and has none of its
configuration, hooks, attributes or filters. Outside text never becomes a GitPython keyword or option.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from msgspec import Struct

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.head import Places, places
from agentboard_agents.repository.settings import Settings, parse_settings
from agentboard_tasks.files import Root

__all__ = ["Output", "Plumbing"]

TIMEOUT = 120.0
HARMLESS: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.sshCommand", "false"),
    ("core.pager", "cat"),
    ("core.editor", "false"),
    ("core.askPass", "false"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.fsync", "committed,loose-object,reference"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("commit.gpgSign", "false"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
    ("advice.detachedHead", "false"),
)
"""Configuration that wins over every file: nothing external runs, nothing is fetched."""


class Output(Struct, frozen=True):
    """What a command said: `truncated` when it was cut at its cap (and ended there)."""

    status: int
    data: bytes
    said: str
    truncated: bool = False


class Plumbing:
    """One repository's git commands; safe to use from several threads."""

    def __init__(self, root: str, state: str) -> None:
        self.root = root
        self.places: Places = places(root)
        self.state = os.path.join(state, "git")
        self.git_dir = os.path.join(self.state, "contents")
        self._lock = threading.Lock()
        self._settings: Settings | None = None

    def refs(self, *arguments: str, data: bytes = b"", what: str, check: bool = True) -> Output:
        """Run a command on the repository's refs and work tree registry."""
        pins = self._pins(self.places.common_dir, self.places.common_dir, self.places.common_dir)
        return self._run(arguments, pins, self.places.common_dir, data, what, check, None)

    def contents(
        self,
        *arguments: str,
        what: str,
        data: bytes = b"",
        index: str | None = None,
        work_tree: str | None = None,
        check: bool = True,
        cap: int | None = None,
        extra: dict[str, str] | None = None,
    ) -> Output:
        """Run a command on objects and files, in the private git directory."""
        self.settings()
        tree = work_tree or self.git_dir
        pins = self._pins(self.git_dir, self.git_dir, tree)
        pins["GIT_OBJECT_DIRECTORY"] = os.path.join(self.places.common_dir, "objects")
        pins["GIT_SHALLOW_FILE"] = os.path.join(self.places.common_dir, "shallow")
        pins["GIT_INDEX_FILE"] = index or os.path.join(self.git_dir, "no-index")
        pins.update(extra or {})
        return self._run(arguments, pins, tree, data, what, check, cap)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the lock that keeps other processes of agentboard out of what git does not guard itself."""
        return Root.create(self.state).lock("lock", wait=TIMEOUT)

    def settings(self) -> Settings:
        """Return the repository's harmless settings; the private git directory exists after it."""
        with self._lock:
            if self._settings is None:
                self._settings = self._read_settings()
                with self.alone():
                    self._make_private(self._settings)
            return self._settings

    def _read_settings(self) -> Settings:
        common = self.places.common_dir
        pins = self._pins(common, common, common)
        for name in ("HOME", "XDG_CONFIG_HOME"):
            pins[name] = os.environ.get(name, pins[name])
        del pins["GIT_CONFIG_GLOBAL"]
        listed = self._run(
            ("config", "--null", "--list"), pins, common, b"", "read the configuration", False, None
        )
        return parse_settings(listed.data, os.environ.get("HOME", ""))

    def _make_private(self, settings: Settings) -> None:
        """Create the private git directory; to create it again changes nothing."""
        if os.path.isfile(os.path.join(self.git_dir, "HEAD")):
            return
        os.makedirs(self.git_dir, mode=0o700, exist_ok=True)
        pins = self._pins(self.git_dir, self.git_dir, self.git_dir)
        del pins["GIT_WORK_TREE"], pins["GIT_COMMON_DIR"]
        made = ("init", "--quiet", "--bare", "--template=", f"--object-format={settings.object_format}")
        self._run(made, pins, self.git_dir, b"", "create the private git directory", True, None)

    def _pins(self, git_dir: str, common_dir: str, work_tree: str) -> dict[str, str]:
        settings = self._settings
        pairs = (*HARMLESS, ("core.bare", "false"), *(settings.conversion if settings else ()))
        pins = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
            "XDG_CONFIG_HOME": "/nonexistent",
            "LC_ALL": "C",
            "LANGUAGE": "C",
            "GIT_DIR": git_dir,
            "GIT_COMMON_DIR": common_dir,
            "GIT_WORK_TREE": work_tree,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_CONFIG_COUNT": str(len(pairs)),
        }
        for number, (key, value) in enumerate(pairs):
            pins[f"GIT_CONFIG_KEY_{number}"] = key
            pins[f"GIT_CONFIG_VALUE_{number}"] = value
        return pins

    def _run(
        self,
        arguments: Sequence[str],
        pins: dict[str, str],
        directory: str,
        data: bytes,
        what: str,
        check: bool,
        cap: int | None,
    ) -> Output:
        process = start(arguments, pins, directory, what)
        output = _capped(process, cap) if cap is not None else _whole(process, data)
        if check and output.status != 0 and not output.truncated:
            raise GitFault(f"could not {what}", output.said or f"git ended with status {output.status}")
        return output


def start(
    arguments: Sequence[str], pins: dict[str, str], directory: str, what: str
) -> subprocess.Popen[bytes]:
    """Start git with exactly the environment `pins`: `env -i` drops what GitPython passes on."""
    git, env, program = _library(), *_programs(os.environ.get("PATH", os.defpath))
    if program is None:
        _programs.cache_clear()
        raise GitFault(f"could not {what}", "git is not installed", "install git")
    words = [env, "-i", *(f"{name}={value}" for name, value in pins.items()), program, *arguments]
    try:
        running: Any = git.cmd.Git(directory).execute(words, as_process=True, istream=subprocess.PIPE)
    except (OSError, git.exc.GitError) as error:
        _programs.cache_clear()
        raise GitFault(f"could not {what}", str(error), "is git installed?") from error
    process: subprocess.Popen[bytes] = running.proc
    running.proc = None  # the guard of GitPython must not end a process that is awaited here
    return process


@lru_cache(maxsize=4)
def _programs(path: str) -> tuple[str, str | None]:
    """Return where `env` and git are; each look-up would search the whole path."""
    return shutil.which("env", path=path) or "/usr/bin/env", shutil.which("git", path=path)


def _library() -> Any:
    """Import GitPython when the first command runs; it must not look for git by itself."""
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git

    return git


def _whole(process: subprocess.Popen[bytes], data: bytes) -> Output:
    try:
        out, err = process.communicate(data, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Output(process.returncode, out, os.fsdecode(err).replace("\0", "?"))


def _capped(process: subprocess.Popen[bytes], cap: int) -> Output:
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        return _up_to(process, cap)
    finally:
        watchdog.cancel()


def _up_to(process: subprocess.Popen[bytes], cap: int) -> Output:
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.close()
        out = process.stdout.read(cap + 1)
        if len(out) > cap:
            process.kill()
        err = process.stderr.read(65_536)
        process.wait()
    return Output(process.returncode, out[:cap], os.fsdecode(err), len(out) > cap)
