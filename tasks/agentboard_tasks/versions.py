"""Every version of a shared file that a board saw or an edit made: when, and its content, bounded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec
from msgspec import Struct

from agentboard_tasks.content import ABSENT, Contents, digest
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.journal import Journal

__all__ = ["Version", "Versions"]

INDEX = "versions.jsonl"
SEEN = "seen"
CAP = 1024 * 1024
MOST_BYTES = 32 * 1024 * 1024
COMPACT_AT = 2 * CAP
MOST = 4_000


class Version(Struct, frozen=True):
    """One content that a file had, at the time (seconds since the epoch) when it was first noticed."""

    file: str
    digest: str
    time: float


class Versions:
    """The versions of a project's shared files, in its state directory."""

    def __init__(self, state: Root, *, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock
        self._seen = Contents(state, directory=SEEN, most_bytes=MOST_BYTES)
        self._made = Contents(state)
        self._journal = Journal(state)
        self._latest: dict[str, str] | None = None

    def see(self, file: str, data: bytes) -> bool:
        """Keep a content of a file if it is not what was seen last; say whether it was new.

        A content of more than a megabyte is left out.
        """
        latest = self._last()
        name = digest(data)
        if len(data) > CAP or latest.get(file) == name:
            return False
        latest[file] = self._seen.keep(data)
        with self._state.lock("locks/versions"):
            stamp = self._state.append(
                INDEX, _line(Version(file, name, self._clock())), mode=0o600, durable=False
            )
            if stamp.size > COMPACT_AT:
                kept = b"".join(map(_line, list(self._index())[-MOST:]))
                self._state.write(INDEX, kept, mode=0o600, durable=False)
        return True

    def of(self, file: str) -> list[Version]:
        """Return the versions of a file that can still be read, the newest first."""
        made = (
            Version(file, name, edit.time - (name == edit.before) * 1e-3)
            for edit in self._journal.edits()
            if edit.file == file
            for name in (edit.before, edit.after)
        )
        every = [*(one for one in self._index() if one.file == file), *made]
        found: dict[str, Version] = {}
        for version in sorted(every, key=lambda one: one.time):
            if version.digest != ABSENT:
                found[version.digest] = version
        return [one for one in sorted(found.values(), key=lambda one: -one.time) if self._has(one)]

    def load(self, version: Version) -> bytes:
        """Return a content; raises Missing if it is no longer kept."""
        with suppress(FileFault):
            return self._seen.load(version.digest)
        return self._made.load(version.digest)

    def _has(self, version: Version) -> bool:
        places = (f"{SEEN}/{version.digest}", f"content/{version.digest}")
        return any(self._state.stamp(place) is not None for place in places)

    def _last(self) -> dict[str, str]:
        if self._latest is None:
            self._latest = {version.file: version.digest for version in self._index()}
        return self._latest

    def _index(self) -> Iterator[Version]:
        stamp = self._state.stamp(INDEX)
        data = self._state.read_from(INDEX, 0, COMPACT_AT + CAP) if stamp is not None else b""
        for line in data.split(b"\n"):
            with suppress(ValueError, RecursionError, msgspec.ValidationError):
                yield msgspec.convert(json.loads(line), Version)


def _line(version: Version) -> bytes:
    """Write a version as one line of ASCII, apart from a torn line before it."""
    return b"\n" + json.dumps(msgspec.to_builtins(version)).encode() + b"\n"
