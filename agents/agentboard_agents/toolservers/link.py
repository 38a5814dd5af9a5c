"""The connection to one server of tools: opened, kept, opened again when the server died."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import anyio
import httpx2
import mcp
import mcp_types
from mcp.client._transport import Transport
from mcp.client.session import IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from agentboard_agents.sandbox.box import SandboxRefused
from agentboard_agents.toolservers.named import Server
from agentboard_agents.toolservers.pipe import Boxed, Health, pipe

__all__ = ["Link", "LinkFault", "http", "stdio"]

OPENING = 30.0
CALLING = 120.0
STARTS = 4
MOST_TOOLS = 200
MOST_PAGES = 20
SESSION_OVER = "Session terminated"
"""How the SDK says that a server over HTTP answered 404: it had no such session, and did nothing."""

BROKEN = (httpx2.HTTPError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError)
"""What the SDK lets through of a connection that broke."""

Opener = Callable[[Health], Transport]


class LinkFault(Exception):
    """A server that cannot be used, or a call that gave no answer; says why."""


class SessionOver(LinkFault):
    """The server does not know the session any more; it was started anew, perhaps."""


def stdio(boxed: Boxed) -> Opener:
    """Return what opens a server in the sandbox."""
    return lambda health: pipe(boxed, health)


def http(server: Server) -> Opener:
    """Return what opens the connection to a server that runs elsewhere."""

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Any]:
        client = httpx2.AsyncClient(
            headers=dict(server.headers), timeout=CALLING, follow_redirects=False, trust_env=False
        )
        async with client, streamable_http_client(server.url, http_client=client) as streams:
            yield streams

    return lambda _: connect()


class Link:
    """One server. A task of its own holds the connection, because it has to be left where it was entered."""

    def __init__(
        self, name: str, opener: Opener, *, opening: float = OPENING, calling: float = CALLING
    ) -> None:
        self.name = name
        self.tools: tuple[mcp_types.Tool, ...] = ()
        self.fault = ""
        self._opener = opener
        self._opening = opening
        self._calling = calling
        self._client: mcp.Client | None = None
        self._health = Health()
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._news = asyncio.Event()
        self._closing = False
        self._relist = False
        self._starts = 0
        self._lock = asyncio.Lock()
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def up(self) -> bool:
        """Whether it can be called."""
        return self._client is not None and not self._health.gone.is_set()

    async def open(self) -> None:
        """Connect unless it is connected.

        Raises:
            LinkFault: when it cannot be, or was started too often.
        """
        async with self._lock:
            if self.up:
                return
            await self._end_task()
            if self._closing or self._starts >= STARTS:
                raise LinkFault(self.fault or "it was started too often")
            self._starts += 1
            self._health, self._ready = Health(), asyncio.Event()
            self._task = asyncio.create_task(self._live())
            await self._ready.wait()
            if not self.up:
                raise LinkFault(self.fault)

    async def has(self, tool: str) -> bool:
        """Tell whether the server has a tool, after a change that it told of was looked at."""
        await asyncio.wait({settled := asyncio.ensure_future(self._settled.wait())}, timeout=self._opening)
        settled.cancel()
        return any(one.name == tool for one in self.tools)

    async def call(self, tool: str, given: dict[str, Any]) -> mcp_types.CallToolResult:
        """Call a tool; a server that died is started again before.

        Raises:
            LinkFault: when there is no answer: refused, too late, or the server died over it.
        """
        try:
            return await self._called(tool, given)
        except SessionOver:  # it knows us no more, so it did nothing
            return await self._called(tool, given)

    async def _called(self, tool: str, given: dict[str, Any]) -> mcp_types.CallToolResult:
        await self.open()
        client, health = self._client, self._health
        if client is None:
            raise LinkFault(self.fault or "it is gone")
        calling = asyncio.create_task(client.call_tool(tool, given, read_timeout_seconds=self._calling))
        gone = asyncio.create_task(health.gone.wait())
        try:
            await asyncio.wait(
                {calling, gone}, timeout=self._calling + 1, return_when=asyncio.FIRST_COMPLETED
            )
            if not calling.done():
                raise LinkFault(self._no_answer(health))
            answer = calling.result()
        except MCPError as fault:
            raise self._refusal(fault, health) from fault
        except BROKEN as fault:
            health.end(_innermost(fault))
            raise LinkFault(self._no_answer(health)) from fault
        finally:
            calling.cancel()
            gone.cancel()
        health.answered()
        return answer

    def _refusal(self, fault: MCPError, health: Health) -> LinkFault:
        """Return what an error means; one of the connection ends it, so that the next call opens another."""
        if fault.error.code == mcp_types.CONNECTION_CLOSED:
            health.end(str(fault))
        if fault.error.message == SESSION_OVER:
            health.end("it ended the session")
            return SessionOver(f"{fault}")
        return LinkFault(self._no_answer(health) if health.gone.is_set() else f"{fault}")

    def _no_answer(self, health: Health) -> str:
        if not health.gone.is_set():
            return f"no answer in {self._calling:g} s; its effect is unknown"
        return f"the server is gone ({health.reason}); the effect of this call is unknown"

    async def close(self) -> None:
        """Let go of the server; one in the sandbox is ended."""
        self._closing = True
        self._news.set()
        await self._end_task()

    async def _end_task(self) -> None:
        task, self._client = self._task, None
        if task is None:
            return
        self._news.set()
        _, late = await asyncio.wait({task}, timeout=5)
        if late:
            task.cancel()
            await asyncio.wait({task}, timeout=5)
        self._task = None

    async def _live(self) -> None:
        """Hold the connection until the server is gone or no longer wanted."""
        self._news.clear()
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._opening):
                    client = await self._connected(stack)
                    self.tools = await _listed(client)
                self._client = client
                self._ready.set()
                await self._attend(client)
        except TimeoutError:
            self.fault = f"it did not answer in {self._opening:g} s{self._complaint()}"
        except SandboxRefused as refused:
            self.fault = refused.reason
        except Exception as fault:  # noqa: BLE001  whatever a foreign server provokes in the SDK stays with this server
            self.fault = f"{_innermost(fault)}{self._complaint()}"
        finally:
            self._client = None
            self._health.end(self.fault or "the connection was closed")
            self._settled.set()
            self._ready.set()

    async def _connected(self, stack: AsyncExitStack) -> mcp.Client:
        return await stack.enter_async_context(
            mcp.Client(
                self._opener(self._health),
                mode="legacy",
                read_timeout_seconds=self._opening,
                message_handler=self._heard,
                client_info=mcp_types.Implementation(name="agentboard", version="1"),
                cache=None,
            )
        )

    async def _attend(self, client: mcp.Client) -> None:
        """Wait until it is over; list the tools anew when the server says that they changed."""
        gone = asyncio.create_task(self._health.gone.wait())
        try:
            while not self._closing and not gone.done() and self._client is client:
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({gone, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                self._news.clear()
                if self._relist and not gone.done():
                    self._relist = False
                    self.tools = await _listed(client)
                    self._settled.set()
        finally:
            gone.cancel()

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, mcp_types.ToolListChangedNotification):
            self._relist = True
            self._settled.clear()
            self._news.set()

    def _complaint(self) -> str:
        said = self._health.complaints.text().strip().splitlines()
        return f"; it said: {said[-1][:300]}" if said else ""


async def _listed(client: mcp.Client) -> tuple[mcp_types.Tool, ...]:
    """Return the server's tools, page by page, no more than an agent can be offered."""
    tools, cursor = list[mcp_types.Tool](), None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) >= MOST_TOOLS:
            break
    return tuple(tools[:MOST_TOOLS])


def _innermost(fault: BaseException) -> str:
    """Return what is really wrong inside a group of exceptions."""
    while isinstance(fault, BaseExceptionGroup):
        fault = cast("BaseExceptionGroup[BaseException]", fault).exceptions[0]
    return f"{type(fault).__name__}: {fault}"[:500]
