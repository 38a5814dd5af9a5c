"""A text kept with the stamps of everything it follows from, and given back only while all of them hold.

A stamp has the change time, which nobody can set: whatever is written, replaced, renamed or made unreadable
has another. A text whose sources changed a moment ago is not kept, since a second change within one tick of
the file system's clock would go unseen. Only `keep` needs more than the standard library.
"""

from __future__ import annotations

import hashlib
import os
import time

TYPE_CHECKING = False  # `typing` and `collections` would cost more than a whole recall
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SETTLED_NS", "keep", "recall"]

SETTLED_NS = 2_000_000_000
"""Age of a change that has certainly been read: the coarsest clock of a file system in use has 2 s."""

CAP = 8 * 1024 * 1024
WHOLE, OWN, PLACE = b"=", b"+", b"~"
"""All of a stamp counts; all but the change time; only which file or directory it is."""


def recall(path: str, key: str) -> str | None:
    """Return the text kept at `path` under `key`; `None` when it may no longer be true."""
    try:
        with open(path, "rb") as file:
            data = file.read(CAP)
    except OSError:
        return None
    digest, _, rest = data.partition(b"\n")
    if digest != _digest(key, rest):
        return None
    stamps, _, text = rest.partition(b"\n\n")
    if not all(_holds(line) for line in stamps.split(b"\n")):
        return None
    return text.decode("utf-8")


def keep(
    directory: str,
    name: str,
    key: str,
    text: str,
    seen: Mapping[str, str],
    *,
    since_ns: int,
    settled_ns: int = SETTLED_NS,
    own: Iterable[str] = (),
) -> bool:
    """Keep a text beside others in `directory`, if that exists; say whether it was kept.

    Args:
        directory: an existing state directory; where there is none, nothing is written.
        name: the file's name in it.
        key: what else the text follows from.
        text: what to keep.
        seen: the paths it follows from, each with the root beneath which it is.
        since_ns: when the reading of them began, by the wall clock.
        settled_ns: how long before that the last change must lie.
        own: further files, of our own: SQLite sets their owner anew at every opening, nobody their time.
    """
    lines = list(_lines(_kinds(seen, own), since_ns - settled_ns))
    if None in lines or not os.path.isdir(directory):
        return False
    rest = b"\n".join(line for line in lines if line) + b"\n\n" + text.encode("utf-8")
    return _written(directory, name, _digest(key, rest) + b"\n" + rest)


def _written(directory: str, name: str, data: bytes) -> bool:
    from agentboard_tasks.files import FileFault, Root

    try:
        Root(directory).write(name, data, mode=0o600, durable=False)
    except FileFault:
        return False  # without it the next answer takes longer, and is the same
    return True


def _digest(key: str, rest: bytes) -> bytes:
    coded = key.encode("utf-8", "surrogateescape") + b"\0" + rest
    return hashlib.sha256(coded).hexdigest().encode("ascii")


def _kinds(seen: Mapping[str, str], own: Iterable[str]) -> dict[str, bytes]:
    """Return how much of the stamp of each path counts."""
    ways = dict.fromkeys((way for path, root in seen.items() for way in _ways(path, root)), PLACE)
    return {**ways, **dict.fromkeys(seen, WHOLE), **dict.fromkeys(own, OWN)}


def _lines(kinds: Mapping[str, bytes], settled: int) -> Iterator[bytes | None]:
    """Yield a line for each path; `None` for one that changed too lately, or cannot be a line."""
    for path, kind in kinds.items():
        coded = os.fsencode(path)
        stamp = _stamp(kind, coded, settled)
        yield None if stamp is None or b"\n" in coded else kind + stamp + b" " + coded


def _ways(path: str, root: str) -> Iterator[str]:
    """Yield the directories between a root and a path: another one in their place is another project."""
    while len(path) > len(root):
        path = os.path.dirname(path)
        yield path


def _holds(line: bytes) -> bool:
    stamp, _, path = line[1:].partition(b" ")
    return stamp == _stamp(line[:1], path, time.time_ns())


def _stamp(kind: bytes, path: bytes, settled: int) -> bytes | None:
    """Return the stamp of a path as it is now; `None` when it changed after `settled`."""
    try:
        found = os.lstat(path)
    except OSError:
        return b"-"
    place = f"{found.st_dev}.{found.st_ino}.{found.st_mode}"
    if kind == PLACE:
        return place.encode("ascii")
    changed = 0 if kind == OWN else found.st_ctime_ns
    if max(found.st_mtime_ns, changed) > settled:
        return None
    return f"{place}.{found.st_size}.{found.st_mtime_ns}.{changed}".encode("ascii")
