"""What an agent's own words claim of the checks and of git, each beside the fact. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from agentboard_agents.gates import GateResult, blocking
from agentboard_agents.gates.detect import CHECKERS
from agentboard_agents.gates.detect_npm import SCRIPTS

__all__ = ["Claimed", "claims_said"]

MOST_READ = 64_000
LONGEST = 200
SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\w))+")
"""Words up to the mark that ends them; the dot in a file's name ends nothing."""

MEMBER = re.compile(r'^\s*\{?\s*"\w+"\s*:\s*')
"""The name of a JSON member, before what it says."""

NEXT_MEMBER = re.compile(r',[ \t]*(?="\w{1,60}"[ \t]*:)')
"""Between two members in one line."""

MARKS = " \t#*_`>\"',-"
GOOD = re.compile(
    r"\b(?:no|zero|0|without(?: any)?) (?:new )?(?:errors?|warnings?|failures?|issues?|findings|failed)\b",
    re.IGNORECASE,
)
"""Denials that say that all is well."""

DOUBT = re.compile(
    r"\b(?:not|no|none|never|cannot|\w+n['’]t|fail\w*|broken|should|would|will|could|must|may|might|needs?"
    r"|until|once|if|whether|unless|ensure|make sure|so that|expect\w*|to pass|todo)\b",
    re.IGNORECASE,
)
"""A sentence with one of these wishes, denies or doubts; it claims nothing."""

FINE = r"(?:pass(?:es|ed|ing)?|succeed(?:s|ed)?|green|clean)"
SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        ("tests", rf"\btests?\b.{{0,60}}\b{FINE}\b|\b{FINE} tests?\b|\b\d+ passed\b"),
        ("lint", rf"\b(?:lint(?:er|ing)?|ruff|flake8|eslint)\b.{{0,60}}\b(?:{FINE}|reports)\b"),
        (
            "types",
            rf"\b(?:type[- ]?check(?:s|er|ing)?|types|mypy|pyright|tsc)\b.{{0,60}}\b(?:{FINE}|reports)\b",
        ),
        ("commit", r"\b(?:committed|pushed)\b|\bcommit [0-9a-f]{7,40}\b"),
    )
)
KINDS = {
    **{checker.name: checker.kind for checker in CHECKERS},
    **{f"npm run {name}": kind for name, kind in SCRIPTS.items()},
    **dict.fromkeys(("line length", "function length", "type hints", "docstrings"), "standards"),
    **dict.fromkeys(("owned paths", "conflict marks"), "own"),
}
"""Name of a gate, without what follows it in brackets, to what it checks; all others run tests."""

COUNT = re.compile(r"\b(\d{1,6}) (?:[a-z]+ ){0,2}(?:tests?|passed|passing)\b", re.IGNORECASE)
OWN_COMMITS = "an agent commits nothing here: agentboard commits what it left in the work tree"


class Claimed(Struct, frozen=True):
    """A claim in the agent's words, the fact, and whether they agree."""

    claim: str
    fact: str
    holds: bool


def claims_said(text: str, results: tuple[GateResult, ...]) -> Iterator[Claimed]:
    """Yield the first claim of each kind in a text.

    Args:
        text: what the agent said last, and its summary.
        results: what the gates said last; empty when none was asked.
    """
    found: dict[str, str] = {}
    for sentence in sentences(text[:MOST_READ]):
        for what, sign in SIGNS:
            if sign.search(sentence):
                found.setdefault(what, sentence)
    for sentence in dict.fromkeys(found.values()):
        facts = [fact_of(what, sentence, results) for what, one in found.items() if one == sentence]
        holds = all(true for _, true in facts)
        told = [fact for fact, true in facts if fact and true is holds]
        if told:
            yield Claimed(f"says: {sentence[:LONGEST]}", "; ".join(told), holds)


def fact_of(what: str, sentence: str, results: tuple[GateResult, ...]) -> tuple[str, bool]:
    """Return what is so about one thing that a sentence claims, and whether it is what was claimed."""
    fact, holds = fact_about(what, results)
    number = too_many(sentence, results) if holds and what == "tests" else ""
    return (number, False) if number else (fact, holds)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences that claim something."""
    for piece in SENTENCE.findall(NEXT_MEMBER.sub("\n", text)):
        words = " ".join(MEMBER.sub("", piece).strip(MARKS).split())
        if words and DOUBT.search(GOOD.sub("", words)) is None:
            yield words


def fact_about(what: str, results: tuple[GateResult, ...]) -> tuple[str, bool]:
    """Return what is so, and whether it is what was claimed; no fact where nothing here could tell."""
    if what == "commit":
        return OWN_COMMITS, False
    asked = tuple(one for one in results if kind_of(one) == what and one.state != "absent")
    if not asked:
        return ("no gate ran a test: nothing proves it", False) if what == "tests" else ("", True)
    against = blocking(asked)
    if against:
        return "; ".join(f"{one.name}: {one.reason or one.state}" for one in against), False
    return f"{', '.join(one.name for one in asked)}: nothing new fails", True


def too_many(sentence: str, results: tuple[GateResult, ...]) -> str:
    """Return how many tests there are where a sentence speaks of more; empty where that cannot be told.

    Of a repository of several packages only some are run, and their names are followed by a bracket.
    """
    claimed = max((int(number) for number in COUNT.findall(sentence)), default=0)
    asked = [one for one in results if kind_of(one) == "tests" and one.state != "absent"]
    ran = [one.ran for one in asked if one.ran is not None and "(" not in one.name]
    if len(ran) != len(asked) or claimed <= sum(ran):
        return ""
    return f"{', '.join(one.name for one in asked)}: {sum(ran)} test{'' if sum(ran) == 1 else 's'} ran"


def kind_of(result: GateResult) -> str:
    """Return what a gate checks: tests, lint, types, or something that nobody speaks of."""
    name = result.name.partition(" (")[0]
    return KINDS.get(name) or KINDS.get(name.partition(" ")[0], "tests")
