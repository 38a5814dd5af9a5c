"""A model API that breaks on the wire: resets, cuts between any two bytes, odd statuses, nonsense."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from agentboard_agents.runtimes.sse import event_bytes, reply_events
from agentboard_agents.turns_attempt import ATTEMPTS
from agentboard_agents.turns_port import RunFault
from tests.agents.test_turn_faults import REPLY, Desk
from tests.support.modelserver import Said, say

Events = list[dict[str, Any]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def events_of(reply: Said) -> Events:
    return list(reply_events(reply.blocks, stop_reason=reply.stop_reason, model="m"))


def on_wire(events: Events) -> bytes:
    return b"".join(map(event_bytes, events))


WHOLE, DONE = on_wire(events_of(REPLY)), on_wire(events_of(say("Done.")))


class Wire:
    """A server that sends exact bytes; an answer that ends with `RESET` resets the connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[int] = []


RESET = object()
Answer = Sequence[Any]


@asynccontextmanager
async def wire(*answers: Answer) -> AsyncGenerator[Wire]:
    left = list(answers)
    open_ones: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            asked = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", asked.lower())
            await reader.readexactly(int(length[1]) if length else 0)
            made.requests.append(1)
            await _send(writer, left.pop(0) if left else (HEAD, DONE))
        writer.close()
        open_ones.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield made
    finally:
        server.close()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    for part in answer:
        if part is RESET:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.write(part)
            await writer.drain()


async def worked(*answers: Answer) -> tuple[Desk, int, RunFault | None]:
    """Let an agent work against the answers; return what it did, how many calls came, and how it ended."""
    async with wire(*answers) as server:
        desk = Desk(server)
        fault: RunFault | None = None
        try:
            await desk.conversation.say("Do T1")
        except RunFault as raised:
            fault = raised
        finally:
            await desk.runtime.close()
        return desk, len(server.requests), fault


async def once_broken(answer: Answer) -> None:
    """A broken answer runs nothing; the next one, which is whole, runs each tool once."""
    desk, calls, fault = await worked(answer, (HEAD, WHOLE), (HEAD, DONE))
    assert fault is None
    assert desk.written == ["a.py", "b.py"]
    assert calls == 3
    assert len(desk.control.held) == 1


@pytest.mark.parametrize("index", range(len(events_of(REPLY))))
async def test_a_reset_at_any_event_runs_nothing(index: int) -> None:
    await once_broken((HEAD, on_wire(events_of(REPLY)[:index]), RESET))


async def cut_within(count: int, seed: int) -> None:
    dice = random.Random(seed)
    places = [
        dice.randrange(1, len(WHOLE) - len(event_bytes({"type": "message_stop"}))) for _ in range(count)
    ]
    for first in range(0, count, 20):
        await asyncio.gather(*(once_broken((HEAD, WHOLE[:place])) for place in places[first : first + 20]))


async def test_a_cut_between_any_two_bytes_runs_nothing() -> None:
    await cut_within(40, seed=7)


@pytest.mark.soak
async def test_a_cut_between_many_pairs_of_bytes_runs_nothing() -> None:
    await cut_within(400, seed=random.randrange(1_000_000))


async def refused(status: int) -> None:
    body = b'{"type": "error", "error": {"type": "x", "message": "no"}}'
    head = b"HTTP/1.1 %d Odd\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % (
        status,
        len(body),
    )
    desk, calls, fault = await worked(*[(head + b"connection: close\r\n\r\n", body)] * 9)
    assert fault is not None, status
    assert desk.written == [], status
    assert calls in {1, ATTEMPTS}, status
    assert len(desk.control.held) == calls - 1, status


async def test_some_of_every_hundred_statuses_end_typed() -> None:
    await asyncio.gather(*(refused(status) for status in (201, 226, 300, 307, 418, 451, 499, 505, 520, 599)))


@pytest.mark.soak
async def test_every_status_ends_typed() -> None:
    statuses = [status for status in range(201, 600) if status not in {204, 205, 304}]
    for first in range(0, len(statuses), 20):
        await asyncio.gather(*map(refused, statuses[first : first + 20]))


def without(events: Events, kind: str) -> Events:
    return [event for event in events if event["type"] != kind]


def changed(events: Events, kind: str, **more: Any) -> Events:
    return [{**event, **more} if event["type"] == kind else event for event in events]


NONSENSE: dict[str, Callable[[Events], Events]] = {
    "no message_stop": lambda events: without(events, "message_stop"),
    "no stop reason": lambda events: without(events, "message_delta"),
    "a null stop reason": lambda events: changed(events, "message_delta", delta={"stop_reason": None}),
    "no block is closed": lambda events: without(events, "content_block_stop"),
    "no block is opened": lambda events: without(events, "content_block_start"),
    "every block is number 7": lambda events: changed(events, "content_block_start", index=7),
    "blocks without a type": lambda events: changed(events, "content_block_start", content_block={}),
    "a call without a name": lambda events: changed(
        events, "content_block_start", content_block={"type": "tool_use", "id": "x", "input": {}}
    ),
    "a delta that is a number": lambda events: changed(events, "content_block_delta", delta=5),
    "half of the input": lambda events: [
        event
        for event in events
        if event.get("delta", {}).get("type") != "input_json_delta"
        or event["delta"]["partial_json"][:1] == "{"
    ],
    "an index that is a text": lambda events: changed(events, "content_block_stop", index="x"),
    "the end first": lambda events: [events[-1], *events[:-1]],
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_protocol_nonsense_runs_nothing(kind: str) -> None:
    await once_broken((HEAD, on_wire(NONSENSE[kind](events_of(REPLY)))))


async def test_a_head_that_never_ends_and_a_line_without_end_are_contained() -> None:
    endless = b"data: " + b"x" * 9_000_000
    for answer in ((b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,), (b"NONSENSE\r\n\r\n",), (HEAD, endless)):
        desk, _, fault = await worked(*[answer] * 9)
        assert fault is not None
        assert desk.written == []
