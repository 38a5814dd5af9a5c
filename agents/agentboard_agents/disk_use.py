"""How much of the disk a directory takes, as `du` counts it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

__all__ = ["bytes_beneath", "in_words"]

MOST_ENTRIES = 500_000
"""Entries that are looked at; what a larger tree has beyond them is not counted."""

UNITS = ("bytes", "kB", "MB", "GB", "TB")


def bytes_beneath(directory: str) -> int:
    """Return the bytes on disk of all files beneath a directory: no link is followed, none counts twice."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for found in _entries(directory):
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
        total += found.st_blocks * 512
    return total


def _entries(directory: str) -> Iterator[os.stat_result]:
    waiting, left = [directory], MOST_ENTRIES
    while waiting:
        try:
            listing = os.scandir(waiting.pop())
        except OSError:
            continue  # gone, or not ours to read
        with listing:
            for entry in listing:
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                left -= 1
                if left < 0:
                    return
                yield found
                if stat.S_ISDIR(found.st_mode):
                    waiting.append(entry.path)


def in_words(size: float) -> str:
    """Return a size as people read it."""
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {UNITS[unit]}"
