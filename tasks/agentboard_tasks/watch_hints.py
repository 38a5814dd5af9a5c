"""Where hints of a change come from: the operating system, by one of several ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["EVERYTHING", "Hints", "HintsFailed"]

EVERYTHING = frozenset({""})
"""A hint that anything may have changed."""


class HintsFailed(Exception):
    """Hints cannot be had (any more): the reason, in one line."""


class Hints(Protocol):
    """Tells which paths in a set of directories may have changed; it may miss some."""

    name: str

    def watch(self, directories: Sequence[str], *, renew: bool = False) -> bool:
        """Watch these absolute directories and no others, not what is beneath them; may raise HintsFailed.

        With `renew`, one may have been deleted and made again. Returns whether any is watched anew.
        """
        ...

    def wait(self, timeout: float) -> frozenset[str]:
        """Return absolute paths as soon as there are any; none after `timeout` seconds or a wake."""
        ...

    def wake(self) -> None:
        """End the wait of another thread."""
        ...

    def close(self) -> None:
        """Watch nothing more, and free what is held."""
        ...
