"""A conversation that outgrows the model's context: the outputs of old tool calls leave it, in the open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast, runtime_checkable

import msgspec
from msgspec import Struct

from agentboard_agents.runtimes.port import Block, TurnFailed, TurnRequest
from agentboard_agents.turns_port import Workplace

__all__ = ["GONE", "WINDOW", "CountsTokens", "Trimmed", "fitting", "rough_tokens", "without_old_results"]

WINDOW = 200_000
"""Tokens that every current model takes, request and reply together."""

DOUBT = 0.6
"""Share of the window from which on a rough guess is checked by counting."""

CHARACTERS_PER_TOKEN = 3.0
"""On the low side: a guess that is too high only costs a count."""

KEPT = 4
"""Messages with tool results, the newest ones, that stay whole as long as possible."""

TOOLS = 8_000
"""Tokens that the definitions of tools are taken for."""

SHORT = 400
GONE = "[this old output was removed to make room; call the tool again if you need it]"


@runtime_checkable
class CountsTokens(Protocol):
    """A runtime that can count what a request takes, without making the call."""

    async def count_tokens(self, request: TurnRequest) -> int:
        """Return the tokens of the request.

        Raises:
            TurnFailed: when they cannot be counted.
        """
        ...


class Trimmed(Struct, frozen=True):
    """A conversation that fits: what is left, how many outputs went, and its tokens before and after."""

    messages: list[Block]
    results: int = 0
    before: int = 0
    after: int = 0


async def fitting(place: Workplace, request: TurnRequest) -> Trimmed:
    """Return the messages of `request`, trimmed if they may not fit."""
    room = WINDOW - request.max_tokens
    rough = rough_tokens(request)
    if rough < WINDOW * DOUBT:
        return Trimmed(request.messages)
    before = await counted(place, request, rough)
    if before <= room:
        return Trimmed(request.messages)
    return without_old_results(request, before, room)


async def counted(place: Workplace, request: TurnRequest, rough: int) -> int:
    """Return the tokens of a request as the API counts them, in a durable step; the guess where it cannot."""
    runtime = place.runtime
    if not isinstance(runtime, CountsTokens):
        return rough

    async def count() -> Any:
        try:
            return await runtime.count_tokens(request)
        except TurnFailed:
            return rough  # the call itself will say what is wrong

    return int(await place.step("count tokens", count))


def rough_tokens(request: TurnRequest) -> int:
    """Return about how many tokens a request takes.

    Only what was said counts, which is the same when a workflow is replayed; the tools on offer may not be.
    """
    size = len(request.system) + len(msgspec.json.encode(request.messages))
    return int(size / CHARACTERS_PER_TOKEN) + TOOLS


def without_old_results(request: TurnRequest, before: int, room: int) -> Trimmed:
    """Return the conversation without outputs of old tool calls, the oldest first, until it fits.

    The newest results stay unless nothing else helps; then all but the last one go, too.
    """
    messages, size = list(request.messages), len(msgspec.json.encode(request.messages))
    per_token = max(1.0, size / max(1, before))
    places = [index for index, message in enumerate(messages) if has_results(message)]
    gone, now = 0, before
    for index in places[:-KEPT] + places[-KEPT:-1]:
        if now <= room:
            break
        messages[index], count, saved = emptied(messages[index])
        gone += count
        now -= int(saved / per_token)
    return Trimmed(messages, gone, before, max(0, now))


def has_results(message: Block) -> bool:
    """Tell whether a message brings outputs of tools."""
    return any(is_result(block) for block in blocks_of(message))


def blocks_of(message: Block) -> Sequence[Block]:
    """Return the blocks of a message."""
    content: Any = message["content"]
    return cast("list[Block]", content) if isinstance(content, list) else []


def is_result(block: Block) -> bool:
    """Tell whether a block is the output of a tool."""
    return block.get("type") == "tool_result"


def emptied(message: Block) -> tuple[Block, int, int]:
    """Return a message with its long outputs removed, how many those were, and the characters saved."""
    kept, gone, saved = list[Block](), 0, 0
    for block in blocks_of(message):
        size = len(msgspec.json.encode(block.get("content", "")))
        if is_result(block) and size > SHORT:
            kept.append({**block, "content": GONE})
            gone, saved = gone + 1, saved + size - len(GONE)
        else:
            kept.append(block)
    return {**message, "content": kept}, gone, saved
