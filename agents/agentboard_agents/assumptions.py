"""The assumptions that a change writes down in comments of any style, with their place. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from msgspec import Struct

__all__ = ["ASSUMPTION", "OPTIONS", "Found", "assumptions_in", "confirmed", "item_name"]

ASSUMPTION = "assumption"
"""What an inbox item is about that asks for one."""

OPTIONS = ("confirm", "reject")
YES = frozenset({"confirm", "confirmed", "approve", "approved", "yes", "y", "ok", "right", "correct"})
MADE = re.compile(r"\bTodo\b\W{0,3}Assumption\s+made:\s*(\S.*)", re.IGNORECASE)
NEW_FILE = re.compile(r'\+\+\+ ("?)b/(.*?)"?\t?$')
HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
ESCAPED = re.compile(r"\\([0-7]{3}|.)")
LETTERS = {"n": b"\n", "t": b"\t", "r": b"\r", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v"}
COMMENT_ENDS = ("*/", "-->", "--%>", "%>", "#}", "}}", "*)", "-}", "=#", "]]", '"""', "'''")


class Found(Struct, frozen=True):
    """One assumption: its words, the file that it is in, and the line."""

    text: str
    file: str
    line: int


def assumptions_in(diff: str) -> Iterator[Found]:
    """Yield each assumption in the added lines of a unified diff.

    The counts in the head of a hunk say which lines are its own: one may look like a head itself.
    """
    file, line, gone, came = "", 0, 0, 0
    for row in diff.split("\n"):
        if not gone and not came:
            if header := NEW_FILE.match(row):
                file = unquoted(header.group(2)) if header.group(1) else header.group(2)
            elif hunk := HUNK.match(row):
                gone, line, came = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            continue
        if row.startswith("+") and (found := MADE.search(row)):
            yield Found(stripped(found.group(1)), file, line)
        if row[:1] in {"+", " ", ""}:
            line, came = line + 1, came - 1
        if row[:1] in {"-", " ", ""}:
            gone -= 1


def stripped(text: str) -> str:
    """Return a comment's text without the mark that ends the comment."""
    text = text.strip()
    for end in COMMENT_ENDS:
        text = text.removesuffix(end).strip()
    return text


def unquoted(name: str) -> str:
    """Return a path that git quoted."""

    def letter(found: re.Match[str]) -> str:
        mark = found.group(1)
        byte = bytes([int(mark, 8) & 255]) if mark.isdigit() else LETTERS.get(mark, mark.encode())
        return byte.decode("latin-1")

    plain = name.encode("utf-8").decode("latin-1")
    return ESCAPED.sub(letter, plain).encode("latin-1", "replace").decode("utf-8", "replace")


def item_name(run: str, found: Found) -> str:
    """Return the name of the inbox item that asks about an assumption; the line may move."""
    mark = hashlib.sha256(f"{found.file}\0{found.text}".encode()).hexdigest()[:8]
    return f"{run}-assumes-{mark}"


def confirmed(answer: str) -> bool:
    """Tell whether a person's answer says that an assumption is right."""
    return answer.partition(":")[0].strip().lower() in YES
