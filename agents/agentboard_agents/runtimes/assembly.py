"""The events of one streamed reply, put together into a turn.

A reply counts only when `message_stop` came after a stop reason and every block was closed; a tool call
counts only when its block was closed and its input is one whole JSON object.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.faults import reported_fault
from agentboard_agents.runtimes.port import Block, Turn, TurnFailed

__all__ = ["MAX_REPLY", "Assembly"]

MAX_REPLY = 8 * 1024 * 1024
"""Bytes of events that one reply may have."""


class WireUsage(Struct):
    """Token counts; a later event repeats or completes them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class WireMessage(Struct):
    """The head of a message."""

    model: str = ""
    usage: WireUsage | None = None


class WireDelta(Struct):
    """A piece of a block, or the end of the message."""

    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None


class WireEvent(Struct):
    """Any event of the stream; members that we do not use are skipped."""

    type: str
    index: int = 0
    message: WireMessage | None = None
    content_block: dict[str, Any] | None = None
    delta: WireDelta | None = None
    usage: WireUsage | None = None
    error: dict[str, Any] | None = None


class Part(Struct):
    """A block that is still arriving."""

    block: Block
    text: list[str] = field(default_factory=list[str])
    thinking: list[str] = field(default_factory=list[str])
    json: list[str] = field(default_factory=list[str])
    signature: str = ""
    closed: bool = False


DECODER = msgspec.json.Decoder(WireEvent)


class Assembly:
    """Collects events; `turn()` gives the reply once it is whole."""

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._usage = WireUsage()
        self._model = ""
        self._stop_reason: str | None = None
        self._size = 0
        self.complete = False

    def feed(self, data: str) -> str:
        """Take the data of one event and return the text that it adds, often none.

        Raises:
            TurnFailed: when the event is garbled, too much, or reports an error.
        """
        self._size += len(data)
        if self._size > MAX_REPLY:
            raise TurnFailed("garbled", f"the reply is longer than {MAX_REPLY} bytes", retryable=False)
        try:
            event = DECODER.decode(data)
        except (msgspec.MsgspecError, ValueError) as fault:
            raise garbled(f"an event that cannot be read ({fault})") from fault
        return self._take(event)

    def _take(self, event: WireEvent) -> str:
        match event.type:
            case "message_start":
                self._begin(event.message or WireMessage())
            case "content_block_start":
                self._open(event)
            case "content_block_delta":
                return self._add(event)
            case "content_block_stop":
                self._part(event.index).closed = True
            case "message_delta":
                self._end(event)
            case "message_stop":
                self.complete = True
            case "error":
                raise reported_fault(event.error or {})
            case _:
                pass  # ping, and kinds that came after this was written
        return ""

    def _begin(self, message: WireMessage) -> None:
        self._model = message.model
        self._count(message.usage)

    def _open(self, event: WireEvent) -> None:
        block = event.content_block or {}
        if not isinstance(block.get("type"), str) or event.index in self._parts:
            raise garbled("a content block without a type, or opened twice")
        part = Part(block)
        self._parts[event.index] = part
        if isinstance(text := block.get("text"), str) and text:
            part.text.append(text)

    def _add(self, event: WireEvent) -> str:
        part, delta = self._part(event.index), event.delta or WireDelta()
        if part.closed:
            raise garbled("more of a content block that was closed")
        part.text.append(delta.text)
        part.thinking.append(delta.thinking)
        part.json.append(delta.partial_json)
        part.signature += delta.signature
        return delta.text

    def _part(self, index: int) -> Part:
        part = self._parts.get(index)
        if part is None:
            raise garbled("a piece of a content block that was never opened")
        return part

    def _end(self, event: WireEvent) -> None:
        if event.delta is not None and event.delta.stop_reason is not None:
            self._stop_reason = event.delta.stop_reason
        self._count(event.usage)

    def _count(self, usage: WireUsage | None) -> None:
        for name in WireUsage.__struct_fields__ if usage else ():
            if (count := getattr(usage, name)) is not None:
                setattr(self._usage, name, max(0, count))

    def turn(self, asked_model: str) -> Turn:
        """Return the whole reply.

        Raises:
            TurnFailed: when it ended early, or a tool call's input is not one JSON object.
        """
        open_blocks = [part for part in self._parts.values() if not part.closed]
        if not self.complete or self._stop_reason is None or open_blocks:
            raise TurnFailed("incomplete", "the model's reply ended before it was complete", retryable=True)
        content = self._content(self._stop_reason)
        return Turn(content, self._stop_reason, self._tokens(), self._model or asked_model)

    def _content(self, stop_reason: str) -> list[Block]:
        parts = [self._parts[index] for index in sorted(self._parts)]
        if stop_reason == "max_tokens" and parts and parts[-1].block["type"] == "tool_use":
            parts.pop()  # cut in the middle: its input cannot be trusted
        blocks = [finished(part) for part in parts]
        return [block for block in blocks if block["type"] != "text" or block["text"].strip()]

    def _tokens(self) -> Tokens:
        usage = self._usage
        return Tokens(
            usage.input_tokens or 0,
            usage.output_tokens or 0,
            usage.cache_read_input_tokens or 0,
            usage.cache_creation_input_tokens or 0,
        )


def finished(part: Part) -> Block:
    """Return a closed block as it goes back to the model in the next request."""
    kind = part.block["type"]
    if kind == "text":
        return {"type": "text", "text": "".join(part.text)}
    if kind == "thinking":
        signature = part.signature or part.block.get("signature", "")
        return {"type": "thinking", "thinking": "".join(part.thinking), "signature": signature}
    if kind == "tool_use":
        return tool_call(part)
    if kind == "server_tool_use":
        return {**part.block, "input": tool_input(part)}
    return part.block


def tool_call(part: Part) -> Block:
    """Return a tool call with its parsed input."""
    identity, name = part.block.get("id"), part.block.get("name")
    if not isinstance(identity, str) or not isinstance(name, str) or not identity or not name:
        raise garbled("a tool call without an id or a name")
    return {"type": "tool_use", "id": identity, "name": name, "input": tool_input(part)}


def tool_input(part: Part) -> dict[str, Any]:
    """Return the input of a tool call: streamed JSON, or what the block was opened with."""
    text = "".join(part.json)
    try:
        value: object = msgspec.json.decode(text) if text.strip() else part.block.get("input") or {}
        return msgspec.convert(value, dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise garbled(f"the input of {part.block.get('name')} is not a JSON object") from fault


def garbled(what: str) -> TurnFailed:
    """Return the failure of a stream that does not follow the protocol."""
    return TurnFailed("garbled", f"the model's reply is garbled: {what}", retryable=True)
