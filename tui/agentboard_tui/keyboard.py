"""How the board reads its terminal: asleep until a key comes; escape is a key however soon another follows.

A terminal sends escape as the byte that also begins the sequences of other keys. Textual waits to see what
follows, takes what comes at once for something else (two escapes for `^`, escape and 3 for `£`), and wakes
ten times a second.
"""

from __future__ import annotations

import codecs
import os
import re
import selectors
import threading
from collections.abc import Iterator

from textual import constants
from textual._xterm_parser import XTermParser  # there is no public way to read keys from a terminal
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.keys import key_to_character
from textual.message import Message

__all__ = ["Keyboard", "Keys", "apart"]

PATIENCE = constants.ESCAPE_DELAY * 1.1
"""Seconds after which what was sent is whole: the parser's own delay, with a little to be past it."""

AT_ONCE = 4096
LONGEST = 64 * 1024
"""Characters of an answer of the terminal that is not yet whole."""

ESCAPE = "\x1b[27u"
TWICE = re.compile(r"\x1b(?=\x1b)")
WITH_A_KEY = re.compile(r"\x1b([^\[\]\\OPX^_])")
"""Escape and what begins no sequence: CSI, OSC, ST, SS3, DCS, SOS, PM or APC (ECMA-48)."""

ANSWER = re.compile(r"\x1b[\]P_X^][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What a terminal answers to whoever asked it something, an editor before us maybe: no keys."""

UNFINISHED = re.compile(r"\x1b(?:[\]P_X^][^\x07\x1b]*\x1b?)?\Z")


def plain(text: str) -> str:
    """Return escape and a key after it as the kitty protocol has it, where nothing is ambiguous: with Meta.

    What it is depends on the focus: in a field it is no key, elsewhere it is two. Alt and backspace is known.
    """
    return WITH_A_KEY.sub(lambda found: _meta(found[1]), TWICE.sub(ESCAPE, text))


def _meta(key: str) -> str:
    if key == "\x7f":
        return "\x1b[127;3u"
    return f"\x1b[{ord(key)};33u" if key >= " " or key in "\r\t" else ESCAPE + key


def apart(key: Key) -> list[Key]:
    """Return escape and the key that came right after it; any other key as it is."""
    if not key.key.startswith("meta+"):
        return [key]
    name = key.key.removeprefix("meta+")
    return [Key("escape", "\x1b"), Key(name, key_to_character(name))]


class Keys:
    """Turns what a terminal sends into Textual's messages; an escape at the end waits for what follows."""

    def __init__(self, *, debug: bool = False) -> None:
        self._parser = XTermParser(debug)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take what was read."""
        text = ANSWER.sub("", self._held + self._decode(data))
        unfinished = UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:][:LONGEST]
        if text := plain(text[:end]):
            yield from self._parser.feed(text)

    def time_out(self) -> Iterator[Message]:
        """Nothing followed in time: an escape was the key, and a sequence will not go on."""
        held, self._held = self._held, ""
        if 0 < len(held) <= len("\x1b]"):
            yield from self._parser.feed(ESCAPE + held[1:])
        yield from self._parser.tick()


class Bell(threading.Event):
    """An event that also ends a select."""

    def __init__(self) -> None:
        super().__init__()
        self.rung, self._rope = os.pipe()

    def close(self) -> None:
        """Let go of the pipe; nobody can ring any more."""
        os.close(self.rung)
        os.close(self._rope)
        self.rung = self._rope = -1

    def set(self) -> None:
        """Ring: whoever waits for `rung` to be readable wakes."""
        super().set()
        os.write(self._rope, b"!")

    def clear(self) -> None:
        """Be quiet again."""
        os.read(self.rung, AT_ONCE)
        super().clear()


class Keyboard(LinuxDriver):
    """Textual's driver of a terminal, with a reader of its own."""

    _bell: Bell | None = None

    def start_application_mode(self) -> None:
        """Take the terminal, at the start and after each time that the board was suspended."""
        self.exit_event = self._bell = Bell()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual says no type

    def run_input_thread(self) -> None:
        """Read until the input is disabled: asleep, but for the moment in which a sequence may go on."""
        keys, bell = Keys(debug=self._debug), self._bell
        assert bell is not None
        wait: float | None = 0.0
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(bell.rung, selectors.EVENT_READ)
            while True:
                ready = selector.select(wait)
                data = os.read(self.fileno, AT_ONCE) if ready and not bell.is_set() else b""
                if ready and not data:
                    return
                if wait == 0.0:
                    data = data.replace(b"\n", b"\r")  # enter, while the terminal was not yet ours
                messages, wait = (keys.feed(data), PATIENCE) if data else (keys.time_out(), None)
                for message in messages:
                    self.process_message(message)

    def close(self) -> None:
        """Clean up, when the terminal has been given back."""
        super().close()
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()
