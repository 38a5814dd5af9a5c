"""A loopback Messages API server for tests: scripted replies, recorded requests, faults.

    with ModelServer(call("Read", path="a.py"), say("Done.")) as server:
        environment["ANTHROPIC_BASE_URL"] = server.url

Replies are given in the order of the requests. With `script=` they are chosen from the request instead, so
that several agents can talk at once. A request beyond the last reply is answered with "Nothing more."
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import Struct

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.loopback import Asked, Loopback, Reply
from agentboard_agents.runtimes.port import Block
from agentboard_agents.runtimes.sse import event_bytes, reply_events

__all__ = [
    "ModelServer",
    "Reaction",
    "Said",
    "call",
    "calls",
    "cut",
    "error_in_stream",
    "garbage",
    "last_text",
    "said",
    "say",
    "stall",
    "status",
]


class Said(Struct, frozen=True):
    """A complete reply."""

    blocks: tuple[Block, ...]
    stop_reason: str = "end_turn"
    tokens: Tokens = Tokens(100, 20, 30, 40)
    model: str = "model-under-test"
    cut_after: int | None = None  # events that are sent before the connection ends
    stall: float = 0.0  # seconds of silence
    stall_after: int = 1  # events that are sent before the silence
    garbage_at: int | None = None  # number of the event in whose place garbage is sent
    pace: float = 0.0  # seconds before each event


class Fault(Struct, frozen=True):
    """An answer that is no reply."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    content_type: str = "application/json"


Reaction = Said | Fault


def say(text: str, **more: Any) -> Said:
    """Reply with a text."""
    return Said(({"type": "text", "text": text},), **more)


def call(name: str, /, **given: Any) -> Said:
    """Reply with one tool call."""
    return calls((name, given))


def calls(*wanted: tuple[str, dict[str, Any]], text: str = "") -> Said:
    """Reply with several tool calls at once, and a text before them."""
    spoken: list[Block] = [{"type": "text", "text": text}] if text else []
    made: list[Block] = [
        {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": given}
        for index, (name, given) in enumerate(wanted)
    ]
    return Said((*spoken, *made), "tool_use")


def status(code: int, kind: str = "api_error", message: str = "no", **headers: str) -> Fault:
    """Answer with an HTTP status; headers are spelled with underscores."""
    body = msgspec.json.encode({"type": "error", "error": {"type": kind, "message": message}})
    return Fault(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def cut(reply: Said, after: int) -> Said:
    """End the connection after so many events of `reply`."""
    return msgspec.structs.replace(reply, cut_after=after)


def stall(reply: Said, seconds: float) -> Said:
    """Fall silent after the first event."""
    return msgspec.structs.replace(reply, stall=seconds)


def garbage(body: bytes = b"<html>hello</html>", content_type: str = "text/html") -> Fault:
    """Answer 200 with something else."""
    return Fault(200, body, content_type=content_type)


def error_in_stream(kind: str = "overloaded_error") -> Fault:
    """Begin a stream and report an error in it."""
    start = event_bytes({"type": "message_start", "message": {"model": "m", "usage": {}}})
    error = event_bytes({"type": "error", "error": {"type": kind, "message": "Overloaded"}})
    return Fault(200, start + error, content_type="text/event-stream")


def said(body: dict[str, Any]) -> list[str]:
    """Return every text and tool result that the user side of a request holds, in order."""
    return [
        text
        for message in body["messages"]
        if message["role"] == "user"
        for text in texts(message["content"])
    ]


def texts(content: str | list[Block]) -> list[str]:
    """Return the texts of a message's content."""
    if isinstance(content, str):
        return [content]
    inner: list[Any] = [block.get("text", block.get("content", "")) for block in content]
    return [piece for one in inner for piece in ([one] if isinstance(one, str) else texts(one))]


def last_text(body: dict[str, Any]) -> str:
    """Return what the user side said last."""
    return said(body)[-1]


class ModelServer:
    """The server, as a context manager; `requests` holds the bodies of the calls that came."""

    def __init__(
        self,
        *replies: Reaction,
        script: Callable[[dict[str, Any]], Reaction] | None = None,
        models: Sequence[str] = (),
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.model_lists = 0
        self._replies = list(replies)
        self._script = script
        self._models = models
        self._lock = threading.Condition()
        self._closed = threading.Event()
        self._server = Loopback(self._answer, token="")

    @property
    def url(self) -> str:
        """The base URL."""
        return self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._server.close()

    def wait_for(self, count: int, seconds: float = 10.0) -> None:
        """Wait until `count` model calls have come."""
        with self._lock:
            if not self._lock.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{len(self.requests)} model calls came, not {count}")

    def _answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("v1/models"):
            self.model_lists += 1
            return self._model_list()
        if asked.path.endswith("count_tokens"):
            count = len(msgspec.json.encode(asked.body)) // 4
            return Reply([msgspec.json.encode({"input_tokens": count})], content_type="application/json")
        with self._lock:
            self.requests.append(asked.body)
            self.headers.append(asked.headers)
            self.times.append(time.monotonic())
            reaction = self._react(asked.body)
            self._lock.notify_all()
        if isinstance(reaction, Fault):
            return Reply([reaction.body], reaction.status, reaction.headers, reaction.content_type)
        return Reply(self._stream(reaction))

    def _react(self, body: dict[str, Any]) -> Reaction:
        if self._script is not None:
            return self._script(body)
        return self._replies.pop(0) if self._replies else say("Nothing more.")

    def _model_list(self) -> Reply:
        if not self._models:
            return Reply([b"{}"], 404, content_type="application/json")
        data = [
            {"type": "model", "id": name, "display_name": name, "created_at": f"2026-01-{day:02}T00:00:00Z"}
            for day, name in enumerate(self._models, 1)
        ]
        page = {"data": data, "has_more": False, "first_id": None, "last_id": None}
        return Reply([msgspec.json.encode(page)], content_type="application/json")

    def _stream(self, reply: Said) -> Iterator[bytes]:
        number = len(self.requests)
        blocks = [unique(block, number) for block in reply.blocks]
        events = reply_events(blocks, stop_reason=reply.stop_reason, model=reply.model, tokens=reply.tokens)
        for index, event in enumerate(events):
            if index == reply.cut_after:
                raise ConnectionAbortedError
            self._closed.wait(reply.pace)
            if index == reply.stall_after and reply.stall:
                self._closed.wait(reply.stall)
            yield b"event: x\ndata: {\xff]\n\n" if index == reply.garbage_at else event_bytes(event)


def unique(block: Block, number: int) -> Block:
    """Return a block whose call id occurs once in the conversation."""
    return {**block, "id": f"{block['id']}_{number}"} if block["type"] == "tool_use" else block
