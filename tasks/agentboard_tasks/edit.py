"""Edits of files that others write too: settled read, patch, look again, exchange, check, journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

import msgspec

from agentboard_tasks.content import ABSENT, Contents, digest
from agentboard_tasks.edit_commit import TRIES, Committer
from agentboard_tasks.edit_effect import Effect, Lines, counted, effect, intact
from agentboard_tasks.edit_faults import EditConflict, NothingToUndo, Patch, PatchRefused
from agentboard_tasks.edit_merge import Overlap, merge
from agentboard_tasks.files import Changed, FileFault, Missing, Root
from agentboard_tasks.journal import Edit, Journal, key, new_id

__all__ = ["Edit", "EditConflict", "Editor", "NothingToUndo", "Patch", "PatchRefused"]

LOCK_WAIT = 30.0
WINDOW = 60.0
"""Seconds for which an edit is put back when a stale buffer overwrites it."""
ON_PURPOSE = 5.0
"""Seconds after which a file that is again exactly as before an edit was taken back on purpose."""
MOST_AGAIN = 50
"""Times that an edit is put back before whoever takes it away is believed."""
AGAIN = "put back what a stale buffer overwrote"


class Editor:
    """Edits files beneath `root`; locks, versions and the journal are beneath `state`."""

    def __init__(self, root: Root, state: Root, *, clock: Callable[[], float] = time.time) -> None:
        self.root = root
        self.contents = Contents(state)
        self.journal = Journal(state)
        self._state = state
        self._clock = clock
        self._committer = Committer(root, self.contents, self.journal, clock)
        self._patches: dict[str, tuple[float, Patch]] = {}
        self._effects: dict[str, Effect] = {}
        self._put_back: Counter[str] = Counter()
        self._swept: set[str] = set()

    def apply(self, rel: str, patch: Patch, *, why: str, create: bool = False, always: bool = False) -> Edit:
        """Change a file by `patch`, onto whatever others have made of it meanwhile, and journal it.

        With `create`, a file that is not there counts as empty. Raises PatchRefused, EditConflict or
        FileFault; then the file is as others left it. An edit that changes nothing is journalled only if
        `always`: something beside the file goes with it.
        """
        with self._alone(rel):
            for attempt in range(TRIES):
                before = self._current(rel, create=create)
                after = patch(before or b"")
                if after == before:
                    nothing = self._committer.described(rel, why, before, after)
                    return self._recorded(nothing) if always else nothing
                try:
                    made = self._committer.put(rel, before, after, patch, why, attempt=attempt)
                except Changed:
                    continue
                return self._journalled(made, patch)
            raise EditConflict(rel, "it changes all the time; try again when it is quiet")

    def undo(self) -> Edit:
        """Take the latest edit back, whatever has been changed elsewhere in the file since.

        Raises NothingToUndo, and EditConflict where the same lines were changed since.
        """
        while True:
            edit = self._latest()
            with self._alone(edit.file):
                if self._latest().id != edit.id:
                    continue  # another process was quicker
                patch = self._replay(edit.after, edit.before, edit)
                made = self._taken_back(edit, patch)
                undone = msgspec.structs.replace(made, kind="undo", undoes=edit.id, why=f"undo: {edit.why}")
                return self._journalled(undone, patch)

    def reconcile(self, rel: str | None = None) -> list[Edit]:
        """Put edits back that a writer with a stale buffer has overwritten, in `rel` or in all files.

        To be called when a file has changed. Returns what was done; edits that others moved on from are left.
        """
        edits = [*self._recent(), *(intent.edit for intent in self.journal.intents())]
        files = dict.fromkeys(edit.file for edit in edits if rel in {None, edit.file})
        return [made for file in files if (made := self._reconciled(file)) is not None]

    @contextmanager
    def _alone(self, rel: str) -> Generator[None]:
        """Hold the file's lock among agentboard's own processes, with nothing left from a killed one."""
        with self._state.lock(f"locks/{key(rel)}", wait=LOCK_WAIT):
            self._committer.recover(rel)
            directory = rel.rpartition("/")[0]
            if directory not in self._swept:
                self._swept.add(directory)
                self._sweep(rel)
            yield

    def _sweep(self, rel: str) -> None:
        """Clear what processes that were killed before an exchange left in a directory."""
        try:
            self.root.sweep_aside(rel, frozenset(intent.aside for intent in self.journal.intents()))
        except Missing:
            return

    def _current(self, rel: str, *, create: bool = False) -> bytes | None:
        """Read the file when nobody is writing it; None for one that may be created."""
        try:
            return self.root.read_settled(rel).data
        except Missing:
            if create:
                return None
            raise

    def _journalled(self, edit: Edit, patch: Patch) -> Edit:
        """Write the edit down and remember how to make it again."""
        since = self._clock() - WINDOW
        self._patches = {name: kept for name, kept in self._patches.items() if kept[0] >= since}
        self._patches[edit.id] = (edit.time, patch)
        return self._recorded(edit)

    def _recorded(self, edit: Edit) -> Edit:
        """Write the edit down; then what was noted about it can go."""
        self.journal.record(edit)
        self.journal.settle(edit.file)
        return edit

    def _latest(self) -> Edit:
        """Return the latest edit that was not taken back."""
        edits = self.journal.edits()
        undone = {edit.undoes for edit in edits}
        for edit in reversed(edits):
            if edit.kind == "edit" and edit.id not in undone:
                return edit
        raise NothingToUndo("", "there is no edit to take back")

    def _taken_back(self, edit: Edit, patch: Patch) -> Edit:
        """Make the file what it would be without the edit."""
        if edit.before == edit.after:
            return msgspec.structs.replace(edit, time=self._clock(), id=new_id())
        return self._removed(edit) if edit.before == ABSENT else self._reverted(edit, patch)

    def _reverted(self, edit: Edit, patch: Patch) -> Edit:
        """Replace the file by what it would be without the edit."""
        for attempt in range(TRIES):
            before = self._current(edit.file)
            try:
                return self._committer.put(
                    edit.file, before, patch(before or b""), patch, edit.why, attempt=attempt
                )
            except Changed:
                continue
            except PatchRefused as refusal:
                raise EditConflict(edit.file, refusal.reason, ours=edit.before, theirs=edit.after) from None
        raise EditConflict(edit.file, "it changes all the time; try again when it is quiet")

    def _removed(self, edit: Edit) -> Edit:
        """Remove the file that the edit made, if it is as the edit left it."""
        before = self._current(edit.file)
        if before is None or digest(before) != edit.after:
            reason = "it was changed since it was made; remove it yourself if it should go"
            raise EditConflict(edit.file, reason, theirs=edit.after)
        made = self._committer.described(edit.file, edit.why, before, None)
        self.root.remove(edit.file)
        return made

    def _recent(self) -> list[Edit]:
        """Return the edits that are still watched over."""
        since = self._clock() - WINDOW
        return [edit for edit in self.journal.edits() if edit.time >= since and edit.kind != "again"]

    def _reconciled(self, rel: str) -> Edit | None:
        """Put the overwritten edits of one file back; None if there are none."""
        with self._alone(rel):
            edits = [edit for edit in self._recent() if edit.file == rel and edit.changes]
            self._effects = {edit.id: self._effects[edit.id] for edit in edits if edit.id in self._effects}
            for attempt in range(TRIES):
                try:
                    before = self._current(rel)
                except Missing:
                    return None
                missing: set[str] = set()
                after = self._repaired(edits, missing, before or b"")
                if after == before:
                    return None
                try:
                    repair = partial(self._repaired, edits, missing)
                    made = self._committer.put(rel, before, after, repair, AGAIN, attempt=attempt)
                except Changed:
                    continue
                self._put_back.update(missing)
                return self._recorded(msgspec.structs.replace(made, kind="again"))
            return None

    def _repaired(self, edits: list[Edit], missing: set[str], now: bytes) -> bytes:
        """Make those of the edits again that are missing as if they had never been, and note their ids."""
        lines, name = counted(now), digest(now)
        for edit in edits:
            on_purpose = name == edit.before and self._clock() - edit.time > ON_PURPOSE
            if on_purpose or self._put_back[edit.id] >= MOST_AGAIN:
                continue
            again = self._made_again(edit, now, lines)
            if again is not now:
                missing.add(edit.id)
                now, lines, name = again, counted(again), digest(again)
        return now

    def _made_again(self, edit: Edit, now: bytes, lines: Lines) -> bytes:
        """Make an edit again if the content lacks it just as it did before; else return it as it is."""
        replay = self._replay(edit.before, edit.after, edit)
        try:
            made = self._effect(edit)
            if intact(made, lines):
                return now
            again = self._patches.get(edit.id, (0.0, replay))[1](now)
        except (PatchRefused, FileFault):  # others have moved on, or the versions are kept no longer
            return now
        if again == now or not made.same_as(effect(lines, counted(again))):
            return now
        return again

    def _effect(self, edit: Edit) -> Effect:
        """Return what an edit did, worked out once."""
        if edit.id not in self._effects:
            before, after = (counted(self.contents.load(name)) for name in (edit.before, edit.after))
            self._effects[edit.id] = effect(before, after)
        return self._effects[edit.id]

    def _replay(self, before: str, after: str, edit: Edit) -> Patch:
        """Return a patch from two kept versions of the edit's file."""

        def patch(now: bytes) -> bytes:
            if digest(now) == before:
                return self.contents.load(after)
            try:
                return merge(self.contents.load(before), now, self.contents.load(after))
            except Overlap:
                raise PatchRefused(f"the lines of “{edit.why}” were changed since; edit by hand") from None

        return patch
