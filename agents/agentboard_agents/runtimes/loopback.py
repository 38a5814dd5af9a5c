"""A Messages API server on this machine's loopback address, for replies that a function makes up.

It listens on an ephemeral port, answers only under an unguessable path, and refuses requests that a web page
could have caused (a foreign Host, or any Origin).
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import msgspec
from msgspec import Struct

__all__ = ["Asked", "Loopback", "Reply"]

MAX_BODY = 64 * 1024 * 1024
CLIENT_SILENCE = 30.0


class Asked(Struct, frozen=True):
    """A request: its path below the token, and its JSON body ({} for GET)."""

    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str] = {}


class Reply(Struct, frozen=True):
    """An answer: a status, headers, and chunks that are sent as they come.

    Raising `ConnectionAbortedError` among the chunks cuts the connection.
    """

    chunks: Iterable[bytes]
    status: int = 200
    headers: dict[str, str] = {}
    content_type: str = "text/event-stream"


Answer = Callable[[Asked], Reply]


class Loopback:
    """The server; it serves from construction until `close`."""

    def __init__(self, answer: Answer, *, token: str | None = None) -> None:
        self.token = secrets.token_urlsafe(24) if token is None else token
        self.answer = answer
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self.port}" + (f"/{self.token}" if self.token else "")

    def close(self) -> None:
        """Stop listening and cut what is open."""
        self._server.shutdown()
        self._server.cut()
        self._server.server_close()
        self._thread.join(5)


class Server(ThreadingHTTPServer):
    """Threads that end with the process, and connections that `cut` ends."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: Loopback) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it is served."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End the connections that are still open."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it ended by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left, or a reply that was cut on purpose, is no news."""


class Handler(BaseHTTPRequestHandler):
    """One request per connection."""

    timeout = CLIENT_SILENCE

    @property
    def owner(self) -> Loopback:
        """The server's owner."""
        return cast("Server", self.server).owner

    def do_GET(self) -> None:
        """Serve a GET."""
        self._serve({})

    def do_POST(self) -> None:
        """Serve a POST with a JSON body."""
        try:
            length = int(self.headers.get("content-length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_BODY:
            self._refuse(413)
            return
        try:
            self._serve(msgspec.json.decode(self.rfile.read(length), type=dict[str, Any]))
        except msgspec.MsgspecError:
            self._refuse(400)

    def _serve(self, body: dict[str, Any]) -> None:
        if not self._trusted():
            self._refuse(403)
            return
        path = self.path.removeprefix(f"/{self.owner.token}") if self.owner.token else self.path
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.owner.answer(Asked(self.command, path.lstrip("/"), body, headers)))

    def _trusted(self) -> bool:
        port = self.owner.port
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        token = self.path.split("/", 2)[1] if self.owner.token else ""
        known = hmac.compare_digest(token.encode(), self.owner.token.encode())
        return known and self.headers.get("host") in hosts and "origin" not in self.headers

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.content_type)
        self.send_header("connection", "close")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for chunk in reply.chunks:
            self.wfile.write(chunk)

    def _refuse(self, status: int) -> None:
        self._send(Reply([], status))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Nothing is logged: a worker has no terminal."""
