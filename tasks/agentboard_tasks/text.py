"""Text that is safe to show: what a terminal would act on, or hide, becomes visible characters.

A `SafeText` holds no control character, no bidi control, no invisible character, no lone surrogate and
no pile of combining marks. Markup and escape sequences in it are nothing but the characters they are
written with; widgets still have to show it without interpreting markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import LiteralString, Self, SupportsIndex

__all__ = ["ELLIPSIS", "LIMIT", "LIMIT_LINES", "MARKS", "SafeText"]

ELLIPSIS = "…"
LIMIT = 2_000
"""Characters of one line, unless the caller says otherwise."""
LIMIT_LINES = 1_000
MARKS = 4
"""Combining marks that one character may carry; real scripts need three."""
TAB = 4

HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad"  # C0, DEL, C1, soft hyphen
    "\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # joiner, Arabic format characters
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # Hangul fillers, Khmer vowels, Mongolian selectors
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidi
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # filler, variation selectors, BOM, specials
    "\U000110bd\U000110cd\U00013430-\U00013455\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags, supplementary variation selectors
    "\ud800-\udfff"  # lone surrogates
)

_hidden = re.compile(f"(?<=[^{HIDDEN}])(?P<chosen>[\ufe0e\ufe0f])|[{HIDDEN}]")
_may_pile = re.compile(
    rf"(?:[^\w\s\x00-\x7f\u2010-\u20cf\u2100-\u2bff]|[\u1161-\u11ff\ud7b0-\ud7fb]){{{MARKS + 1},}}"
)
_line_end = re.compile(r"\r\n|\r|\n")


class SafeText(str):
    """A string that may go to a terminal."""

    __slots__ = ()

    def __new__(cls, raw: str | bytes = "") -> Self:
        """Make one line of `raw`, however long it is."""
        if isinstance(raw, cls):
            return raw
        return str.__new__(cls, _shown(_decoded(raw)))

    @classmethod
    def of(cls, raw: str | bytes, limit: int = LIMIT) -> Self:
        """Make one line of at most `limit` characters; a longer text is cut and ends with an ellipsis."""
        if isinstance(raw, cls) and len(raw) <= limit:
            return raw
        head = _decoded(raw[: 4 * (limit + 1)] if isinstance(raw, bytes) else raw[: limit + 1])[: limit + 1]
        text = _shown(head)
        if len(head) <= limit and len(text) <= limit:
            return str.__new__(cls, text)
        return str.__new__(cls, text[: limit - 1] + ELLIPSIS if limit > 0 else "")

    @classmethod
    def lines(cls, raw: str | bytes, limit_lines: int = LIMIT_LINES, limit: int = LIMIT) -> list[Self]:
        """Make the lines of `raw`, tabs as spaces; what is left out is counted in a last line."""
        found = _line_end.split(_decoded(raw), limit_lines)
        if not found[-1]:
            found.pop()
        shown = [cls.of(line[: limit + 1].expandtabs(TAB), limit) for line in found[:limit_lines]]
        if len(found) > limit_lines:
            more = 1 + len(_line_end.findall(found[-1].rstrip()))
            shown.append(cls.of(f"{ELLIPSIS} {more} more lines", limit))
        return shown

    @classmethod
    def literal(cls, text: LiteralString) -> Self:
        """Mark a constant of this program as safe; raises ValueError if it is not."""
        if text != _shown(text):
            msg = f"not safe to show: {text!a}"
            raise ValueError(msg)
        return str.__new__(cls, text)

    def join(self, parts: Iterable[str], /) -> SafeText:
        """Put this between `parts`, which are made safe if they are not."""
        return SafeText(str.join(self, map(SafeText, parts)))

    def __add__(self, other: str, /) -> SafeText:
        """Concatenate; `other` is made safe if it is not."""
        return SafeText(str.__add__(self, SafeText(other)))

    def __getitem__(self, key: SupportsIndex | slice, /) -> SafeText:
        """Take a part, which is as safe as the whole."""
        return str.__new__(SafeText, str.__getitem__(self, key))


def _decoded(raw: str | bytes) -> str:
    """Decode as the files floor does: bytes that are no UTF-8 become surrogates."""
    return raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else str(raw)


def _shown(text: str) -> str:
    """Make everything in `text` visible."""
    if text.isascii():
        return text if text.isprintable() else _hidden.sub(_picture, text)
    return _may_pile.sub(_pruned, _hidden.sub(_picture, text))


def _picture(found: re.Match[str]) -> str:
    """Return what stands for a hidden character."""
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if found["chosen"]:
        return ""  # it only chooses between the text and the emoji form of the character before it
    return f"<U+{code:04X}>"


def _pruned(found: re.Match[str]) -> str:
    """Cut the piles of marks in a run of characters that may hold some."""
    kept: list[str] = []
    pile = 0
    for character in found[0]:
        pile = pile + 1 if _stacks(character) else 0
        if pile <= MARKS:
            kept.append(character)
        elif pile == MARKS + 1:
            kept.append(ELLIPSIS)
    return "".join(kept)


def _stacks(character: str) -> bool:
    """Tell whether a terminal draws `character` over the one before it."""
    return (
        unicodedata.category(character) in {"Mn", "Me"}
        or "\u1161" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7fb"
    )
