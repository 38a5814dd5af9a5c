"""The grammar of the shell: `shfmt` (mvdan/sh) in a process of its own, which turns a text into a tree.

What it is given was written by a model. It therefore runs apart, with an empty environment, for a limited
time and with a limited answer, and whatever it does ends as a tree, as no tree, or as a `GrammarFault`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

__all__ = ["GrammarFault", "program", "tree_of"]

DISTRIBUTION = "shfmt-py"
NAME = "shfmt"
OPTIONS = ("-ln", "bash", "--to-json")
TIME_LIMIT = 5.0
"""Seconds for one text; 20,000 characters take up to 0.4."""

LARGEST = 4 * 1024 * 1024
"""Bytes of a tree that is read; one of 6,000 words has as many."""

NO_TREE = 1
"""The exit code for a text that is no shell."""


class GrammarFault(Exception):
    """The grammar itself did not work: another try may."""


def tree_of(source: bytes, command: Sequence[str] | None = None) -> bytes | None:
    """Return the syntax tree of a text as JSON; `None` for what is no shell, or has too large a tree.

    Raises:
        GrammarFault: when the grammar is missing, crashed, or took too long.
    """
    words = command if command is not None else command_line()
    try:
        process = subprocess.Popen(  # noqa: S603  our own command line, no shell
            words,
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as fault:
        raise GrammarFault(f"{words[0]} does not start: {fault.strerror}") from fault
    watchdog = threading.Timer(TIME_LIMIT, end, (process,))
    watchdog.daemon = True
    watchdog.start()
    try:
        answer = talk(process, source)
    finally:
        watchdog.cancel()
    if len(answer) > LARGEST or process.returncode == NO_TREE:
        return None
    if process.returncode != 0:
        raise GrammarFault(f"{words[0]} ended with {process.returncode}")
    return answer


def talk(process: subprocess.Popen[bytes], source: bytes) -> bytes:
    """Hand a text over and return the answer, one byte more than allowed of one that is too large."""
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        with contextlib.suppress(OSError), process.stdin as entry:
            entry.write(source)
        answer = process.stdout.read(LARGEST + 1)
        if len(answer) > LARGEST:
            end(process)
    return answer


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def command_line() -> tuple[str, ...]:
    """Return what starts the grammar.

    Raises:
        GrammarFault: when it is not there.
    """
    found = program()
    if found is None:
        raise GrammarFault(f"{NAME} is missing: reinstall agentboard, or install {DISTRIBUTION}")
    return (found, *OPTIONS)


@cache
def program() -> str | None:
    """Return where the grammar is: what was installed with agentboard, never what PATH or a project says."""
    return next((path for path in (*installed(), beside()) if os.access(path, os.X_OK)), None)


def installed() -> list[str]:
    """Return where the distribution says that it put the program."""
    try:
        files = distribution(DISTRIBUTION).files or ()
    except PackageNotFoundError:
        return []
    return [os.path.normpath(str(file.locate())) for file in files if file.name == NAME]


def beside() -> str:
    """Return where the program would be beside this interpreter."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), NAME)
