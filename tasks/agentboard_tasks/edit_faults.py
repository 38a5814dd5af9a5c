"""What can go wrong with an edit, and what a patch is."""

from __future__ import annotations

from collections.abc import Callable

from agentboard_tasks.text import SafeText

__all__ = ["EditConflict", "NothingToUndo", "Patch", "PatchRefused"]

Patch = Callable[[bytes], bytes]
"""A pure function from a file's content to its new content; raises PatchRefused where it does not apply."""


class PatchRefused(Exception):
    """The patch does not apply to this content: the task is gone, say."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        """Return the reason, safe to show."""
        return SafeText.of(self.reason)


class EditConflict(Exception):
    """The same place was changed by two. The file is as the others left it.

    Nothing is lost: `ours` and `theirs` are digests of both versions in the content store.
    """

    def __init__(self, file: str, reason: str, *, ours: str = "", theirs: str = "") -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason
        self.ours = ours
        self.theirs = theirs

    def __str__(self) -> str:
        """Return one line that is safe to show."""
        return SafeText.of(f"{self.file}: {self.reason}" if self.file else self.reason)


class NothingToUndo(EditConflict):
    """There is no edit that could be taken back."""
