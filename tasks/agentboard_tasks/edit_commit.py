"""Getting one edit onto the disk: noted first, exchanged, and joined with what arrived at the last moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from agentboard_tasks.content import ABSENT, Contents, digest
from agentboard_tasks.edit_faults import EditConflict, Patch, PatchRefused
from agentboard_tasks.edit_merge import Overlap, merge
from agentboard_tasks.files import Changed, Missing, Refused, Root, TooLarge
from agentboard_tasks.journal import Edit, Intent, Journal, new_id

__all__ = ["Committer"]

TRIES = 300
CALM = 3
"""Attempts after which an edit hurries, because the file changes faster than the disk is written."""
JOINED = "put back what an exchange took away"
CONFLICT = "somebody changed the same lines at the same time; theirs are in the file, try the edit again"


class Sides(Struct, frozen=True):
    """Two versions of one base, and what is in the file now."""

    base: bytes
    theirs: bytes
    ours: bytes
    there: bytes


class Committer:
    """Replaces contents of files beneath a root, one edit at a time, under the file's lock."""

    def __init__(self, root: Root, contents: Contents, journal: Journal, clock: Callable[[], float]) -> None:
        self._root = root
        self._contents = contents
        self._journal = journal
        self._clock = clock

    def put(
        self, rel: str, before: bytes | None, after: bytes, patch: Patch, why: str, *, attempt: int = 0
    ) -> Edit:
        """Make `after` of `before` (None: no file yet); raises Changed if it is not `before`.

        What others wrote between the look and the exchange gets the patch as well.
        """
        if before is None:
            self._root.write_new(rel, after)
            return self.described(rel, why, before, after)
        return self._exchanged(rel, before, after, patch, why, attempt)

    def described(self, rel: str, why: str, before: bytes | None, after: bytes | None) -> Edit:
        """Return the edit, both of its versions kept."""
        old = ABSENT if before is None else self._contents.keep(before)
        new = ABSENT if after is None else self._contents.keep(after)
        return Edit(rel, why, old, new, self._clock(), new_id())

    def recover(self, rel: str) -> None:
        """Finish what a killed process began with this file."""
        intent = self._journal.intended(rel)
        if intent is None:
            return
        edit = intent.edit
        self._rescue_aside(edit, f"{rel.rpartition('/')[0]}/{intent.aside}".lstrip("/"))
        recorded = {known.id for known in self._journal.edits()}
        if self._digest_now(rel) == edit.after and edit.id not in recorded:
            self._journal.record(edit)
        self._journal.settle(rel)

    def _exchanged(self, rel: str, before: bytes, after: bytes, patch: Patch, why: str, attempt: int) -> Edit:
        """Exchange until nothing unexpected was taken away; the edit that is returned is ours alone."""
        edit = self.described(rel, why, before, after)
        expected, wanted = before, after
        for again in range(TRIES):
            there = wanted
            try:
                theirs = self._swap(edit, expected, wanted, hurry=attempt + again >= CALM)
            except Changed:
                if again == 0:
                    raise
                theirs = there = self._root.read_settled(rel).data
            if theirs is None:
                return edit
            joined = self._joined(rel, Sides(expected, theirs, wanted, there), None if again else patch)
            if again == 0:
                edit = replace(edit, before=self._contents.keep(theirs), after=self._contents.keep(joined))
            if theirs is not there:
                self._journal.record(replace(self.described(rel, JOINED, there, joined), kind="joined"))
            if there == joined:
                return edit
            expected, wanted = there, joined
        raise EditConflict(rel, "it changes all the time; try again when it is quiet")

    def _swap(self, edit: Edit, expected: bytes, wanted: bytes, *, hurry: bool) -> bytes | None:
        """Exchange once, noted before; what was taken away unexpectedly is kept."""
        old, new = self._contents.keep(expected), self._contents.keep(wanted)

        def ready(aside: str) -> None:
            self._journal.intend(Intent(aside, replace(edit, before=old, after=new)), hurry=hurry)

        lost = self._root.swap(edit.file, expected, wanted, ready, hurry=hurry)
        if lost is not None:
            self._contents.keep(lost)
        return lost

    def _joined(self, rel: str, sides: Sides, patch: Patch | None) -> bytes:
        """Return their content with our edit; else leave theirs there and raise EditConflict."""
        if patch is not None:
            with suppress(PatchRefused):  # the place is gone from their version: perhaps the lines still fit
                return patch(sides.theirs)
        try:
            return merge(sides.base, sides.theirs, sides.ours)
        except Overlap:
            kept = self._contents.keep(sides.theirs), self._contents.keep(sides.ours)
            if sides.theirs != sides.there:
                with suppress(Changed):  # then somebody has written again, and that is what is there
                    self._root.swap(rel, sides.there, sides.theirs, _unnoted)
            raise EditConflict(rel, CONFLICT, theirs=kept[0], ours=kept[1]) from None

    def _rescue_aside(self, edit: Edit, place: str) -> None:
        """Bring back what a killed process had set aside, if it is somebody else's."""
        try:
            aside = self._root.read(place).data
        except (Missing, Refused, TooLarge):  # nothing, or nothing that was ever a version of the file
            return
        if digest(aside) not in {edit.before, edit.after}:
            self._contents.keep(aside)
            self._rescue(edit, aside)
        self._root.remove(place)

    def _rescue(self, edit: Edit, aside: bytes) -> None:
        """Join somebody's content with what is there now."""
        for attempt in range(TRIES):
            current = self._root.read_settled(edit.file).data
            try:
                joined = merge(self._contents.load(edit.before), aside, current)
            except (Overlap, Missing):
                joined = aside  # ours can be made again, theirs cannot
            if joined == current:
                return
            with suppress(Changed):
                self._exchanged(edit.file, current, joined, _always_merge, edit.why, attempt)
                return

    def _digest_now(self, rel: str) -> str:
        """Return the digest of what is there now."""
        try:
            return digest(self._root.read(rel).data)
        except Missing:
            return ABSENT


def _always_merge(_now: bytes) -> bytes:
    """Refuse every content, so that lines are merged."""
    raise PatchRefused("joined from two versions")


def _unnoted(_aside: str) -> None:
    """Note nothing: this exchange takes back another one."""
