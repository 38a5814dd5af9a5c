"""The same models by way of a cloud: Bedrock and Vertex, with the cloud's own credentials."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import anthropic
import httpx2

from agentboard_agents import credentials
from agentboard_agents.runtimes.anthropic import AnthropicRuntime, Patience
from agentboard_agents.runtimes.port import TurnFailed

__all__ = ["PROVIDERS", "from_provider"]

PROVIDERS = ("bedrock", "vertex")
NEEDS = {"bedrock": ("boto3", "anthropic[bedrock]"), "vertex": ("google.auth", "anthropic[vertex]")}
"""Provider to the module that its client needs, and what to install to have it."""


def from_provider(
    provider: str, region: str | None = None, project: str | None = None, patience: Patience | None = None
) -> AnthropicRuntime:
    """Return a runtime that calls a cloud; credentials are those of its own tools and the environment.

    Args:
        provider: bedrock or vertex.
        region: where; else what the cloud's environment variables say.
        project: the project of Vertex.

    Raises:
        TurnFailed: when the provider is unknown, or its client is not installed.
    """
    if provider not in PROVIDERS:
        raise TurnFailed(
            "credentials", f"there is no provider {provider!r}: bedrock, vertex", retryable=False
        )
    module, extra = NEEDS[provider]
    if not installed(module):
        message = f"provider {provider} needs {module}, which is not installed: pip install '{extra}'"
        raise TurnFailed("credentials", message, retryable=False)
    patience = patience or Patience()
    try:
        client = CLIENTS[provider](region, project, options(patience))
    except (anthropic.AnthropicError, ValueError) as fault:
        raise TurnFailed("credentials", f"provider {provider}: {fault}", retryable=False) from fault
    return AnthropicRuntime(client, patience=patience, events=decoder(client))


def installed(module: str) -> bool:
    """Tell whether a module can be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def options(patience: Patience) -> Mapping[str, Any]:
    """Return what all clients have in common: no retries, tracing or redirects of their own."""
    timeout = httpx2.Timeout(patience.silence, connect=patience.connect)
    http = anthropic.DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False)
    return {"timeout": timeout, "max_retries": 0, "http_client": http, "open_telemetry": False}


def bedrock(region: str | None, _: str | None, shared: Mapping[str, Any]) -> Any:
    """Return the client of Bedrock; keys that were taken out of the environment are handed to it."""
    from anthropic.lib.bedrock import AsyncAnthropicBedrock

    return AsyncAnthropicBedrock(
        aws_access_key=credentials.value("AWS_ACCESS_KEY_ID"),
        aws_secret_key=credentials.value("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=credentials.value("AWS_SESSION_TOKEN"),
        aws_region=region,
        **shared,
    )


def vertex(region: str | None, project: str | None, shared: Mapping[str, Any]) -> Any:
    """Return the client of Vertex."""
    from anthropic.lib.vertex import AsyncAnthropicVertex

    given: dict[str, Any] = {"region": region, "project_id": project, **shared}
    return AsyncAnthropicVertex(**{key: value for key, value in given.items() if value is not None})


CLIENTS: dict[str, Callable[[str | None, str | None, Mapping[str, Any]], Any]] = {
    "bedrock": bedrock,
    "vertex": vertex,
}


def decoder(client: Any) -> Callable[[httpx2.Response], Any]:
    """Return what reads the events of a reply: clouds have their own framing."""
    make: Callable[[], Any] = client._make_sse_decoder  # noqa: SLF001  the SDK's own way to tell framings apart
    return lambda response: make().aiter_bytes(response.aiter_bytes())
