"""What an edit does to a text, as lines taken and put, to tell whether it is still there.

Lines are told apart by the heading they stand under, so an item that moves between sections counts as both.
"""

from __future__ import annotations

from msgspec import Struct

from agentboard_tasks.edit_merge import lines

__all__ = ["Effect", "Lines", "counted", "effect", "intact"]

Lines = dict[tuple[bytes, bytes], int]
"""(heading, line) -> how often it is there."""


class Effect(Struct, frozen=True):
    """The lines that an edit took and put, and how many of each there were after it."""

    took: Lines
    put: Lines
    left: Lines

    def same_as(self, other: Effect) -> bool:
        """Tell whether both take and put the same lines, and any at all."""
        return bool(self.took or self.put) and (self.took, self.put) == (other.took, other.put)


def counted(data: bytes) -> Lines:
    """Count the lines under each heading."""
    found: Lines = {}
    heading = b""
    for line in lines(data):
        bare = line.strip()
        if bare.startswith(b"#"):
            heading = bare
        found[heading, bare] = found.get((heading, bare), 0) + 1
    return found


def effect(old: Lines, new: Lines) -> Effect:
    """Return what leads from one count to the other."""
    took, put = _minus(old, new), _minus(new, old)
    return Effect(took, put, {key: new.get(key, 0) for key in (took | put)})


def intact(edit: Effect, now: Lines) -> bool:
    """Tell, without making the edit again, whether it is certainly still there."""
    if edit.put:
        return all(now.get(key, 0) >= edit.left[key] for key in edit.put)
    return all(now.get(key, 0) <= edit.left[key] for key in edit.took)


def _minus(one: Lines, other: Lines) -> Lines:
    """Return what `one` has more of than `other`; blank lines do not count."""
    more = ((key, count - other.get(key, 0)) for key, count in one.items() if key[1])
    return {key: count for key, count in more if count > 0}
