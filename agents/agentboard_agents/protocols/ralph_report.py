"""What a Ralph iteration's last message reports: learnings, and evidence for the criteria. Pure."""

from __future__ import annotations

import re

__all__ = ["evidence_for", "learnings_in"]

LEARNINGS = re.compile(r"^[\s#>*_]*learnings[\s*_]*:?[\s*_]*$", re.IGNORECASE)
HEADING = re.compile(r"^\s*(?:#{1,6}\s+\S|\**[A-Z][\w /-]{2,60}\**:\**\s*$)")
BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+(\S.*)$")
MOST = 30
MOST_TEXT = 500


def learnings_in(text: str) -> list[str]:
    """Return the bullets of the `Learnings:` part."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if LEARNINGS.match(line):
            inside = True
        elif inside and HEADING.match(line):
            break
        elif inside and (bullet := BULLET.match(line)):
            found.append(bullet.group(1).strip()[:MOST_TEXT])
    return found[:MOST]


def evidence_for(criterion: str, text: str) -> str:
    """Return the line of a report that speaks of a criterion, empty when none does."""
    wanted = words_of(criterion)
    for line in text.splitlines():
        bullet = BULLET.match(line)
        if bullet and wanted and len(wanted & words_of(bullet.group(1))) >= max(1, len(wanted) * 2 // 3):
            return bullet.group(1).strip()[:MOST_TEXT]
    return ""


def words_of(text: str) -> set[str]:
    """Return the words that a sentence is recognised by."""
    return {
        word
        for word in re.findall(r"[\w./-]{3,}", text.lower())
        if word not in {"the", "and", "that", "with"}
    }
