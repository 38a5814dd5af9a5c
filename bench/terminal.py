"""A program in a pseudo-terminal of a given size, and how long it takes until it shows something."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Terminal"]

TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A child in a pty; `wait_for` reads what it prints until some bytes appear."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 120, rows: int = 40, env: Mapping[str, str] | None = None
    ) -> None:
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], list(argv), dict(env or os.environ))
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, marks: Sequence[bytes], patience: float = 30.0) -> float:
        """Return the seconds from the start until every mark was printed.

        Raises:
            TimeoutError: with the end of what was printed.
        """
        seen = b""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            if not select.select([self._descriptor], [], [], 0.5)[0]:
                continue
            try:
                seen += os.read(self._descriptor, 65536)
            except OSError as fault:
                raise TimeoutError(f"ended before it showed {marks}: {seen[-500:]!r}") from fault
            if all(mark in seen for mark in marks):
                return time.perf_counter() - self.started
        raise TimeoutError(f"never showed {marks}: {seen[-500:]!r}")

    def drain(self, seconds: float) -> None:
        """Read and forget what comes in the next `seconds`."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if select.select([self._descriptor], [], [], left)[0]:
                os.read(self._descriptor, 65536)

    def share(self, seconds: float) -> float:
        """Return the percentage of a core that the child takes in the next `seconds`."""
        before = self._ticks()
        self.drain(seconds)
        return (self._ticks() - before) / TICKS / seconds * 100

    def resident(self) -> float:
        """Return the megabytes that the child holds in memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:"))) / 1024

    def _ticks(self) -> int:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def echo(self, keys: bytes, mark: bytes) -> float:
        """Type, and return the milliseconds until a mark was printed."""
        started = time.perf_counter()
        self.send(keys)
        self.wait_for([mark])
        return (time.perf_counter() - started) * 1000

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._descriptor, keys)

    def ended(self) -> None:
        """Read until the child ends by itself, and collect it."""
        with contextlib.suppress(OSError):  # what a pty says when nobody is at its other end
            while os.read(self._descriptor, 65536):
                pass
        os.waitpid(self.pid, 0)
        os.close(self._descriptor)

    def close(self) -> None:
        """End the child and collect it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._descriptor)
