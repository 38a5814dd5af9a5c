"""What a Ralph iteration's messages report: learnings, evidence for the criteria, a blocker. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Stuck", "evidence_for", "learnings_in", "stuck_in"]

LEARNINGS = re.compile(r"^[\s#>*_]*learnings[\s*_]*:?[\s*_]*$", re.IGNORECASE)
HEADING = re.compile(r"^\s*(?:#{1,6}\s+\S|\**[A-Z][\w /-]{2,60}\**:\**\s*$)")
BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+(\S.*)$")
BLOCKED = re.compile(
    r"^[\s#>*_-]*(?:status\W{1,4})?(?:I am |I'm )?(?:blocked|blockers?)\b[\s*_]*"
    r"(?P<mark>[:.—–-]*)[\s*_]*(?P<rest>.*)$",
    re.IGNORECASE,
)
TRIED = re.compile(r"^[\s#>*_-]*(?:what I (?:have )?)?tried[\s*_]*:?[\s*_]*(?P<rest>.*)$", re.IGNORECASE)
QUESTION = re.compile(
    r"^[\s#>*_-]*(?:specific )?question[\w ]{0,20}[\s*_]*:[\s*_]*(?P<rest>.*)$", re.IGNORECASE
)
NOTHING = frozenset({"none", "no", "n/a", "na", "nothing", "-"})
MOST = 30
MOST_TEXT = 500


class Stuck(Struct, frozen=True):
    """Why an agent cannot go on: what it tried, and the one thing that it has to know."""

    question: str
    tried: tuple[str, ...] = ()


def learnings_in(text: str) -> list[str]:
    """Return the bullets of every `Learnings:` part, each once."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if LEARNINGS.match(line):
            inside = True
        elif HEADING.match(line):
            inside = False
        elif inside and (bullet := BULLET.match(line)):
            found.append(bullet.group(1).strip()[:MOST_TEXT])
    return list(dict.fromkeys(found))[:MOST]


def evidence_for(criterion: str, text: str) -> str:
    """Return the line of a report that has most of a criterion's words, two thirds at least; else nothing."""
    wanted = words_of(criterion)
    said = [bullet.group(1).strip() for line in text.splitlines() if (bullet := BULLET.match(line))]
    best = max(said, key=lambda one: len(wanted & words_of(one)), default="")
    enough = wanted and 3 * len(wanted & words_of(best)) >= 2 * len(wanted)
    return best[:MOST_TEXT] if enough else ""


def words_of(text: str) -> set[str]:
    """Return the words that a sentence is recognised by."""
    return {
        word
        for word in re.findall(r"[\w./-]{3,}", text.lower())
        if word not in {"the", "and", "that", "with"}
    }


def stuck_in(text: str) -> Stuck | None:
    """Return why an agent says that it cannot go on; `None` when it does not say so.

    A line has to begin with it: `BLOCKED: …`, `## Blocker`, `Status: blocked`; `Blockers: none` is none.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = BLOCKED.match(line[:2_000])
        if found is None or (found["rest"] and not found["mark"] and not line.lstrip().startswith("#")):
            continue
        after = [one.strip() for one in (found["rest"], *lines[number + 1 :]) if one.strip()]
        if after and after[0].strip(" .*_-").lower() not in NOTHING:
            return Stuck(question_in(lines) or after[0][:MOST_TEXT], tuple(tried_in(lines)))
    return None


def question_in(lines: list[str]) -> str:
    """Return the question that a report asks: the one that is called so, else its last line that asks."""
    for line in lines:
        if (named := QUESTION.match(line[:2_000])) and named["rest"]:
            return named["rest"].strip(" *_")[:MOST_TEXT]
    asking = [line.strip(" *_#>-") for line in lines if line.rstrip(" *_").endswith("?")]
    return asking[-1][:MOST_TEXT] if asking else ""


def tried_in(lines: list[str]) -> list[str]:
    """Return what a report says was tried: the bullets of that part, or the rest of its line."""
    found: list[str] = []
    inside = False
    for line in lines:
        if named := TRIED.match(line[:2_000]):
            inside = True
            found += [named["rest"].strip(" *_")[:MOST_TEXT]] if named["rest"].strip(" *_") else []
        elif inside and (bullet := BULLET.match(line)):
            found.append(bullet.group(1).strip()[:MOST_TEXT])
        elif inside and line.strip():
            inside = False
    return found[:MOST]
