"""What a person asks of the worker, one row each: written by any process, settled once by the worker."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

__all__ = ["KINDS", "Command", "CommandState"]

CommandState = Literal["pending", "done", "refused"]

KINDS = (
    "dispatch",  # the run is queued already; data: {}
    "pause",
    "resume",
    "cancel",  # data: reason
    "escalate",  # data: to, reason
    "answer",  # data: item, text, choice (approve, deny or none)
    "message",  # data: text, sender, and agent when no run is named
    "retry",  # data: new_run (optional)
    "accept",  # data: onto, undo, send_back (all optional)
    "reject",  # data: reason, final
    "pause_all",
    "retire",  # end between two steps: the next worker, started in other surroundings, goes on
)


class Command(Struct, frozen=True):
    """One intention. `client_id` makes a repeat harmless; `reply` is one line, for a refusal the reason."""

    id: str
    client_id: str
    kind: str
    run: str | None = None
    data: dict[str, Any] = {}
    state: CommandState = "pending"
    reply: str = ""
    time: str = ""

    @property
    def settled(self) -> bool:
        """Whether the worker has answered."""
        return self.state != "pending"
