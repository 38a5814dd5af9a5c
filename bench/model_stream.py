"""A model server in a process of its own: every connection gets a reply that streams at a fixed pace."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping

__all__ = ["PACE", "main"]

PACE = 80
"""Deltas a second."""

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
USAGE = {"input_tokens": 10, "output_tokens": 1}
START = {"type": "message_start", "message": {"model": "m", "usage": USAGE}}
OPEN = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
CLOSE = {"type": "content_block_stop", "index": 0}
END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}
STOP = {"type": "message_stop"}


def event(value: Mapping[str, object]) -> bytes:
    """Return one event as it goes over the wire."""
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()


DELTA = event(
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "some words "}}
)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Stream one reply."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        ),
        0,
    )
    await reader.readexactly(length)
    writer.write(HEAD + event(START) + event(OPEN))
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number in range(int(seconds * PACE)):
        await asyncio.sleep(max(0.0, started + number / PACE - loop.time()))
        writer.write(DELTA)
    writer.write(event(CLOSE) + event(END) + event(STOP))
    await writer.drain()
    writer.close()


async def main(seconds: float) -> None:
    """Serve until the input ends; say the port first."""
    server = await asyncio.start_server(
        lambda reader, writer: answer(reader, writer, seconds), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
