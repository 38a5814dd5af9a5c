"""What outside text may hold: sequences that terminals act on, invisible characters, live markup."""

from __future__ import annotations

import re

__all__ = ["PAYLOADS", "foreign", "hostile"]

PAYLOADS = {
    "clipboard": "\x1b]52;c;RVZJTENMSVA=\x07",
    "title": "\x1b]0;EVILTITLE\x07",
    "link": "\x1b]8;;http://evil.invalid/\x1b\\here\x1b]8;;\x1b\\",
    "dcs": "\x1bPtmux;\x1b\x1b]52;c;RVZJTERDUw==\x07\x1b\\",
    "apc": "\x1b_EVILAPC\x1b\\",
    "c1": "\x9b31mEVILC1 \x9d0;EVILC1TITLE\x9c",
    "clear": "\x1b[2J\x1b[HEVILCLEAR",
    "modes": "\x1b[?9999h\x1b[?47hEVILMODE",
    "colour": "\x1b[38;2;1;2;3mEVILCOLOUR",
    "answer": "\x1b[6n\x1b[c\x05EVILASK",
    "bidi": "\u202eLIVE\u202c \u2066LIVE\u2069",
    "zero": "in\u200bvis\u200dible\ufeff",
    "markup": "[@click=app.quit]EVILCLICK[/] [/x] [bold red]EVILBOLD[/] [on",
    "return": "front\rEVILRETURN\x08\x08",
}
"""Name to text; none of the sequences is one that the board itself prints."""

FOREIGN = re.compile(
    rb"\x1b\](?:52|0|2|8);|\x1bP(?!=)|\x1b_|\xc2[\x80-\x9f]|\x1b\[\?(?:9999|47)h|\x1b\[38;2;1;2;3m|\x1b\[6n|\x05"
    rb"|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf|\x08"
)
"""Bytes that are on the screen's wire only if some text of `PAYLOADS` got there as it is."""


def hostile(limit: str = "\0") -> str:
    """Return all payloads in one line, without the characters of `limit`."""
    return "".join(letter for letter in " ".join(PAYLOADS.values()) if letter not in limit)


def foreign(raw: bytes) -> list[bytes]:
    """Return what is in `raw` that only outside text can have put there, each with its surroundings."""
    return [raw[max(0, hit.start() - 30) : hit.end() + 30] for hit in FOREIGN.finditer(raw)]
