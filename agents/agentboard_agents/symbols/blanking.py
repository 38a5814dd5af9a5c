"""Source text with its comments and strings blanked out: what is left is code, in the place where it was."""

from __future__ import annotations

import re

__all__ = ["blanked"]

COMMENTS = r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)"
QUOTED = r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'"
TEMPLATE = r"`(?:[^`\\]|\\[\s\S])*`"
RAW = r"`[^`]*`"
PATTERN = r"(?<=[=(,:;!&|?{}\[\n])[ \t]*/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,200}\]){1,500}/"
"""A regular expression literal: a slash where no value stands before it, so that it cannot divide."""

WAYS = {
    "Go": re.compile("|".join((COMMENTS, QUOTED, RAW))),
    "TypeScript": re.compile("|".join((COMMENTS, QUOTED, TEMPLATE, PATTERN))),
}
INK = re.compile(r"[^\n]")


def blanked(text: str, language: str) -> str:
    """Return `text` with spaces for every letter of a comment, a string or a pattern; as long as before."""
    return WAYS[language].sub(lambda found: INK.sub(" ", found.group()), text)
