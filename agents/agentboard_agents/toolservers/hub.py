"""All servers of tools of one run, as tools of its agent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import mcp_types
from msgspec.structs import replace

from agentboard_agents.credentials import whole
from agentboard_agents.project import state_home
from agentboard_agents.runtimes.port import Block
from agentboard_agents.sandbox.box import Box, Sandbox
from agentboard_agents.session_tools import Action
from agentboard_agents.toolservers.link import Link, LinkFault, http, stdio
from agentboard_agents.toolservers.named import PREFIX, Server, allowed, split_name
from agentboard_agents.toolservers.pipe import Boxed
from agentboard_agents.toolservers.shown import shown_to
from agentboard_agents.turns_port import ToolAnswer

__all__ = ["Hub", "text_of"]

CAP = 60_000
LONGEST_DESCRIPTION = 4_000
LONGEST_SCHEMA = 64_000
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")

Fit = Callable[[str, str], str]
"""Shortens an output of a named tool, keeping the whole of it elsewhere."""


class Hub:
    """The servers that an agent's definition names; each runs in the agent's own box."""

    def __init__(
        self,
        servers: tuple[Server, ...],
        tools: tuple[str, ...] | None,
        refused: tuple[str, ...],
        sandbox: Sandbox,
        box: Box,
        fit: Fit,
        reading: bool = False,
    ) -> None:
        self.servers = servers
        self._tools = tools
        self._refused = refused
        self._fit = fit
        self._reading = reading
        usable = [server for server in servers if server.trusted and not server.problem]
        self._links: Mapping[str, Link] = {
            server.name: Link(server.name, _opener(server.filled(whole()), sandbox, box)) for server in usable
        }

    async def open(self) -> dict[str, str]:
        """Connect to all of them at once; return why some cannot be used, by name."""
        faults = {server.name: _fault(server) for server in self.servers if _fault(server)}
        names = list(self._links)
        opened = await asyncio.gather(*(self._links[name].open() for name in names), return_exceptions=True)
        for name, result in zip(names, opened, strict=True):
            if isinstance(result, LinkFault):
                faults[name] = str(result)
            elif isinstance(result, BaseException):
                raise result
        return faults

    async def close(self) -> None:
        """Let go of all of them."""
        await asyncio.gather(*(link.close() for link in self._links.values()))

    @property
    def definitions(self) -> list[Block]:
        """The tools on offer now, as the model sees them."""
        return [
            definition
            for link in self._links.values()
            if link.up
            for tool in link.tools
            if (definition := _definition(link.name, tool)) and self._allows(link.name, tool.name)
            if not self._reading or _reads(tool)
        ]

    def action(self, name: str) -> Action | None:
        """Return what calls a tool of a server; for every such name, so that a replay takes the same path."""
        if not name.startswith(PREFIX):
            return None

        async def act(given: dict[str, object]) -> ToolAnswer:
            return await self._call(name, given)

        return Action({"name": name, "description": "", "input_schema": {"type": "object"}}, act)

    async def _call(self, name: str, given: dict[str, object]) -> ToolAnswer:
        server, tool = split_name(name)
        link = self._links.get(server)
        if link is None:
            known = next((_fault(one) for one in self.servers if one.name == server), "")
            return _no(name, known or f"there is no server {server!r} for you")
        if not self._allows(server, tool):
            return _no(name, "your definition does not list it")
        try:
            await link.open()
            if not await link.has(tool):
                return _no(
                    name, f"the server has no such tool; it has {', '.join(t.name for t in link.tools)}"
                )
            if self._reading and not any(one.name == tool and _reads(one) for one in link.tools):
                return _no(
                    name, "who is consulted only reads, and the server does not say that this tool does"
                )
            result = await link.call(tool, cast("dict[str, Any]", given))
        except LinkFault as fault:
            return _no(name, str(fault))
        text = self._fit(name, text_of(result))
        return ToolAnswer(not result.is_error, text, f"{name}: {text.strip().partition(chr(10))[0][:100]}")

    def _allows(self, server: str, tool: str) -> bool:
        return allowed(self._tools, self._refused, server, tool)


def _reads(tool: mcp_types.Tool) -> bool:
    """Tell whether a server says of a tool that it changes nothing."""
    return tool.annotations is not None and tool.annotations.read_only_hint is True


def _no(name: str, why: str) -> ToolAnswer:
    return ToolAnswer(False, f"{name}: {why}", f"{name} refused: {why[:100]}")


def _fault(server: Server) -> str:
    """Return why a server is not started, or nothing."""
    if server.problem:
        return server.problem
    return "" if server.trusted else f"the server {server.name} waits for trust (agentboard trust)"


def _opener(server: Server, sandbox: Sandbox, box: Box) -> Any:
    if server.url:
        return http(server)
    variables = {**box.environment, **server.variables}
    shown = (*box.read_only, *shown_to(server, state_home()))
    own = replace(box, network=True, environment=variables, read_only=shown)
    return stdio(Boxed(sandbox, own, [server.command, *server.arguments], box.worktree))


def _definition(server: str, tool: mcp_types.Tool) -> Block | None:
    """Return a tool for the model, or `None` for one whose name or schema no model takes."""
    name, schema = f"{PREFIX}{server}__{tool.name}", dict(tool.input_schema)
    if not NAME.fullmatch(name) or len(str(schema)) > LONGEST_SCHEMA or schema.get("type") != "object":
        return None
    description = (tool.description or tool.title or tool.name)[:LONGEST_DESCRIPTION]
    return {"name": name, "description": description, "input_schema": schema}


def text_of(result: mcp_types.CallToolResult) -> str:
    """Return a result as text; what is no text is named."""
    return "\n".join(_part(block) for block in result.content) or "(no output)"


def _part(block: object) -> str:
    match block:
        case mcp_types.TextContent():
            return block.text
        case mcp_types.EmbeddedResource(resource=mcp_types.TextResourceContents() as resource):
            return f"[{resource.uri}]\n{resource.text}"
        case mcp_types.ResourceLink():
            return f"[{block.uri}] {block.name}"
        case mcp_types.ImageContent() | mcp_types.AudioContent():
            return f"[{block.mime_type}, {len(block.data) * 3 // 4:,} bytes, not shown]"
        case _:
            return f"[{type(block).__name__}, not shown]"
