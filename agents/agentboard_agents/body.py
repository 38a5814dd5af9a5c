"""What the prose of an agent file says: who it answers to, where it works, which files it keeps.

Paths are given relative to the repository, without a trailing slash: `/project/shared/` is `shared`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from agentboard_agents.body_paths import BodyPaths, named_paths, repository_path
from agentboard_agents.body_placeholders import Placeholder, placeholders

__all__ = ["Body", "BodyPaths", "Placeholder", "read_body"]

LABELS = re.compile(
    r"^[^\S\n]*>?[^\S\n]*(?:[-*+][^\S\n]+|\#{1,6}[^\S\n]+)?\**"
    r"(role|lead|reports to|tier|peers|maturity(?:[ ]level)?"
    r"|(?:your[ ])?working[ ]directory(?:[ ]is)?|shared(?:[ ]artifacts?)?[ ]directory|shared[ ]artifacts"
    r"|max(?:imum)?[ ]correction[ ]attempts)"
    r"\**[^\S\n]*:\**[^\S\n]*(\S[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
FACTS = {
    "role": "role",
    "lead": "lead",
    "reports to": "lead",
    "tier": "tier",
    "peers": "peers",
    "maturity": "maturity",
    "maturity level": "maturity",
    "working directory": "working_directory",
    "working directory is": "working_directory",
    "shared directory": "shared_directory",
    "shared artifact directory": "shared_directory",
    "shared artifacts directory": "shared_directory",
    "shared artifacts": "shared_directory",
    "max correction attempts": "attempts",
    "maximum correction attempts": "attempts",
}
GROWS = "\u0130"
"""The one letter that is longer in lower case, and would shift every place after it."""
SIGNS = (
    "role:",
    "role**:",
    "lead:",
    "lead**:",
    "reports to",
    "tier:",
    "tier**:",
    "peers:",
    "peers**:",
    "maturity",
    " directory",
    "shared artifacts:",
    "correction attempts",
)
"""One of these is on every line that has a label; looking for them is faster than trying each line."""
CAPABILITIES = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+)?\**capabilities\b[^\n]*$", re.IGNORECASE | re.MULTILINE)
PEERS = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+|#{1,6}[ \t]+)?\**peers\**:?\**[ \t]*$", re.IGNORECASE | re.MULTILINE
)
NOBODY = frozenset({"none", "nobody", "n/a", "-", "—"})
BULLET = re.compile(r"[ \t]*[-*+][ \t]+(\S.*)")
TIER = re.compile(r"\(?\s*tier[ :]+(\d{1,2})\s*\)?", re.IGNORECASE)
CHANGESET = re.compile(r'"files"\s*:\s*\[(.{0,800})', re.DOTALL)
SUMMARY_KEYS = re.compile(r"\{([\w\s,\"':]{8,300})\}")
KNOWN_SUMMARY_KEYS = {"completed", "blockers", "next_recommended_action", "files_modified"}
COMMAND = re.compile(
    r"`((?:uv run |poetry run |python3? -m |npx |npm (?:run )?|pnpm |yarn |go |cargo |make )?"
    r"(?:pytest|mypy|pyright|ruff|flake8|eslint|tsc|jest|vitest|test|vet|lint|clippy|check|golangci-lint)\b[^`\n]{0,80})`"
)


class Body(Struct, frozen=True, dict=True):
    """The prose of one file and its facts, each read when it is first asked for.

    A team of thousands is loaded for a few facts about a few of them. What the prose does not say is `None`
    or empty. `line` is the line of the file that the text begins on.
    """

    text: str
    line: int = 1

    @cached_property
    def _labels(self) -> dict[str, str]:
        return labelled(self.text)

    @cached_property
    def _position(self) -> tuple[str | None, int | None]:
        return role_and_tier(self._labels)

    @property
    def role(self) -> str | None:
        """What the agent is, without its tier."""
        return self._position[0]

    @property
    def tier(self) -> int | None:
        """How far from the top of the hierarchy it stands."""
        return self._position[1]

    @property
    def lead(self) -> str | None:
        """Whom it answers to."""
        return self._labels.get("lead", "").strip("`[] ") or None

    @property
    def peers(self) -> tuple[str, ...]:
        """Whom it works beside."""
        return names(self._labels.get("peers", "")) or peers_below(self.text)

    @property
    def maturity(self) -> str | None:
        """Return `D1`..`D4`."""
        return maturity_level(self._labels.get("maturity", ""))

    @property
    def working_directory(self) -> str | None:
        """Where it works."""
        return repository_path(self._labels.get("working_directory", ""))

    @cached_property
    def shared_directory(self) -> str | None:
        """Where it shares artifacts."""
        named = "shared" in self.text.lower()
        return repository_path(self._labels.get("shared_directory", "")) if named else None

    @property
    def correction_attempts(self) -> int | None:
        """How often it may correct itself."""
        return first_number(self._labels.get("attempts", ""))

    @cached_property
    def capabilities(self) -> tuple[str, ...]:
        """What it can do unasked."""
        return capabilities(self.text)

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """What waits to be filled."""
        return placeholders(self.text, self.line)

    @cached_property
    def paths(self) -> BodyPaths:
        """Which files it names."""
        return named_paths(self.text)

    @cached_property
    def summary_keys(self) -> tuple[str, ...]:
        """The keys of the JSON at the end of its summary."""
        return summary_keys(self.text)

    @cached_property
    def quality_commands(self) -> tuple[str, ...]:
        """The commands that it names as its gates."""
        return tuple(dict.fromkeys(COMMAND.findall(self.text))) if "`" in self.text else ()

    @cached_property
    def wants_changeset(self) -> bool:
        """Whether it is to answer with a change set."""
        return wants_changeset(self.text)


def read_body(text: str, first_line: int = 1) -> Body:
    """Take a body whose first line is line `first_line` of its file."""
    return Body(text, first_line)


def labelled(text: str) -> dict[str, str]:
    """Return the first value of each label, without the marks around it."""
    facts: dict[str, str] = {}
    small = text.replace(GROWS, "i").lower()
    starts = {small.rfind("\n", 0, place) + 1 for sign in SIGNS for place in places(small, sign)}
    for start in sorted(starts):
        end = text.find("\n", start)
        found = LABELS.match(text, start, end if end >= 0 else len(text))
        if found:
            key = " ".join(found.group(1).lower().split()).removeprefix("your ")
            facts.setdefault(FACTS[key], found.group(2).strip().strip("*").strip())
    return facts


def places(text: str, sign: str) -> Iterator[int]:
    """Yield every place of `sign` in a text."""
    place = text.find(sign)
    while place >= 0:
        yield place
        place = text.find(sign, place + 1)


def role_and_tier(facts: dict[str, str]) -> tuple[str | None, int | None]:
    """Return the role without its tier, and the tier from its own line or from the role's."""
    role = facts.get("role")
    tier = first_number(facts.get("tier", ""))
    found = TIER.search(role or "")
    if role is None or found is None:
        return role, tier
    role = f"{role[: found.start()]}{role[found.end() :]}".strip()
    return role or None, tier if tier is not None else int(found.group(1))


def first_number(text: str) -> int | None:
    """Return the first whole number in a text."""
    found = re.search(r"\d{1,4}", text)
    return int(found.group()) if found else None


def peers_below(text: str) -> tuple[str, ...]:
    """Return the bullets under a line that says "Peers:" and no more."""
    found = PEERS.search(text) if "eers" in text else None
    listed = bullets(text[found.end() + 1 :]) if found else ()
    heads = (re.split(r"\s*[:(—–]|\s-\s", line, maxsplit=1)[0] for line in listed)
    return tuple(name for head in heads if len(head.split()) < 6 for name in names(head))


def names(text: str) -> tuple[str, ...]:
    """Split a list of names on commas and "and"."""
    parts = re.split(r",|;|\band\b", text)
    found = (part.strip(" .`*[]\u00a0") for part in parts)
    return tuple(name for name in found if name and name.casefold() not in NOBODY)


def maturity_level(text: str) -> str | None:
    """Return `D1`..`D4` from a text that names one."""
    found = re.search(r"\bD([1-4])\b", text, re.IGNORECASE)
    return f"D{found.group(1)}" if found else None


def capabilities(text: str) -> tuple[str, ...]:
    """Return the bullets under a heading or label that begins with "Capabilities"."""
    found = CAPABILITIES.search(text) if "apabilities" in text else None
    return tuple(bullets(text[found.end() :])) if found else ()


def bullets(text: str) -> Iterator[str]:
    """Yield the bullets that a text begins with, blank lines before them aside."""
    seen = False
    for line in text[:8_000].splitlines()[:100]:
        found = BULLET.match(line)
        if found:
            seen = True
            yield found.group(1).strip()
        elif seen or line.strip():
            return


def wants_changeset(text: str) -> bool:
    """Tell whether a body asks for an answer of the form `{"files": [{"path", "action"}]}`."""
    return any('"path"' in part and '"action"' in part for part in CHANGESET.findall(text))


def summary_keys(text: str) -> tuple[str, ...]:
    """Return the keys of the JSON block that a body wants at the end of a summary."""
    for found in SUMMARY_KEYS.finditer(text):
        keys = tuple(re.findall(r"\w+", found.group(1)))
        if len(KNOWN_SUMMARY_KEYS.intersection(keys)) > 1:
            return keys
    return ()
