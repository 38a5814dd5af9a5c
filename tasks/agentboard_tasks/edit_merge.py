"""Bringing two changes of one text together, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec import Struct

__all__ = ["Overlap", "merge", "same_effect"]


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
    lines = _lines(base)
    made: list[bytes] = []
    position = 0
    for hunk in _united(_hunks(lines, _lines(theirs)), _hunks(lines, _lines(ours))):
        made += lines[position : hunk.start]
        made += hunk.lines
        position = hunk.end
    return b"".join(made + lines[position:])


def _lines(data: bytes) -> list[bytes]:
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


Lines = dict[tuple[bytes, bytes], int]


def same_effect(before: bytes, after: bytes, now: bytes, again: bytes) -> bool:
    """Tell whether `now` -> `again` takes and puts the same lines under the same headings as the first.

    Then `now` lacks an edit as `before` lacked it; if not, somebody has moved on from it.
    """
    effect = _effect(before, after)
    return effect != ({}, {}) and effect == _effect(now, again)


def _effect(before: bytes, after: bytes) -> tuple[Lines, Lines]:
    """Return which lines a change takes and which it puts, each with its count."""
    old, new = _counted(before), _counted(after)
    return _minus(old, new), _minus(new, old)


def _counted(data: bytes) -> Lines:
    """Count the lines, told apart by the heading that they stand under."""
    counted: Lines = {}
    heading = b""
    for line in _lines(data):
        bare = line.strip()
        if line.startswith(b"#"):
            heading = bare
        counted[heading, bare] = counted.get((heading, bare), 0) + 1
    return counted


def _minus(one: Lines, other: Lines) -> Lines:
    """Return what `one` has more of than `other`; blank lines do not count."""
    more = ((key, count - other.get(key, 0)) for key, count in one.items() if key[1])
    return {key: count for key, count in more if count > 0}
