# ruff: noqa: E501 (a script in another language)
"""A laboratory for commands: what they really do, learnt from bash itself where nothing can be hurt."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from msgspec import Struct

__all__ = ["Argv", "Effect", "Laboratory"]

Argv = tuple[str, ...]
SYSTEM = ("/usr", "/bin", "/lib", "/lib64")

RECORDER = r"""#!/bin/bash
printf '%s\0' "${0##*/}" "$@" >> "$LOG"; printf '\1\0' >> "$LOG"
run() { [ "$#" -gt 0 ] && "$@"; }
name=${0##*/}; words=("$@")
case $name in
env|sudo|nohup|nice|setsid|xargs|timeout|stdbuf|watch)
    while [ "$#" -gt 0 ]; do case $1 in -*|*=*|[0-9]*) shift;; *) break;; esac; done; run "$@";;
find|fd) while [ "$#" -gt 0 ]; do
    case $1 in -exec|-execdir|-ok|-x|--exec) shift; run "${@%%;}"; break;; esac; shift; done;;
git|tar|sort|rg|rsync|make|npm|zip)
    for word in "${words[@]}"; do case $word in *=!*) ${word#*=!};; --*=run-*|*=run-*) ${word##*=run-};; esac; done;;
sh|bash|dash|python|python3|node|perl)
    for word in "${words[@]}"; do case $word in run-*) ${word#run-};; esac; done
    [ "$1" = -c ] && eval "$2";;
esac
exit 0
"""

PROGRAMS = (
    "ls cat rm curl git npm find grep sed sort tar make pytest python python3 node env sudo xargs timeout nohup "
    "nice setsid sh dash perl awk rg wget evil head wc touch mkdir cp mv go cargo tee ssh watch fd rsync zip ruff "
    "mypy npx stdbuf diff"
)


class Effect(Struct, frozen=True):
    """What a command did: the programs that it started, and the files that it made."""

    started: tuple[Argv, ...]
    made: tuple[str, ...]


class Laboratory:
    """Runs commands where nothing can be hurt: every program in reach only writes down that it was started."""

    def __init__(self, directory: Path) -> None:
        self._bin = directory / "bin"
        self._bin.mkdir()
        recorder = self._bin / "recorder"
        recorder.write_text(RECORDER)
        recorder.chmod(0o755)
        for name in PROGRAMS.split():
            (self._bin / name).symlink_to("recorder")
        self._directory = directory
        self._count = 0

    def effect(self, command: str) -> Effect:
        """Run a command with bash and return what it did."""
        self._count += 1
        place, out = self._directory / f"p{self._count}", self._directory / f"o{self._count}"
        place.mkdir()
        out.mkdir()
        for name in ("a.py", "b.txt", "-exec", "f"):
            (place / name).touch()
        before = set(os.listdir(place))
        system = [("--ro-bind", path, path) for path in SYSTEM if os.path.exists(path)]
        mounts = [*system, ("--ro-bind", str(self._bin), "/stubs"), ("--bind", str(place), "/work")]
        mounts += [
            ("--bind", str(out), "/log"),
            ("--setenv", "PATH", "/stubs"),
            ("--setenv", "HOME", "/work"),
        ]
        box = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--setenv", "LOG", "/log/started"]
        box += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        box += [word for mount in mounts for word in mount] + ["--chdir", "/work"]
        subprocess.run(
            [*box, "/bin/bash", "-c", command],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            check=False,
        )
        log = out / "started"
        parts = log.read_bytes().decode("utf-8", "surrogateescape").split("\1\0") if log.exists() else []
        started = tuple(tuple(part.split("\0")[:-1]) for part in parts if part)
        return Effect(started, tuple(sorted(set(os.listdir(place)) - before)))
