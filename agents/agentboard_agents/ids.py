"""Names that agentboard gives: short, sortable by time, safe in paths, branches and command lines."""

from __future__ import annotations

import secrets
import time

__all__ = ["client_id", "is_run_id", "message_id", "run_id"]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: read aloud without mistakes
TIME_DIGITS = 9
RANDOM_DIGITS = 3


def run_id(milliseconds: int | None = None) -> str:
    """Return a new run id: `r`, nine digits of time, three of chance; later ids sort after earlier ones."""
    return "r" + _stamp(milliseconds)


def message_id(milliseconds: int | None = None) -> str:
    """Return a new id of a message."""
    return "m" + _stamp(milliseconds)


def client_id() -> str:
    """Return a new id of an intention: the same command sent twice under one client id is done once."""
    return secrets.token_hex(12)


def is_run_id(text: str) -> bool:
    """Say whether `text` has the shape of a run id; everything else must not reach a path."""
    return len(text) == 1 + TIME_DIGITS + RANDOM_DIGITS and text[0] == "r" and set(text[1:]) <= set(ALPHABET)


def _stamp(milliseconds: int | None) -> str:
    now = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    return _digits(now, TIME_DIGITS) + _digits(secrets.randbits(5 * RANDOM_DIGITS), RANDOM_DIGITS)


def _digits(number: int, count: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(count)))
