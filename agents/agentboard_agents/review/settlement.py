"""What comes of a review's command."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.events import NewEvent

__all__ = ["Clash", "Refused", "Settlement"]


class Refused(Exception):
    """Why something is not done, in one line; nothing was changed."""


class Clash(Struct, frozen=True):
    """A merge that did not fit: what the agent is told about it, and the commit that its branch lacks."""

    told: str
    commit: str


class Settlement(Struct, frozen=True):
    """What came of a command: whether it was done, one line about it, and the events that it causes."""

    ok: bool
    reply: str
    events: tuple[NewEvent, ...] = ()
    conflict: Clash | None = None
