"""Moments as people type them: a time, a day, a clock, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["moment"]

AGE = re.compile(
    r"(?:(?P<weeks>\d{1,4})w)?(?:(?P<days>\d{1,5})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,7})m)?(?:(?P<seconds>\d{1,8})s)?"
)
CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")
DAYS = {"today": 0, "yesterday": 1}


def moment(text: str, now: datetime) -> datetime | None:
    """Return the moment in UTC that `text` names as seen at `now`, `None` when it names none.

    A time without a zone is local; `14:00` is the last one; `2h30m` is that long ago; a day is its beginning.
    """
    said = text.strip().lower().removesuffix(" ago").removesuffix("ago").replace(" ", "")
    found = _ago(said, now) or _clock(said, now) or _day(said, now) or _time(text.strip())
    return found.astimezone(UTC) if found else None


def _ago(said: str, now: datetime) -> datetime | None:
    found = AGE.fullmatch(said)
    if not found or not said:
        return None
    return now - timedelta(**{unit: int(count) for unit, count in found.groupdict(default="0").items()})


def _clock(said: str, now: datetime) -> datetime | None:
    found = CLOCK.fullmatch(said)
    if not found or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        return None
    local = now.astimezone()
    at = local.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
    return at if at <= local else at - timedelta(days=1)


def _day(said: str, now: datetime) -> datetime | None:
    if said not in DAYS:
        return None
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS[said])


def _time(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said.upper()).astimezone()
    except (ValueError, OverflowError):
        return None
