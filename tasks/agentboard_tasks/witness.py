"""What a reading depended on: every path that was looked at while somebody took note."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["note", "witnessed"]

_SEEN: ContextVar[dict[str, str] | None] = ContextVar("seen", default=None)


def note(root: str, rel: str = "") -> None:
    """Take note that a path beneath `root` is looked at, whether or not there is anything."""
    seen = _SEEN.get()
    if seen is not None:
        seen[os.path.join(root, rel) if rel else root] = root


@contextmanager
def witnessed() -> Generator[dict[str, str]]:
    """Collect the paths that this thread looks at through `files`, each with the root it is beneath."""
    seen: dict[str, str] = {}
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)
