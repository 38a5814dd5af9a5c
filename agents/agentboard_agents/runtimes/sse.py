"""A scripted reply as the server-sent events of the Messages API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.port import Block

__all__ = ["Events", "event_bytes", "reply_events", "text_pieces"]

Events = Iterator[dict[str, Any]]


def event_bytes(event: dict[str, Any]) -> bytes:
    """Return one event as it goes over the wire."""
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), msgspec.json.encode(event))


def reply_events(
    blocks: Sequence[Block],
    *,
    stop_reason: str,
    model: str,
    tokens: Tokens | None = None,
) -> Events:
    """Yield the events of a whole reply that consists of `blocks`."""
    tokens = tokens or Tokens(10, 5)
    yield {"type": "message_start", "message": message_head(model, tokens)}
    for index, block in enumerate(blocks):
        yield from block_events(index, block)
    ending = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": tokens.output}}
    yield {"type": "message_stop"}


def message_head(model: str, tokens: Tokens) -> dict[str, Any]:
    """Return the message as it stands before its first block."""
    usage = {
        "input_tokens": tokens.input,
        "output_tokens": 1,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation_input_tokens": tokens.cache_write,
    }
    head: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": model,
    }
    return {**head, "stop_reason": None, "stop_sequence": None, "usage": usage}


def block_events(index: int, block: Block) -> Events:
    """Yield the events of one block."""
    yield {
        "type": "content_block_start",
        "index": index,
        "content_block": {**block, **EMPTY.get(block["type"], {})},
    }
    for delta in deltas(block):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


EMPTY: dict[str, Block] = {
    "text": {"text": ""},
    "tool_use": {"input": {}},
    "thinking": {"thinking": "", "signature": ""},
}
"""What a block of each streamed kind begins with; other kinds come whole."""


def deltas(block: Block) -> Events:
    """Yield the pieces that a block is streamed in."""
    match block["type"]:
        case "text":
            yield from ({"type": "text_delta", "text": piece} for piece in text_pieces(block["text"]))
        case "thinking":
            yield {"type": "thinking_delta", "thinking": block["thinking"]}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            written = msgspec.json.encode(block["input"]).decode()
            for piece in (written[: len(written) // 2], written[len(written) // 2 :]):
                yield {"type": "input_json_delta", "partial_json": piece}
        case _:
            return


def text_pieces(text: str) -> list[str]:
    """Return a text in pieces of a few words, as a model streams it."""
    return re.findall(r"\s*(?:\S+\s*){1,3}|\s+", text)
