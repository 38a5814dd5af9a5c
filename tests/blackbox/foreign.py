"""A model server from the public description of the Messages API alone: none of agentboard's own code.

It repeats tool-use ids, splits tool inputs in odd places, sends pings, and knows no list of models. A reply
is chosen by how many assistant messages the request holds, so that a call made twice is answered alike.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

__all__ = ["Act", "Foreign", "say", "think", "use"]

Block = dict[str, Any]
Act = dict[str, Any]
"""A reply: `blocks`, and perhaps `stop`, `cut` (events before the line goes dead) or `status`."""

CHUNK = 7


def say(text: str = "Done.") -> Block:
    """Speak."""
    return {"type": "text", "text": text}


def think(text: str) -> Block:
    """Think, with a signature."""
    return {"type": "thinking", "thinking": text}


def use(name: str, number: int = 1, **given: Any) -> Block:
    """Use a tool, under an id that every turn uses again."""
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": given}


def turns(*replies: Sequence[Block]) -> Callable[[int, int], Act]:
    """Return the script that gives these replies in order, and the last one for ever."""
    return lambda _request, said: {"blocks": replies[min(said, len(replies) - 1)]}


class Foreign:
    """Serves a script on loopback, and keeps what it was asked.

    Args:
        replies: the turns of every conversation.
        script: instead of `replies`: (number of the request, assistant messages in it) -> reply.
    """

    def __init__(self, *replies: Sequence[Block], script: Callable[[int, int], Act] | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.script = script or turns(*replies)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def results(self) -> list[Block]:
        """Return the tool results of the last request."""
        messages = [message for message in self.requests[-1]["messages"] if message["role"] == "user"]
        parts = [
            part
            for message in messages
            if isinstance(message["content"], list)
            for part in message["content"]
        ]
        return [part for part in parts if part["type"] == "tool_result"]


def _handler(server: Foreign) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Say nothing."""

        def do_GET(self) -> None:
            self._plain(
                404, {"type": "error", "error": {"type": "not_found_error", "message": "no such page"}}
            )

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.requests.append(asked)
            said = sum(message["role"] == "assistant" for message in asked["messages"])
            act = server.script(len(server.requests) - 1, said)
            if "status" in act:
                error = {"type": act.get("type", "api_error"), "message": act.get("message", "a bad day")}
                self._plain(act["status"], {"type": "error", "error": error})
            else:
                self._stream(act, str(asked["model"]))

        def _plain(self, code: int, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, act: Act, model: str) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for event in events_of(act, model)[: act.get("cut")]:
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            self.close_connection = True

    return Handler


def events_of(act: Act, model: str) -> list[dict[str, Any]]:
    """Return the events of a reply."""
    blocks: Sequence[Block] = act["blocks"]
    usage = {"input_tokens": 10, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "usage": usage,
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "ping"},
    ]
    for index, block in enumerate(blocks):
        start, deltas = _opened(block)
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    stop = act.get("stop") or (
        "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    )
    events.append({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 9}})
    return [*events, {"type": "message_stop"}]


def _opened(block: Block) -> tuple[Block, list[Block]]:
    """Return how a block starts, and its pieces."""
    if block["type"] == "tool_use":
        text = json.dumps(block["input"])
        pieces = ["", *(text[at : at + CHUNK] for at in range(0, len(text), CHUNK))]
        return {**block, "input": {}}, [
            {"type": "input_json_delta", "partial_json": piece} for piece in pieces
        ]
    if block["type"] == "thinking":
        thought = {"type": "thinking_delta", "thinking": block["thinking"]}
        signed = {"type": "signature_delta", "signature": "c2lnbmVk"}
        return {"type": "thinking", "thinking": "", "signature": ""}, [thought, signed]
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": block["text"]}]
