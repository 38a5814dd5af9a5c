"""Requirements documents: the section that is meant for one kind of work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["section"]

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*\Z")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*[\r\n]*\Z")
_TITLE = re.compile(r" {0,3}[^\s#>*+|`~=-]")
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = {"ies": "y", "s": ""}


def section(text: str, words: Sequence[str]) -> str | None:
    """The section whose heading has these words, at any level, with its heading; None without one.

    It goes up to the next heading of the same or a higher level. A heading that has nothing but the words
    wins over one that has more.

    Args:
        words: such as `("Backend", "Requirements")`, in any case, singular or plural.
    """
    wanted = {_folded(word) for phrase in words for word in _WORD.findall(phrase)}
    lines = text.splitlines(keepends=True)
    headings = list(_headings(lines))
    matching = [
        (len(found), number, level)
        for number, level, title in headings
        if wanted and wanted <= (found := {_folded(word) for word in _WORD.findall(title)})
    ]
    if not matching:
        return None
    _, start, level = min(matching)
    end = next((number for number, other, _ in headings if number > start and other <= level), len(lines))
    return "".join(lines[start:end]).strip()


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        elif fence:
            continue
        elif "#" in line[:5] and (match := _HEADING.match(line[:500].rstrip())):
            yield number, len(match[1]), match[2]
        elif number and _UNDERLINE.match(line) and _TITLE.match(lines[number - 1]):
            yield number - 1, 1 if line.lstrip().startswith("=") else 2, lines[number - 1].strip()


def _folded(word: str) -> str:
    folded = word.casefold()
    for ending, base in _ENDINGS.items():
        if folded.endswith(ending) and len(folded) > len(ending) + 2:
            return folded[: -len(ending)] + base
    return folded
