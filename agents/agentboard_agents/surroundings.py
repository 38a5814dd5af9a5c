"""What decides whom a worker's agents talk to: the model's key and address, known only by their digest."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping

__all__ = ["differs", "has_key", "mark"]

DECIDING = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")


def has_key(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether an environment has a key for the model."""
    return bool(environment.get(DECIDING[0]))


def mark(environment: Mapping[str, str] = os.environ, salt: str = "") -> str:
    """Return `salt:digest` of what an environment says about the model."""
    salt = salt or secrets.token_hex(8)
    values = [salt, *(environment.get(name, "") for name in DECIDING)]
    return f"{salt}:{hashlib.sha256(chr(0).join(values).encode('utf-8', 'surrogateescape')).hexdigest()}"


def differs(known: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether an environment that has a key is not the one that `known` was made of."""
    return has_key(environment) and mark(environment, known.partition(":")[0]) != known
