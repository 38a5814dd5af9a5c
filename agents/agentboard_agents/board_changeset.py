"""A change set as it streams by: one line that counts its files, in place of its JSON."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Passing", "begins", "could_begin", "words"]

OPENING = re.compile(r"(?:^|\n)[ \t]*(?:```\w*\s*)?\{\s*\"files\"\s*:")
UNDECIDED = re.compile(r"(?:^|\n)[ \t]*(?:```\w*\s*|`{1,2})?(?:\{\s*(?:\"f?i?l?e?s?\"?\s*)?)?$")
FILE = re.compile(r"\"path\"\s*:")
OVERLAP = 24
"""Characters kept to see a name that is cut by the end of a piece."""


class Passing(Struct, frozen=True):
    """How many files of a change set have gone by, and the end of what was seen."""

    files: int = 0
    end: str = ""

    def after(self, piece: str) -> Passing:
        """Return it after the next piece."""
        text = self.end + piece
        found = list(FILE.finditer(text))
        rest = text[found[-1].end() :] if found else text
        return Passing(self.files + len(found), rest[-OVERLAP:])


def begins(text: str) -> int | None:
    """Return where in `text` a change set begins."""
    found = OPENING.search(text)
    return found.start() if found else None


def could_begin(text: str) -> int | None:
    """Return where the end of `text` may be the beginning of a change set."""
    found = UNDECIDED.search(text)
    return found.start() if found and text[found.start() :].strip() else None


def words(passing: Passing) -> str:
    """Return the line that stands for it."""
    return f"change set: {passing.files} {'file' if passing.files == 1 else 'files'}"
