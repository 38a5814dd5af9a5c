"""Servers of tools that run elsewhere, over HTTP: real ones, ones that die, ones that answer rubbish."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agentboard_agents.sandbox.box import Box
from agentboard_agents.sandbox.choice import choose
from agentboard_agents.toolservers.hub import Hub
from agentboard_agents.toolservers.named import server_of
from agentboard_agents.turns_port import ToolAnswer
from tests.support.shell import until

from .servers import GOOD


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(tmp_path: Path, port: int) -> Generator[None]:
    """A server of the SDK's own, listening."""
    source = tmp_path / "server.py"
    source.write_text(GOOD.replace("server.run()", f"server.run('streamable-http', port={port})"))
    child = subprocess.Popen(
        [sys.executable, str(source)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: listens(port))
        yield
    finally:
        child.kill()
        child.wait()


@asynccontextmanager
async def hub(tmp_path: Path, url: str, **more: object) -> AsyncGenerator[Hub]:
    server = server_of("far", {"type": "http", "url": url, **more}, ".mcp.json", trusted=True)
    one = Hub((server,), None, (), choose(), Box(str(tmp_path)), lambda _, text: text)
    try:
        yield one
    finally:
        await one.close()


async def use(server: Hub, tool: str, /, **given: object) -> ToolAnswer:
    action = server.action(f"mcp__far__{tool}")
    assert action is not None
    return await action.act(given)


async def test_it_answers_and_one_that_died_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    async with hub(tmp_path, f"http://127.0.0.1:{port}/mcp") as one:
        with serving(tmp_path, port):
            assert await one.open() == {}
            assert "mcp__far__add" in [definition["name"] for definition in one.definitions]
            assert (await use(one, "add", one=2, other=3)).content == "5"
            died = await use(one, "die")
            assert not died.ok
            assert "unknown" in died.content
        nobody = await use(one, "add", one=1, other=1)
        assert not nobody.ok
        assert "attempts failed" in nobody.content
        with serving(tmp_path, port):
            assert (await use(one, "add", one=1, other=1)).content == "2"


async def test_new_tools_are_noticed_over_http_too(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port):
        async with hub(tmp_path, f"http://127.0.0.1:{port}/mcp") as one:
            await one.open()
            assert (await use(one, "grow")).ok
            assert (await use(one, "added")).content == "new"


class Rubbish(BaseHTTPRequestHandler):
    """Answers every call with one status and body; keeps the headers that it got."""

    status, body, kind = 200, b"", "text/html"
    seen: list[str | None]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """Say nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.seen.append(self.headers["authorization"])
        self.send_response(self.status)
        self.send_header("content-type", self.kind)
        self.send_header("location", "http://127.0.0.1:9/elsewhere")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)


ANSWERS: dict[str, tuple[int, bytes, str]] = {
    "a page": (200, b"<html>hello</html>", "text/html"),
    "no JSON": (200, b"{{{", "application/json"),
    "the wrong JSON": (
        200,
        json.dumps({"jsonrpc": "2.0", "id": 77, "result": 5}).encode(),
        "application/json",
    ),
    "unauthorized": (401, b"", "application/json"),
    "a redirect": (302, b"", "text/html"),
    "an error": (500, b"oops", "text/plain"),
    "an empty stream": (200, b"", "text/event-stream"),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_rubbish_is_contained(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentboard_agents.toolservers import link

    monkeypatch.setattr(link, "OPENING", 2.0)
    status, body, content = ANSWERS[kind]
    handler = type("Handler", (Rubbish,), {"status": status, "body": body, "kind": content, "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/mcp"
        async with hub(tmp_path, url, headers={"Authorization": "Bearer t"}) as one:
            faults = await one.open()
            assert list(faults) == ["far"]
            assert faults["far"]
            assert one.definitions == []
            assert not (await use(one, "add", one=1, other=1)).ok
        server.shutdown()
    assert set(vars(handler)["seen"]) == {"Bearer t"}
