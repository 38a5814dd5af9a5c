"""Secrets taken out of text before it is kept or shown: values that we know, and shapes that keys have.

Every sink goes through here: events, the inbox, commands, logs, commit messages. What is known comes from the
environment (see `credentials`); a shape is looked for only where its mark occurs, so that ordinary text costs
next to nothing.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote

from agentboard_tasks.unicodes import as_unicode

__all__ = ["REDACTED", "is_secret_name", "known_redacted", "learn", "redact", "redacted"]

REDACTED = "[redacted]"
SHORTEST = 8
"""Characters of a value that is worth hiding: a shorter one would hide ordinary words."""

SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|ACCESS_KEY(?:_ID)?|SECRET(?:_KEY)?|KEY|TOKEN|PASSWORD|PASSWD|PASSPHRASE)$",
    re.IGNORECASE,
)

SHAPES: tuple[tuple[str, str], ...] = (
    ("sk-", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{40,}"),
    ("glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("AIza", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("ya29.", r"\bya29\.[0-9A-Za-z_-]{20,}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    ("pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    ("eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("PRIVATE KEY-----", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|\Z)"),
    ("://", r"(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)"),
    ("earer ", r"(?<=earer )[A-Za-z0-9._~+/-]{20,}=*"),
    ("api-key", r"(?<=api-key)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9._~+/-]{16,}"),
    ("secret_access_key", r"(?<=secret_access_key)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+]{30,}=*"),
)
"""What must occur in a text for a shape to be looked for, and the shape, as the issuers describe it."""

Value = TypeVar("Value")


class Known:
    """The values that must never appear, and one pattern for all of them."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        """Learn more values, each with the spellings that hide it from a plain search."""
        fresh = {value for value in values if len(value) >= SHORTEST} - self.values
        if not fresh:
            return
        self.values |= fresh
        spellings = {spelling for value in self.values for spelling in spellings_of(value)}
        self.pattern = re.compile(
            "|".join(re.escape(one) for one in sorted(spellings, key=len, reverse=True))
        )

    def out_of(self, text: str) -> str:
        """Return a text without them."""
        return text if self.pattern is None else self.pattern.sub(REDACTED, text)


KNOWN = Known()


def spellings_of(value: str) -> set[str]:
    """Return a value as it may be spelled: plain, in a URL, in base64."""
    coded = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode("ascii")
    return {value, quote(value, safe="", errors="surrogateescape"), coded.rstrip("=")[:-1] or coded}


def is_secret_name(name: str) -> bool:
    """Tell whether an environment variable of this name holds a secret."""
    return SECRET_NAME.search(name) is not None


def learn(environment: Mapping[str, str] = os.environ) -> None:
    """Learn the secrets of an environment by the names of its variables."""
    KNOWN.add(value for name, value in environment.items() if is_secret_name(name))


def known_redacted(text: str) -> str:
    """Return a text without the values that are known, for what must otherwise stay as it is."""
    return KNOWN.out_of(text)


def redact(text: str) -> str:
    """Return a text without secrets, known ones and such as look like one."""
    text = KNOWN.out_of(text)
    for mark, shape in SHAPES:
        if mark in text:
            text = re.sub(shape, REDACTED, text)  # compiled when it is first needed
    return text


def redacted(value: Value, clean: Any = redact) -> Value:
    """Return a JSON value with all its texts cleaned, and Unicode where files were not."""
    return cast("Value", _cleaned(value, clean))


def _cleaned(value: object, clean: Any) -> object:
    if isinstance(value, str):
        return as_unicode(clean(value))
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {_cleaned(name, clean): _cleaned(member, clean) for name, member in members.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(part, clean) for part in cast("list[object]", value)]
    return value
