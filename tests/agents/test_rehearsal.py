"""Rehearsal: the scripted model behind the real SDK."""

from __future__ import annotations

import http.client
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from agentboard_agents.runtimes.loopback import Asked, Loopback, Reply
from agentboard_agents.runtimes.port import Block, Turn, TurnFailed, TurnRequest
from agentboard_agents.runtimes.rehearsal import MODEL, ReadScript, RehearsalRuntime
from agentboard_agents.runtimes.script import Script, ScriptRefused, next_turn, parse

SCRIPT = b"""
conversations:
  - task: T2
    turns:
      - text: Let me write it.
        tools: [{name: Write, input: {path: app.py, content: "x = 1"}}]
      - {text: It is done.}
      - {text: You are right., when: tests failed, tools: [{name: LS}]}
      - {text: Corrected.}
  - turns:
      - {text: Some other task.}
"""


def request(messages: list[Block], conversation: str = "T2", tools: list[Block] | None = None) -> TurnRequest:
    return TurnRequest("", messages, tools or [], MODEL, 100, "r1", "backend", conversation)


@asynccontextmanager
async def rehearsal(read: ReadScript) -> AsyncGenerator[RehearsalRuntime]:
    runtime = RehearsalRuntime(read)
    try:
        yield runtime
    finally:
        await runtime.close()


async def play(read: ReadScript, asked: TurnRequest) -> Turn:
    async with rehearsal(read) as runtime:
        return await runtime.turn(asked, lambda _: None)


def user(text: str) -> Block:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def assistant(turn: Turn) -> Block:
    return {"role": "assistant", "content": turn.content}


async def test_turns_follow_from_the_request_alone() -> None:
    messages = [user("Do T2")]
    async with rehearsal(lambda _: parse(SCRIPT, "s.yaml")) as runtime:
        first = await runtime.turn(request(messages), lambda _: None)
        again = await runtime.turn(request(messages), lambda _: None)
        assert first == again
        assert first.calls[0]["input"] == {"path": "app.py", "content": "x = 1"}
        messages += [assistant(first), user("ok")]
        second = await runtime.turn(request(messages), lambda _: None)
        assert (second.text, second.stop_reason) == ("It is done.", "end_turn")
        failed = await runtime.turn(
            request([*messages, assistant(second), user("2 tests failed")]), lambda _: None
        )
        passed = await runtime.turn(request([*messages, assistant(second), user("go on")]), lambda _: None)
    assert failed.text == "You are right."
    assert passed.text == "Corrected."


async def test_a_conversation_is_found_by_its_task() -> None:
    turn = await play(lambda _: parse(SCRIPT, "s.yaml"), request([user("x")], "T9/ü ?"))
    assert turn.text == "Some other task."


async def test_without_a_script_it_looks_around_and_ends() -> None:
    tools: list[Block] = [{"name": "LS", "input_schema": {"type": "object"}}]
    async with rehearsal(lambda _: None) as runtime:
        first = await runtime.turn(request([user("x")], tools=tools), lambda _: None)
        last = await runtime.turn(
            request([user("x"), assistant(first), user("y")], tools=tools), lambda _: None
        )
    assert [call["name"] for call in first.calls] == ["LS"]
    assert last.calls == []


async def test_the_end_of_a_script_ends_the_conversation() -> None:
    script = parse(b"conversations: [{turns: [{text: a}]}]", "s")
    said: Block = {"role": "assistant", "content": "a"}
    turn = await play(lambda _: script, request([user("x"), said, user("y")]))
    assert turn.stop_reason == "end_turn"
    assert turn.text


async def test_a_bad_script_is_a_typed_failure() -> None:
    with pytest.raises(TurnFailed, match=r"backend\.yaml") as caught:
        await play(lambda stem: parse(b"conversations: 3", f"{stem}.yaml"), request([user("x")]))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"a: &x 1\nb: *x",
        b"conversations: [{turns: [{text: a, when: '('}]}]",
        b"conversations: [{turns: [{text: a, pace: 900}]}]",
        b"conversations: [{turns: [{txt: a}]}]",
        b"!!python/object:os.system {}",
        b"\xff\xfe\x00",
        b"[" * 10_000,
    ],
)
def test_a_file_that_is_no_script_is_refused(data: bytes) -> None:
    with pytest.raises(ScriptRefused):
        parse(data, "s.yaml")


def test_a_reply_passed_over_counts_for_the_next() -> None:
    turns = parse(
        b"conversations: [{turns: [{text: a, when: sure}, {text: b, when: never}, {text: c}]}]", "s"
    )
    only = turns.conversations[0].turns
    history = [user("never"), {"role": "assistant", "content": "b"}, user("sure")]
    chosen = next_turn(only, history)
    assert chosen is not None
    assert chosen.text == "c"


@pytest.fixture
def server() -> Iterator[Loopback]:
    made = Loopback(lambda asked: Reply([asked.path.encode()], content_type="text/plain"))
    yield made
    made.close()


def status_of(server: Loopback, path: str, headers: dict[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_server_answers_only_under_its_token_and_to_no_web_page(server: Loopback) -> None:
    good = f"/{server.token}/v1"
    assert status_of(server, good) == 200
    assert status_of(server, "/v1") == 403
    assert status_of(server, f"/{server.token[:-1]}x/v1") == 403
    assert status_of(server, good, {"Host": "evil.example"}) == 403
    assert status_of(server, good, {"Origin": "http://127.0.0.1"}) == 403
    assert urlsplit(server.url).hostname == "127.0.0.1"


def test_a_request_carries_its_path_and_body() -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        seen.append(asked)
        return Reply([b"{}"])

    server = Loopback(answer)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("POST", f"/{server.token}/a/b", b'{"x": 1}')
    connection.getresponse().read()
    connection.close()
    server.close()
    assert (seen[0].path, seen[0].body) == ("a/b", {"x": 1})


def test_scripts_are_values() -> None:
    assert parse(SCRIPT, "s") == parse(SCRIPT, "s")
    assert isinstance(parse(SCRIPT, "s"), Script)
