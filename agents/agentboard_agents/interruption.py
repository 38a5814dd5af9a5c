"""Cutting off what an agent is doing now, so that it hears a person at once instead of when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["CUT_OFF", "INTERRUPTED", "NOT_RUN", "Interrupted", "unless_interrupted"]

Result = TypeVar("Result")

INTERRUPTED = "interrupted"
"""The kind of a model call that a person cut off: it is no attempt, and nobody waits after it."""

CUT_OFF = "a person interrupted this while it ran; its effect is unknown, look before repeating it"
NOT_RUN = "not run: a person interrupted you; read what they say first"


class Interrupted(Exception):
    """A person cut it off."""


async def unless_interrupted(interrupted: asyncio.Event, act: Coroutine[Any, Any, Result]) -> Result:
    """Return what `act` gives.

    Raises:
        Interrupted: when `interrupted` is set meanwhile; the act was cancelled, and has ended.
    """
    acting = asyncio.ensure_future(act)
    stop = asyncio.create_task(interrupted.wait())
    try:
        await asyncio.wait({acting, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not acting.done():
            raise Interrupted
        return acting.result()
    finally:
        stop.cancel()
        if not acting.done():
            acting.cancel()
            await asyncio.wait({acting})
