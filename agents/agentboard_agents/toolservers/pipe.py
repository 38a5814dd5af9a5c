"""A server in the sandbox, spoken to over its input and output: one JSON message on each line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
import mcp_types
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from msgspec import Struct

from agentboard_agents.sandbox.box import Box, Sandbox
from agentboard_agents.sandbox.lasting import CHUNK, Child, lasting
from agentboard_agents.sandbox.output import Kept

__all__ = ["Boxed", "Health", "pipe"]

LONGEST_LINE = 16 * 1024 * 1024
MOST_GARBAGE = 50
MOST_UNASKED = 5_000
COMPLAINTS = 4_000


class Health:
    """How a server does: whether it is gone, and why."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.reason = ""
        self.garbage = 0
        self.unasked = 0
        self.complaints = Kept(COMPLAINTS)

    def end(self, reason: str) -> None:
        """Note that nothing more comes from it; the first reason counts."""
        self.reason = self.reason or reason
        self.gone.set()

    def answered(self) -> None:
        """Note that it did what it was asked: what it said unasked is forgiven."""
        self.unasked = self.garbage = 0


class Boxed(Struct, frozen=True):
    """What to start, and where."""

    sandbox: Sandbox
    box: Box
    argv: Sequence[str]
    cwd: str


class Flooded(Exception):
    """A server that says too much, or nothing that can be read."""


@asynccontextmanager
async def pipe(boxed: Boxed, health: Health) -> AsyncGenerator[TransportStreams]:
    """Start a server, and give the two streams of messages from and to it.

    Raises:
        SandboxRefused: when it cannot be started.
    """
    arriving, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    answers, leaving = anyio.create_memory_object_stream[SessionMessage](0)
    async with (
        lasting(boxed.sandbox, boxed.box, boxed.argv, cwd=boxed.cwd, talks=True) as child,
        arriving,
        messages,
        answers,
        leaving,
        anyio.create_task_group() as group,
    ):
        group.start_soon(_listen, child, arriving, health)
        group.start_soon(_speak, child, leaving, health)
        group.start_soon(_complaints, child, health)
        try:
            yield messages, answers
        finally:
            group.cancel_scope.cancel()


async def _listen(
    child: Child, arriving: ObjectSendStream[SessionMessage | Exception], health: Health
) -> None:
    """Hand on each line that is a message; one that is none is counted, and too many end the server."""
    async with arriving:
        try:
            await _lines(child, arriving, health)
        except (Flooded, anyio.BrokenResourceError, anyio.ClosedResourceError) as fault:
            health.end(str(fault) or "the connection was closed")
        else:
            health.end("it ended")


async def _lines(
    child: Child, arriving: ObjectSendStream[SessionMessage | Exception], health: Health
) -> None:
    rest = bytearray()
    while chunk := await child.output.read(CHUNK):
        *lines, last = chunk.split(b"\n")
        for line in lines:
            rest += line
            message = _message(bytes(rest), health)
            rest.clear()
            if message is not None:
                await arriving.send(message)
        rest += last
        if len(rest) > LONGEST_LINE:
            raise Flooded(f"it said more than {LONGEST_LINE:,} bytes in one line")


def _message(line: bytes, health: Health) -> SessionMessage | None:
    """Return a line as a message; garbage is passed over."""
    if not line.strip():
        return None
    try:
        message = mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except (ValueError, RecursionError):
        health.garbage += 1
        if health.garbage > MOST_GARBAGE:
            raise Flooded("it says nothing that can be read") from None
        return None
    health.unasked += 1
    if health.unasked > MOST_UNASKED:
        raise Flooded(f"it sent more than {MOST_UNASKED:,} messages that nobody asked for")
    return SessionMessage(message)


async def _speak(child: Child, leaving: ObjectReceiveStream[SessionMessage], health: Health) -> None:
    """Write each message as one line."""
    async for message in leaving:
        line = message.message.model_dump_json(by_alias=True, exclude_unset=True)
        if child.input is None or child.input.is_closing():
            return
        child.input.write(line.encode() + b"\n")
        try:
            await child.input.drain()
        except (ConnectionError, OSError):
            health.end("it no longer listens")
            return


async def _complaints(child: Child, health: Health) -> None:
    """Keep what it says on its error output: the reason, when it does not start."""
    while child.errors is not None and (chunk := await child.errors.read(CHUNK)):
        health.complaints.add(chunk)
