"""One pace for all model calls of this user and key: a bucket of permissions to call, as pure values.

A refusal of the server (429, 529) stops everybody for a while, halves the pace, and leaves no credit, so that
those who waited come back one by one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

__all__ = ["BURST", "SLOWEST", "TOP", "Pace", "Ticket", "heard", "refused", "served", "taken"]

TOP = 20.0
"""Calls a second that are begun at most, as long as the server says nothing else."""

SLOWEST = 0.2
BURST = 20.0
"""Calls that may begin at once after a quiet while."""

LONGEST = 120.0
FIRST = 1.0
RECOVERY = 1.1
REMAINING = ("requests", "tokens", "input-tokens", "output-tokens")


class Pace(Struct, frozen=True):
    """How fast calls may begin: `rate` a second; times are seconds of the wall clock.

    `slot` is when the next call may begin, less the credit; `held` until when nobody may, and `reason` why.
    `epoch` counts refusals: a permission given before the last one is void.
    """

    rate: float = TOP
    slot: float = 0.0
    held: float = 0.0
    epoch: int = 0
    strikes: int = 0
    reason: str = ""


class Ticket(Struct, frozen=True):
    """A permission to begin a call at a time; void once the epoch has changed."""

    at: float
    epoch: int
    reason: str = ""


def taken(pace: Pace, now: float) -> tuple[Pace, Ticket]:
    """Take the next permission; with jitter, so that no two workers fall into step."""
    pace = sane(pace, now)
    earliest = max(now, pace.held)
    slot = max(pace.slot, earliest - BURST / pace.rate)
    start = max(earliest, slot)
    spread = random.uniform(0, 1 / pace.rate) if start > now else 0.0  # noqa: S311 (jitter is no secret)
    reason = pace.reason if pace.held > now else f"{pace.rate:.1f} calls a second for all agents"
    ticket = Ticket(start + spread, pace.epoch, reason)
    return msgspec.structs.replace(pace, slot=slot + 1 / pace.rate), ticket


def sane(pace: Pace, now: float) -> Pace:
    """Return the pace without times that only a clock set back can explain."""
    if pace.held <= now + LONGEST and pace.slot <= now + LONGEST + 1_000 / pace.rate:
        return pace
    return msgspec.structs.replace(pace, held=min(pace.held, now + LONGEST), slot=now)


def refused(pace: Pace, now: float, epoch: int, wait: float | None, reason: str) -> Pace:
    """Hold everybody back: for as long as the server says, else with jitter under a doubling roof.

    Only the first refusal of an epoch slows the pace down: the others were under way already.
    """
    fresh = epoch == pace.epoch
    strikes = pace.strikes + fresh
    roof = min(LONGEST, FIRST * 2.0 ** min(strikes - 1, 10))
    pause = random.uniform(roof / 2, roof) if wait is None else min(wait, LONGEST)  # noqa: S311 (jitter)
    held = max(pace.held, now + pause) if fresh or wait is not None else pace.held
    return Pace(
        max(SLOWEST, pace.rate / 2) if fresh else pace.rate,
        max(pace.slot, held),
        held,
        pace.epoch + fresh,
        strikes,
        reason,
    )


def served(pace: Pace) -> Pace:
    """Return the pace after a call that went well: a little faster."""
    if pace.rate >= TOP and not pace.strikes:
        return pace
    rate = min(TOP, pace.rate * RECOVERY)
    return msgspec.structs.replace(pace, rate=rate, strikes=0 if rate >= TOP else pace.strikes)


def heard(pace: Pace, now: float, headers: Mapping[str, str]) -> Pace:
    """Return the pace after what a reply says about the limits: nothing left means to wait for the reset."""
    for kind in REMAINING:
        left = headers.get(f"anthropic-ratelimit-{kind}-remaining", "")
        if left.isdigit() and int(left) == 0:
            reset = moment(headers.get(f"anthropic-ratelimit-{kind}-reset", ""))
            if reset is not None and reset > now:
                held = max(pace.held, min(reset, now + LONGEST))
                reason = f"the limit of {kind.replace('-', ' ')} is used up"
                pace = msgspec.structs.replace(pace, held=held, slot=max(pace.slot, held), reason=reason)
    return pace


def moment(text: str) -> float | None:
    """Return an RFC 3339 time in seconds."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
