"""The secrets of the environment, in the worker's memory alone: no child of the worker inherits one."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from agentboard_agents import redaction

__all__ = ["take", "value", "whole"]

TAKEN: dict[str, str] = {}


def take(environment: MutableMapping[str, str] = os.environ) -> None:
    """Move every secret of `environment` into memory; what is redacted learns them."""
    redaction.learn(environment)
    for name in [name for name in environment if redaction.is_secret_name(name)]:
        TAKEN[name] = environment.pop(name)


def value(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return a variable: of the environment as it is, else as it was when its secrets were taken."""
    found = environment.get(name) or TAKEN.get(name)
    if found and redaction.is_secret_name(name):
        redaction.learn({name: found})
    return found


def whole(environment: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """Return the environment as it was before its secrets were taken."""
    return {**TAKEN, **environment}
