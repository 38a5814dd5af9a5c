"""The words that names and sentences are made of: `applyDiscount_v2` is apply, discount, v2."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["identifiers", "words"]

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$][\w$]*)*")
COMMON = frozenset(
    {"the", "and", "for", "with", "that", "this", "from", "into", "when", "then", "than", "are", "not", "all"}
    | {"any", "can", "has", "have", "must", "should", "will", "new", "its", "per", "via", "each", "other"}
    | {
        "also",
        "only",
        "now",
        "does",
        "done",
        "one",
        "two",
        "out",
        "off",
        "but",
        "how",
        "what",
        "which",
        "who",
    }
    | {"why", "may", "after", "before", "given", "existing", "get", "set", "let", "use", "used", "using"}
    | {
        "add",
        "make",
        "write",
        "create",
        "fix",
        "remove",
        "ensure",
        "support",
        "update",
        "change",
        "implement",
    }
    | {"file", "code", "test", "task", "function", "method", "class", "return", "value", "implementation"}
)
"""Words that say nothing about which part of a program is meant."""


def words(text: str) -> frozenset[str]:
    """Return the telling words of a text or name: lower case, singular, without the common ones."""
    return frozenset(word for word in map(_singular, _parts(text)) if len(word) > 2 and word not in COMMON)


def identifiers(text: str) -> frozenset[str]:
    """Return what could be names of code in a text, as written, each also without what it is in."""
    found = {one.replace("::", ".").replace("#", ".") for one in IDENTIFIER.findall(text)}
    return frozenset(found | {part for one in found for part in one.split(".")})


def _parts(text: str) -> Iterable[str]:
    return (part.lower() for part in PART.findall(text))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
