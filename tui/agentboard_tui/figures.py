"""Numbers as a person reads them: money, tokens, counts."""

from __future__ import annotations

__all__ = ["for_whom", "money", "plural", "tokens"]


def for_whom(to: str) -> str:
    """Return who is to answer, as the person in front of the screen says it."""
    return {"human": "you", "pm": "the project manager", "lead": "the lead"}.get(to, to)


def money(usd: float) -> str:
    """Return US dollars with cents, and tenths of a cent below ten cents."""
    return f"${usd:.3f}" if 0 < usd < 0.1 else f"${usd:.2f}"


def tokens(count: int) -> str:
    """Return a number of tokens in at most five characters: `950`, `41k`, `1.2M`."""
    if count < 1_000:
        return str(count)
    if count < 1_000_000:
        return f"{count / 1_000:.0f}k" if count >= 10_000 else f"{count / 1_000:.1f}k"
    return f"{count / 1_000_000:.1f}M"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a count with its noun: `1 agent`, `2 agents`."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"
