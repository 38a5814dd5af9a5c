"""A terminal as a person has one: a pty, what is shown on it, the raw bytes, and keys to press."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic, perf_counter, sleep
from types import TracebackType
from typing import Any, Self

import pyte

__all__ = ["IN_ITS_OWN_SESSION", "KEYS", "Screen", "modes_left_on"]

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "backspace": "\x7f",
    "ctrl+c": "\x03",
    "ctrl+p": "\x10",
    "ctrl+z": "\x1a",
}

PATIENCE = 15.0

IN_ITS_OWN_SESSION = ("/bin/sh", "-c", 'tty=$0; exec "$@" <"$tty" >"$tty" 2>"$tty"')
"""Opens the terminal as the leader of a new session, which makes it the controlling one."""

UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$p")
UNFINISHED = re.compile(rb"\x1b(\[[0-9;?<>=$]*)?$")

MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
STARTS_ON = frozenset({7, 25})
"""Modes that a terminal has on before anybody asks: wrapping and the cursor."""


class Screen:
    """A program in a pty of a given size; a thread reads all that it prints."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self._master, self._slave = os.openpty()
        self._open = [self._master, self._slave]
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self._slave)
        self._raw = bytearray()
        self._shown = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._shown)
        self._rest = b""
        self._guard = threading.Lock()
        self._ending = threading.Event()
        self.started = perf_counter()
        self.process = subprocess.Popen(
            [*IN_ITS_OWN_SESSION, os.ttyname(self._slave), *argv],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # what it prints

    @property
    def name(self) -> str:
        """The path of the terminal."""
        return os.ttyname(self._slave)

    def _read(self) -> None:
        while not self._ending.is_set():
            ready = select.select([self._master], [], [], 0.05)[0]
            if ready:
                try:
                    self._take(os.read(self._master, 65536))
                except OSError:
                    return

    def _take(self, data: bytes) -> None:
        with self._guard:
            self._raw += data
            data = UNKNOWN_TO_PYTE.sub(b"", self._rest + data)
            cut = UNFINISHED.search(data)
            end = cut.start() if cut else len(data)
            self._rest = data[end:]
            self._stream.feed(data[:end])

    @property
    def raw(self) -> bytes:
        """Every byte that was printed."""
        with self._guard:
            return bytes(self._raw)

    def lines(self) -> list[str]:
        """Return what is shown, line by line, without the blanks at the ends."""
        with self._guard:
            return [line.rstrip() for line in self._shown.display]

    def text(self) -> str:
        """Return what is shown."""
        return "\n".join(self.lines())

    def wait_for(self, wanted: str | Callable[[], Any], seconds: float = PATIENCE) -> float:
        """Return the seconds until a text is shown, or a condition holds; fail when it does not come."""
        begin = perf_counter()
        while not (wanted in self.text() if isinstance(wanted, str) else wanted()):
            waited = perf_counter() - begin
            assert waited < seconds, f"not in {seconds} s: {wanted}\n{self.text()}\n{self.raw[-300:]!r}"
            sleep(0.005)
        return perf_counter() - begin

    def wait_gone(self, text: str, seconds: float = PATIENCE) -> float:
        """Return the seconds until a text is no longer shown."""
        return self.wait_for(lambda: text not in self.text(), seconds)

    def settle(self, quiet: float = 0.25, seconds: float = PATIENCE) -> None:
        """Wait until nothing was printed for `quiet` seconds (or `seconds` have passed)."""
        deadline = monotonic() + seconds
        size, since = len(self._raw), monotonic()
        while monotonic() < deadline and monotonic() - since < quiet:
            sleep(0.01)
            if len(self._raw) != size:
                size, since = len(self._raw), monotonic()

    # what a person does

    def press(self, *keys: str) -> None:
        """Press keys by name, or type text."""
        for key in keys:
            self.write(KEYS.get(key, key).encode())

    def write(self, data: bytes) -> None:
        """Send bytes as the terminal would."""
        while data:
            data = data[os.write(self._master, data) :]

    def click(self, column: int, row: int) -> None:
        """Press and release the left button on a cell (counted from 0)."""
        where = f"{column + 1};{row + 1}"
        self.write(f"\x1b[<0;{where}M\x1b[<0;{where}m".encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size; the kernel tells the program."""
        with self._guard:
            self._shown.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # its end

    def settings(self) -> list[Any]:
        """Return the line discipline as it is now."""
        return termios.tcgetattr(self._slave)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Wait until the program has ended and all that it printed is read; return its exit code."""
        code = self.process.wait(seconds)
        self.settle(0.1, 2)
        if code:
            print(f"ended with {code}:", self.raw[-1000:])  # for whoever reads why a test failed
            for log in re.findall(rb"details: (\S+\.log)", self.raw):
                print(Path(log.decode()).read_text()[-4000:])
        return code

    def stop_reading(self) -> None:
        """Let what is printed pile up, as a terminal that is stuck does."""
        self._ending.set()
        self._reader.join(5)

    def hang_up(self) -> None:
        """Close the window."""
        self.stop_reading()
        while self._open:
            os.close(self._open.pop())

    def close(self) -> None:
        """End the program and put the terminal away."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(5)
        self.hang_up()


def modes_left_on(raw: bytes) -> set[int]:
    """Return the terminal modes that differ at the end of `raw` from those of a fresh terminal."""
    on = set(STARTS_ON)
    for numbers, switch in MODE.findall(raw):
        for number in (int(part) for part in numbers.split(b";") if part):
            if switch == b"h":
                on.add(number)
            else:
                on.discard(number)
    return on ^ STARTS_ON
