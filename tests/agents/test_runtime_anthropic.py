"""The Anthropic runtime against a real server on loopback, with the faults that were seen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.anthropic import AnthropicRuntime, Patience, from_environment, open_client
from agentboard_agents.runtimes.port import Turn, TurnFailed, TurnRequest
from agentboard_agents.runtimes.sse import event_bytes, reply_events
from tests.support.modelserver import (
    ModelServer,
    Reaction,
    Said,
    calls,
    cut,
    error_in_stream,
    garbage,
    say,
    stall,
    status,
)

QUICK = Patience(connect=2, silence=2, whole=5)


def request() -> TurnRequest:
    return TurnRequest("Be brief.", [{"role": "user", "content": "Hello"}], [], "m", 9, "r1")


@asynccontextmanager
async def runtime(server: ModelServer, patience: Patience = QUICK) -> AsyncGenerator[AnthropicRuntime]:
    made = AnthropicRuntime(open_client("key", server.url, patience, trust_env=False), patience=patience)
    try:
        yield made
    finally:
        await made.close()


async def ask(*replies: Reaction, patience: Patience = QUICK) -> Turn:
    with ModelServer(*replies) as server:
        async with runtime(server, patience) as model:
            return await model.turn(request(), lambda _: None)


async def failure(*replies: Reaction, patience: Patience = QUICK) -> TurnFailed:
    with pytest.raises(TurnFailed) as caught:
        await ask(*replies, patience=patience)
    return caught.value


async def test_text_arrives_in_pieces_and_whole() -> None:
    pieces: list[str] = []
    text = "One two three four five six seven."
    with ModelServer(say(text)) as server:
        async with runtime(server) as model:
            turn = await model.turn(request(), pieces.append)
    assert turn.text == text
    assert "".join(pieces) == text
    assert len(pieces) > 1
    assert turn.stop_reason == "end_turn"


async def test_a_tool_call_has_its_whole_input() -> None:
    turn = await ask(calls(("Edit", {"path": "a.py", "n": [1, {"ü": "✓"}]}), ("LS", {}), text="Now."))
    assert [(one["name"], one["input"]) for one in turn.calls] == [
        ("Edit", {"path": "a.py", "n": [1, {"ü": "✓"}]}),
        ("LS", {}),
    ]
    assert turn.text == "Now."
    assert turn.stop_reason == "tool_use"


async def test_tokens_are_counted_with_the_cache() -> None:
    turn = await ask(say("Hi there, my friend."))
    assert turn.tokens == Tokens(input=100, output=20, cache_read=30, cache_write=40)
    assert turn.model == "model-under-test"


async def test_the_request_marks_what_the_cache_may_keep() -> None:
    with ModelServer(say("Hi")) as server:
        async with runtime(server) as model:
            asked = request()
            await model.turn(asked, lambda _: None)
        body = server.requests[0]
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert body["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert asked.messages == [{"role": "user", "content": "Hello"}], "the caller's messages stay as they were"


@pytest.mark.parametrize("after", range(9))
async def test_a_stream_that_is_cut_anywhere_is_no_turn(after: int) -> None:
    whole = calls(("Write", {"path": "a", "content": "b"}), text="Some words here.")
    fault = await failure(cut(whole, after))
    assert fault.kind in {"incomplete", "connection"}
    assert fault.retryable


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (400, "refused_request", False),
        (401, "credentials", False),
        (404, "unknown_model", False),
        (413, "refused_request", False),
        (429, "rate_limit", True),
        (500, "server", True),
        (503, "server", True),
        (529, "overloaded", True),
    ],
)
async def test_a_status_becomes_a_typed_failure(code: int, kind: str, retryable: bool) -> None:
    fault = await failure(status(code, message="what happened"))
    assert (fault.kind, fault.retryable) == (kind, retryable)
    assert "what happened" in fault.message


async def test_the_sdk_does_not_retry_behind_our_back() -> None:
    with ModelServer(status(529), say("late")) as server:
        async with runtime(server) as model:
            with pytest.raises(TurnFailed):
                await model.turn(request(), lambda _: None)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("asked", "wait"), [("7", 7), ("86400", 120), ("soon", None), ("-5", 0), ("nan", None)]
)
async def test_retry_after_is_capped(asked: str, wait: float | None) -> None:
    assert (await failure(status(429, retry_after=asked))).retry_after == wait


async def test_an_error_in_the_middle_of_a_stream() -> None:
    fault = await failure(error_in_stream())
    assert (fault.kind, fault.retryable) == ("overloaded", True)
    assert not (await failure(error_in_stream("invalid_request_error"))).retryable


@pytest.mark.parametrize(
    "reply",
    [
        garbage(),
        garbage(b"", "text/event-stream"),
        garbage(b"event: message_start\ndata: {{{\n\n", "text/event-stream"),
        garbage(b'event: x\ndata: {"type": 3}\n\n', "text/event-stream"),
        garbage(b"\xff\xfe\n\n", "text/event-stream"),
        garbage(
            b'event: x\ndata: {"type":"content_block_delta","index":4,"delta":{"text":"a"}}\n\n',
            "text/event-stream",
        ),
        garbage(b'event: x\ndata: {"type":"message_stop"}\n\n', "text/event-stream"),
    ],
)
async def test_garbage_is_a_typed_failure(reply: Reaction) -> None:
    assert (await failure(reply)).kind in {"garbled", "incomplete"}


async def test_silence_and_the_overall_deadline_end_a_call() -> None:
    silent = await failure(stall(say("a b c d e"), 5), patience=Patience(2, 0.2, 5))
    assert (silent.kind, silent.retryable) == ("timeout", True)
    slow = await failure(say("a b c d e f g h i j k l m n o p", pace=0.1), patience=Patience(2, 2, 0.3))
    assert slow.kind == "timeout"


async def test_no_connection() -> None:
    server = ModelServer()
    server.close()
    async with runtime(server) as model:
        with pytest.raises(TurnFailed) as caught:
            await model.turn(request(), lambda _: None)
    assert (caught.value.kind, caught.value.retryable) == ("connection", True)


async def test_thinking_is_kept_for_replay() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "Hm, so…", "signature": "abc"},
        {"type": "redacted_thinking", "data": "xyz"},
    ]
    turn = await ask(Said((*thoughts, {"type": "text", "text": "Yes, this is it."})))
    assert turn.content[:2] == thoughts


async def test_an_empty_reply_is_a_turn_without_content() -> None:
    assert (await ask(Said(()))).content == []
    assert (await ask(say("  "))).content == []


async def test_a_tool_call_cut_by_the_token_limit_is_dropped() -> None:
    cut_off = Said(({"type": "tool_use", "id": "t", "name": "Bash", "input": {}},), "max_tokens")
    turn = await ask(cut_off)
    assert turn.calls == []
    assert turn.stop_reason == "max_tokens"


@pytest.mark.parametrize("reason", ["refusal", "pause_turn", "max_tokens", "stop_sequence", "of_tomorrow"])
async def test_every_stop_reason_is_a_turn(reason: str) -> None:
    assert (await ask(say("Well then, no.", stop_reason=reason))).stop_reason == reason


async def test_models_come_newest_first() -> None:
    with ModelServer(models=["old-sonnet", "new-sonnet"]) as server:
        async with runtime(server) as model:
            assert await model.models() == ["new-sonnet", "old-sonnet"]
    with ModelServer() as bare:
        async with runtime(bare) as model:
            with pytest.raises(TurnFailed):
                await model.models()


async def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(TurnFailed, match="ANTHROPIC_API_KEY"):
        from_environment()
    with ModelServer(say("Hi")) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        model = from_environment("http://127.0.0.1:1")
        await model.turn(request(), lambda _: None)
        await model.close()
        assert "secret" in " ".join(server.headers[0].values())


@asynccontextmanager
async def keeping_alive(after: bytes) -> AsyncGenerator[tuple[str, list[int]]]:
    """A server that keeps its connections, as the API does; `after` is what follows the last event."""
    connections: list[int] = []
    events = b"".join(map(event_bytes, reply_events(say("Hello.").blocks, stop_reason="end_turn", model="m")))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", asked.lower())
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(head + b"%x\r\n" % len(events) + events + b"\r\n" + after)
                await writer.drain()
        writer.close()
        over.set()

    over = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    finally:
        server.close()
        await asyncio.wait_for(over.wait(), 10)


@pytest.mark.parametrize(("after", "opened"), [(b"0\r\n\r\n", 1), (b"", 3)])
async def test_calls_share_a_connection_unless_its_reply_has_no_proper_end(after: bytes, opened: int) -> None:
    async with keeping_alive(after) as (url, connections):
        model = AnthropicRuntime(open_client("key", url, QUICK, trust_env=False), patience=QUICK)
        for _ in range(3):
            assert (await model.turn(request(), lambda _: None)).text == "Hello."
        await model.close()
    assert len(connections) == opened
