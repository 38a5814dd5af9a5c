"""A worker that leaks nothing: no core dump, no look into its memory from outside, no secret in its log."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
from typing import TextIO

from agentboard_agents import credentials
from agentboard_agents.redaction import redact

__all__ = ["RedactedLog", "harden"]

PR_SET_DUMPABLE = 4


class RedactedLog:
    """A text stream whose lines lose their secrets on the way; a line is written when it is whole."""

    LONGEST = 64 * 1024
    """Characters of an unfinished line that are held back at most."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rest = ""
        self.encoding = stream.encoding
        self.errors = stream.errors

    def write(self, text: str) -> int:
        """Take text; everything up to the last line end goes out."""
        whole, end, self._rest = (self._rest + text).rpartition("\n")
        if len(self._rest) > self.LONGEST:
            whole, end, self._rest = whole + end + self._rest, "", ""
        if whole or end:
            self._stream.write(redact(whole) + end)
        return len(text)

    def flush(self) -> None:
        """Write what is left, too."""
        rest, self._rest = self._rest, ""
        self._stream.write(redact(rest))
        self._stream.flush()

    def fileno(self) -> int:
        """Return the descriptor beneath, for what must write without us: a fatal error of the interpreter."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Tell that nobody types here."""
        return False


def harden() -> None:
    """Take the secrets out of the environment, and close the ways by which memory gets out of a process."""
    credentials.take()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the limit above is what there is
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    sys.stdout = RedactedLog(sys.stdout)
    sys.stderr = RedactedLog(sys.stderr)
