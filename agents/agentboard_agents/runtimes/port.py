"""Who produces the turns of an agent: the port that every runtime implements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from agentboard_agents.projection import Tokens
from agentboard_agents.redaction import redact

__all__ = ["NO_KEY", "Block", "OnText", "Runtime", "Turn", "TurnFailed", "TurnRequest"]

NO_KEY = "no_key"
"""The kind of failure that only another worker can mend: this one has no key."""

Block = dict[str, Any]
"""One content block of a message, as the Messages API spells it."""

OnText = Callable[[str], None]
"""Receives each piece of text as it arrives; it must not wait."""


class TurnRequest(Struct, frozen=True):
    """Everything that one model call needs.

    `agent` is the stem of the agent's file, and `conversation` the key of the task (or story) that the
    messages are about; a scripted runtime finds its script by them. `form` is a JSON schema that the answer
    has to have: a runtime that can hold the model to it does, the others leave it to the model.
    """

    system: str
    messages: list[Block]
    tools: list[Block]
    model: str
    max_tokens: int
    run: str
    agent: str = ""
    conversation: str = ""
    form: Block | None = None


class Turn(Struct, frozen=True):
    """A complete reply: it has a stop reason, and each of its tool calls has its whole input."""

    content: list[Block]
    stop_reason: str
    tokens: Tokens
    model: str

    @property
    def text(self) -> str:
        """What the model said, without its thinking and tool calls."""
        return "".join(block["text"] for block in self.content if block["type"] == "text")

    @property
    def calls(self) -> list[Block]:
        """The tool calls, in order."""
        return [block for block in self.content if block["type"] == "tool_use"]


class TurnFailed(Exception):
    """A model call that gave no complete reply.

    `kind` is one of rate_limit, overloaded, server, timeout, connection, incomplete, garbled,
    refused_request, context_overflow, credentials, no_key, unknown_model; `retry_after` is in
    seconds, and capped.
    """

    def __init__(self, kind: str, message: str, *, retryable: bool, retry_after: float | None = None) -> None:
        self.message = redact(message)  # a server may repeat the key that it was given
        super().__init__(self.message)
        self.kind = kind
        self.retryable = retryable
        self.retry_after = retry_after


class Runtime(Protocol):
    """A producer of turns."""

    @property
    def name(self) -> str:
        """What the runtime is called wherever it shows: anthropic, rehearsal."""
        ...

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:
        """Return the complete reply to `request`.

        Raises:
            TurnFailed: for every way in which there is none.
        """
        ...

    async def models(self) -> list[str]:
        """Return the ids of the models on offer, newest first.

        Raises:
            TurnFailed: when they cannot be listed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and servers."""
        ...
