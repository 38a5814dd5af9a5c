"""How long ago something was, in few characters, coarser the longer it is."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["age", "clock", "epoch"]


@lru_cache(maxsize=1024)
def epoch(time: str) -> float | None:
    """Return an RFC 3339 time as seconds since the epoch, `None` when it is not one."""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def age(since: str | None, now: float, *, fine: bool = True) -> str:
    """Return the time since `since`: `12s`, `3m12`, `2h05`, `4d`; without seconds unless `fine`."""
    start = epoch(since) if since else None
    if start is None:
        return ""
    seconds = max(0, int(now - start))
    if seconds < 60:
        return f"{seconds}s" if fine else "<1m"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}" if fine and minutes < 10 else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}" if hours < 24 else f"{hours // 24}d"


def clock(time: str | None) -> str:
    """Return the local hour and minute of an RFC 3339 time, else the text as it is, at most 16 characters."""
    start = epoch(time) if time else None
    if start is None:
        return (time or "")[:16]
    return datetime.fromtimestamp(start).astimezone().strftime("%H:%M")
