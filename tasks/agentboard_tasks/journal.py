"""The record of edits: what was changed where and why, from which content to which, and what is under way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import msgspec
from msgspec import Struct

from agentboard_tasks.content import digest
from agentboard_tasks.files import Missing, Root

__all__ = ["Edit", "Intent", "Journal", "key", "new_id"]

FILE = "edits.jsonl"
TAIL = 1024 * 1024
COMPACT_AT = 4 * TAIL
MOST = 4_000


class Edit(Struct, frozen=True):
    """One edit of one file; `before` and `after` are digests of the content store, "" for a missing file.

    `time` is in seconds since the epoch. `kind` is edit, undo (which `undoes` an id), again: edits that
    were overwritten from a stale buffer and put back, or joined: somebody's change that an exchange took away
    and that was put back at once.
    """

    file: str
    why: str
    before: str
    after: str
    time: float
    id: str = ""
    kind: str = "edit"
    undoes: str = ""

    @property
    def changes(self) -> bool:
        """Whether it made another content of one that was there."""
        return bool(self.before and self.after) and self.before != self.after


class Intent(Struct, frozen=True):
    """An edit that is about to happen; `aside` is the name that the replaced file has meanwhile."""

    aside: str
    edit: Edit


def new_id() -> str:
    """Return a name for an edit that no other has."""
    return secrets.token_hex(8)


def key(file: str) -> str:
    """Return a name for the locks and notes that belong to a file."""
    return digest(file.encode("utf-8", "surrogateescape"))[:32]


class Journal:
    """Edits in the state directory, one JSON object a line."""

    def __init__(self, state: Root) -> None:
        self._state = state
        self._inode = 0
        self._offset = 0
        self._known: list[Edit] = []

    def record(self, edit: Edit) -> None:
        """Write an edit down."""
        with self._state.lock("locks/journal"):
            stamp = self._state.append(FILE, _line(edit), mode=0o600)
            if stamp.size > COMPACT_AT:
                self._state.write(FILE, b"".join(map(_line, self.edits())), mode=0o600)

    def edits(self) -> list[Edit]:
        """Return the latest edits, oldest first; a torn line is left out."""
        stamp = self._state.stamp(FILE)
        if stamp is None:
            return []
        if stamp.inode != self._inode or stamp.size < self._offset:
            self._inode, self._offset, self._known = stamp.inode, max(0, stamp.size - TAIL), []
        data = self._state.read_from(FILE, self._offset, stamp.size - self._offset)
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        self._known = [*self._known, *_parsed(data[:whole])][-MOST:]
        return list(self._known)

    def intend(self, intent: Intent, *, hurry: bool = False) -> None:
        """Note what is about to happen, so that a killed process's work can be finished or taken back."""
        note = json.dumps({"aside": intent.aside, "edit": msgspec.to_builtins(intent.edit)}).encode()
        self._state.write(_note(intent.edit.file), note, mode=0o600, durable=not hurry)

    def intended(self, file: str) -> Intent | None:
        """Return what a killed process was about to do to the file."""
        return self._noted(_note(file))

    def _noted(self, path: str) -> Intent | None:
        """Read a note; one that is no intent counts as none."""
        try:
            return msgspec.convert(json.loads(self._state.read(path).data), Intent)
        except (Missing, ValueError, RecursionError):
            return None

    def intents(self) -> list[Intent]:
        """Return everything that is, or was when a process was killed, about to happen."""
        try:
            notes = self._state.entries("intents")
        except Missing:
            return []
        intents = (self._noted(f"intents/{note.name}") for note in notes)
        return [intent for intent in intents if intent is not None]

    def settle(self, file: str) -> None:
        """Forget the note: the edit has happened, or it has not."""
        with suppress(Missing):
            self._state.remove(_note(file))


def _note(file: str) -> str:
    return f"intents/{key(file)}.json"


def _line(edit: Edit) -> bytes:
    """Write an edit as one line of ASCII, for names may be no text, and apart from a torn line before it."""
    return b"\n" + json.dumps(msgspec.to_builtins(edit)).encode() + b"\n"


def _parsed(data: bytes) -> Iterator[Edit]:
    """Read the lines that are whole."""
    for line in data.split(b"\n"):
        with suppress(ValueError, RecursionError):
            yield msgspec.convert(cast("object", json.loads(line)), Edit)
