"""What an agent's own words claim of files: made, removed, moved; each beside what is there. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator

from msgspec import Struct

from agentboard_agents.claims_said import LONGEST, MOST_READ, Claimed, sentences

__all__ = ["Told", "Tree", "false_of_files", "told_of_files"]

ENDING = (
    r"(?:py|pyi|js|jsx|mjs|cjs|ts|tsx|go|rs|rb|php|java|kt|c|h|cpp|hpp|cs|swift|sh|sql|html|css|scss|vue|svelte"
    r"|json|jsonl|ya?ml|toml|ini|cfg|md|rst|txt|csv|xml|proto|lock)"
)
PATH = rf"[`'\"*]{{0,3}}(?P<path>[\w./@+-]{{1,200}}?\.{ENDING})(?![\w/-]|\.\w)[`'\"*]{{0,3}}"
"""A path with an ending that files have: `app.route` is none."""

WORDS = r"(?:(?:the|a|an|new|old|empty|unused|obsolete|file|files|module|script|test|tests)\s+){0,4}"
FIRST = re.compile(
    rf"\b(?P<act>created|deleted|removed|renamed|moved)[*_:]{{0,3}}\s+{WORDS}{PATH}", re.IGNORECASE
)
NEXT = re.compile(rf"\s*(?:,\s*(?:and\s+)?|and\s+){PATH}")
TARGET = re.compile(rf"\s+(?:to|into|as|→|->)\s+{WORDS}{PATH}")
AFTER = re.compile(r"\s*(?:$|[,;:(]|[-–—→]|(?:and|with|which|that|to|for|because|since|as|too)\b)")
"""What may follow a path that the words are about: "removed a.py's import" is about something else."""

MOST = 50
ACTS = {"created": "created", "deleted": "deleted", "removed": "deleted"}


class Told(Struct, frozen=True):
    """One claim: `act` is created, deleted or moved; what was moved is now at `to`."""

    sentence: str
    act: str
    path: str
    to: str = ""


class Tree(Struct, frozen=True):
    """The files before the work, and those that are there now; `directory` is where the agent works."""

    before: Collection[str]
    now: Collection[str]
    directory: str = ""

    def exact(self, path: str) -> tuple[str, str]:
        """Return the two paths that an agent can mean by one."""
        plain = posixpath.normpath(path.removeprefix("/project/").lstrip("/"))
        return posixpath.normpath(posixpath.join(self.directory, plain)), plain

    def meant(self, path: str, files: Collection[str]) -> set[str]:
        """Return those of some files that an agent can mean by a path."""
        exact = {one for one in self.exact(path) if one in files}
        ending = f"/{self.exact(path)[1]}"
        return exact or {one for one in files if one.endswith(ending)}


def told_of_files(text: str) -> list[Told]:
    """Return what a text claims of files."""
    return [one for sentence in sentences(text[:MOST_READ]) for one in told_in(sentence)][:MOST]


def told_in(sentence: str) -> Iterator[Told]:
    """Yield the claims of one sentence; what is moved somewhere that is not named is none."""
    for first in FIRST.finditer(sentence):
        act, path, end = first["act"].lower(), first["path"], first.end()
        if act not in ACTS:
            if target := TARGET.match(sentence, end):
                yield Told(sentence, "moved", path, target["path"])
            continue
        found = [path]
        while more := NEXT.match(sentence, end):
            found.append(more["path"])
            end = more.end()
        if AFTER.match(sentence, end):
            yield from (Told(sentence, ACTS[act], one) for one in found)


def false_of_files(told: Collection[Told], tree: Tree) -> Iterator[Claimed]:
    """Yield the claims that what is there does not bear out, each sentence once."""
    facts: dict[str, str] = {}
    for one in told:
        if fact := against(one, tree):
            facts.setdefault(one.sentence, fact)
    for sentence, fact in facts.items():
        yield Claimed(f"says: {sentence[:LONGEST]}", fact, False)


def against(told: Told, tree: Tree) -> str:
    """Return what speaks against a claim; empty when nothing does."""
    if told.act == "created":
        return not_made(told.path, tree) or not_new(told.path, tree)
    return not_gone(told.path, tree) or (not_made(told.to, tree) if told.to else "")


def not_made(path: str, tree: Tree) -> str:
    """Say that a file is missing."""
    return "" if tree.meant(path, tree.now) else f"there is no {path}"


def not_new(path: str, tree: Tree) -> str:
    """Say that all that may be meant was there before."""
    meant = tree.meant(path, tree.now)
    return f"{path} was there before" if meant <= set(tree.before) else ""


def not_gone(path: str, tree: Tree) -> str:
    """Say that nothing of what may be meant is gone."""
    meant = tree.meant(path, tree.before) or {one for one in tree.exact(path) if one in tree.now}
    return f"{path} is still there" if meant and meant <= set(tree.now) else ""
