"""Bringing two changes of one text together, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec import Struct

__all__ = ["Overlap", "lines", "merge"]


class Overlap(Exception):
    """The two changes touch the same lines."""


class Hunk(Struct, frozen=True):
    """Lines `start` to `end` (exclusive) of the base become `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def merge(base: bytes, theirs: bytes, ours: bytes) -> bytes:
    """Apply to `base` what each of the two did; both insertions at one place are kept, theirs first.

    Raises Overlap where they changed the same lines differently.
    """
    old = lines(base)
    made: list[bytes] = []
    position = 0
    for hunk in _united(_hunks(old, lines(theirs)), _hunks(old, lines(ours))):
        made += old[position : hunk.start]
        made += hunk.lines
        position = hunk.end
    return b"".join(made + old[position:])


def lines(data: bytes) -> list[bytes]:
    """Split after each line feed, and nowhere else."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _hunks(base: Sequence[bytes], other: Sequence[bytes]) -> list[Hunk]:
    """Return what makes `other` of `base`, in order."""
    head = _common(base, other)
    tail = _common(base[head:][::-1], other[head:][::-1])
    middle, new = base[head : len(base) - tail], other[head : len(other) - tail]
    codes = SequenceMatcher(None, middle, new, autojunk=len(middle) > 2_000).get_opcodes()
    return [Hunk(head + i, head + j, tuple(new[k:m])) for kind, i, j, k, m in codes if kind != "equal"]


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Count the lines that both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _united(theirs: list[Hunk], ours: list[Hunk]) -> list[Hunk]:
    """Put the hunks of both into one order, a hunk that both have once."""
    united: list[Hunk] = []
    for hunk in sorted(theirs + ours, key=_place):  # a stable sort: theirs come first
        if united and hunk == united[-1]:
            continue
        if united and hunk.start < united[-1].end:
            raise Overlap
        united.append(hunk)
    return united


def _place(hunk: Hunk) -> tuple[int, int]:
    return hunk.start, hunk.end
