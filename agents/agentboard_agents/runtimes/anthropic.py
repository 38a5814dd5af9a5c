"""The Anthropic API as a runtime.

The SDK's own retries are off: an attempt either is whole or is one `TurnFailed`, and the turn loop decides
in the open what comes next. Events are read as they are on the wire; typed objects for each delta would cost
more than all the rest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, cast

import anthropic
import httpx2
import msgspec
from anthropic._streaming import ServerSentEvent
from msgspec import Struct

from agentboard_agents import credentials
from agentboard_agents.runtimes.assembly import Assembly
from agentboard_agents.runtimes.faults import MAX_MESSAGE, status_fault
from agentboard_agents.runtimes.port import Block, OnText, Turn, TurnFailed, TurnRequest

__all__ = ["AnthropicRuntime", "Patience", "from_environment"]

Client = anthropic.AsyncAnthropic
Send = Callable[..., AbstractAsyncContextManager[anthropic.AsyncAPIResponse[Any]]]
ReadEvents = Callable[[httpx2.Response], AsyncIterator[ServerSentEvent]]
"""Takes the events out of a reply's body."""
APIFault = anthropic.AnthropicError
LINGER = 0.25
"""Seconds that the end of a reply may take after its last event."""
MAX_MODELS = 200
FORM = "output_config"
"""The member of a request that says which form the answer has (structured outputs)."""
MARK = {"cache_control": {"type": "ephemeral"}}


class Patience(Struct, frozen=True):
    """Seconds that a call may take: to connect, silent in between, and from start to end."""

    connect: float = 15.0
    silence: float = 120.0
    whole: float = 900.0


class AnthropicRuntime:
    """Turns from the Messages API.

    Args:
        client: an SDK client whose own retries are off.
        address: where a request goes, when that depends on the request.
        events: takes the events out of a reply, where a cloud frames them in its own way.
    """

    def __init__(
        self,
        client: Client,
        *,
        name: str = "anthropic",
        patience: Patience | None = None,
        address: Callable[[TurnRequest], str] | None = None,
        events: ReadEvents | None = None,
    ) -> None:
        self.name = name
        self._events = events or anthropic.AsyncStream.raw_events
        self._client = client
        self._patience = patience or Patience()
        self._address = address
        self._formless: set[str] = set()
        self.heed: Callable[[Mapping[str, str]], object] = lambda _headers: None

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:
        """Return the complete reply to `request`; see `Runtime.turn`."""
        async with faults_contained(self._patience.whole):
            if request.form is None or request.model in self._formless:
                return await self._stream(without_form(request), on_text)
            try:
                return await self._stream(request, on_text)
            except anthropic.BadRequestError:  # nothing was produced; the form may be what it does not take
                turn = await self._stream(without_form(request), on_text)
            self._formless.add(request.model)
            return turn

    async def _stream(self, request: TurnRequest, on_text: OnText) -> Turn:
        assembly = Assembly()
        send = cast("Send", self._client_for(request).messages.with_streaming_response.create)
        async with send(**wire(request)) as response:
            self.heed(response.headers)
            events = self._events(response.http_response)
            async for event in events:
                if event.data and (text := assembly.feed(event.data)):
                    on_text(text)
                if assembly.complete:
                    break
            await read_out(events)
        return assembly.turn(request.model)

    def _client_for(self, request: TurnRequest) -> Client:
        if self._address is None:
            return self._client
        return self._client.with_options(base_url=self._address(request))

    async def count_tokens(self, request: TurnRequest) -> int:
        """Return how many tokens `request` takes; see `CountsTokens.count_tokens`."""
        async with faults_contained(self._patience.connect):
            body = wire(without_form(request))
            body = {key: value for key, value in body.items() if key not in {"max_tokens", "stream"}}
            counted = await self._client_for(request).messages.count_tokens(**body)
            return int(counted.input_tokens)

    async def models(self) -> list[str]:
        """Return the ids of the models on offer, newest first; see `Runtime.models`."""
        async with faults_contained(self._patience.connect):
            page = await self._client.models.list(limit=MAX_MODELS)
            known = [model for model in page.data if isinstance(model.id, str)]  # pyright: ignore[reportUnnecessaryIsInstance]
            known.sort(key=lambda model: str(model.created_at), reverse=True)
            return [model.id for model in known]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def from_environment(base_url: str | None = None, patience: Patience | None = None) -> AnthropicRuntime:
    """Return a runtime with the key of the environment.

    Args:
        base_url: from the user's own configuration; `ANTHROPIC_BASE_URL` wins over it.

    Raises:
        TurnFailed: when there is no key.
    """
    key = credentials.value("ANTHROPIC_API_KEY")
    if not key:
        raise TurnFailed("credentials", "no API key: set ANTHROPIC_API_KEY", retryable=False)
    patience = patience or Patience()
    address = os.environ.get("ANTHROPIC_BASE_URL") or base_url
    return AnthropicRuntime(open_client(key, address, patience), patience=patience)


def open_client(
    key: str, base_url: str | None, patience: Patience, **transport: Any
) -> anthropic.AsyncAnthropic:
    """Return an SDK client without retries, tracing or redirects."""
    timeout = httpx2.Timeout(patience.silence, connect=patience.connect)
    http = anthropic.DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False, **transport)
    return anthropic.AsyncAnthropic(
        api_key=key, base_url=base_url, timeout=timeout, max_retries=0, http_client=http, open_telemetry=False
    )


def wire(request: TurnRequest) -> dict[str, Any]:
    """Return the body of the call; the cache holds up to the system prompt, and up to the last message."""
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": cached_messages(request.messages),
        "stream": True,
    }
    if request.system:
        body["system"] = [{"type": "text", "text": request.system, **MARK}]
    if request.tools:
        body["tools"] = request.tools
    if request.form is not None:
        body[FORM] = {"format": {"type": "json_schema", "schema": request.form}}
    return body


def without_form(request: TurnRequest) -> TurnRequest:
    """Return the request for a model that cannot be held to the form of its answer."""
    return msgspec.structs.replace(request, form=None) if request.form is not None else request


def cached_messages(messages: list[Block]) -> list[Block]:
    """Return the messages with the cache mark on the last block of the last one, if the user said it."""
    if not messages or messages[-1]["role"] != "user":
        return messages
    last = messages[-1]
    content: list[Block] = as_blocks(last["content"])
    marked = [*content[:-1], {**content[-1], **MARK}] if content else content
    return [*messages[:-1], {**last, "content": marked}]


def as_blocks(content: str | list[Block]) -> list[Block]:
    """Return a message's content as blocks."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


async def read_out(events: AsyncIterator[ServerSentEvent]) -> None:
    """Read the little that follows the last event: only then the connection can be used for the next call."""
    with suppress(TimeoutError, ValueError, OSError, httpx2.HTTPError, httpx2.StreamError, APIFault):
        async with asyncio.timeout(LINGER):
            async for _ in events:
                pass


@asynccontextmanager
async def faults_contained(deadline: float) -> AsyncGenerator[None]:
    """Turn every fault of a call, and a call that outlasts `deadline` seconds, into `TurnFailed`."""
    try:
        async with asyncio.timeout(deadline):
            yield
    except TurnFailed:
        raise
    except TimeoutError as fault:
        raise TurnFailed("timeout", f"the model took longer than {deadline:g} s", retryable=True) from fault
    except anthropic.APIStatusError as fault:
        raise status_fault(fault) from fault
    except (anthropic.APITimeoutError, httpx2.TimeoutException) as fault:
        raise TurnFailed("timeout", "the model API went silent", retryable=True) from fault
    except (anthropic.APIConnectionError, httpx2.HTTPError, httpx2.StreamError, OSError) as fault:
        raise TurnFailed(
            "connection", told("no connection to the model API", fault), retryable=True
        ) from fault
    except Exception as fault:  # what the SDK raises on garbage: decoding, validation, more
        raise TurnFailed("garbled", told("the model API answered garbage", fault), retryable=True) from fault


def told(what: str, fault: BaseException) -> str:
    """Return `what` with the innermost cause of `fault`, in one short line."""
    cause = fault.__cause__ or fault
    return f"{what} ({type(cause).__name__}: {cause})".replace("\n", " ")[:MAX_MESSAGE]
