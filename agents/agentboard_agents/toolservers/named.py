"""Which servers of tools an agent's definition names, and which of their tools."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.definition_fields import fold
from agentboard_agents.project import Project
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import MCP_FILE, inline_servers, mcp_servers, mcp_want

__all__ = ["PREFIX", "Server", "allowed", "named_servers", "split_name"]

PREFIX = "mcp__"
MOST = 20
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class Server(Struct, frozen=True):
    """A server as it is configured: a `command` with arguments, or the `url` of one that runs already.

    `trusted` says whether a person has said yes to exactly this; `problem` why it cannot be used at all.
    """

    name: str
    file: str
    command: str = ""
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    url: str = ""
    headers: Mapping[str, str] = {}
    trusted: bool = False
    problem: str = ""

    def filled(self, environment: Mapping[str, str]) -> Server:
        """Return it with `${NAME}` and `${NAME:-default}` filled in; only for one that is trusted."""

        def fill(text: str) -> str:
            return VARIABLE.sub(lambda found: environment.get(found[1]) or found[2] or "", text)

        return msgspec.structs.replace(
            self,
            command=fill(self.command),
            arguments=tuple(map(fill, self.arguments)),
            variables={name: fill(value) for name, value in self.variables.items()},
            url=fill(self.url),
            headers={name: fill(value) for name, value in self.headers.items()},
        )


def named_servers(project: Project, definition: AgentDefinition) -> tuple[Server, ...]:
    """Return the servers that an agent's tools name, from `.mcp.json` and the agent's own front matter."""
    own = dict(inline_servers(fold(definition.fields).get("mcpservers")))
    known = {name: (value, MCP_FILE) for name, value in mcp_servers(project).items()}
    known |= {name: (value, definition.file) for name, value in own.items()}
    wanted = [name for name in known if names_server(definition, name)]
    trust = load_trust(project)
    servers: list[Server] = []
    for name in wanted[:MOST]:
        value, file = known[name]
        personal = file.startswith("/") and not file.startswith(project.root + os.sep)
        trusted = personal or trust.has(mcp_want(project, name, value, file))
        servers.append(server_of(name, value, file, trusted=trusted))
    return tuple(servers)


def names_server(definition: AgentDefinition, server: str) -> bool:
    """Tell whether an agent has any tool of a server; one that lists no tools has those of all."""
    if definition.tools is None:
        return True
    return any(split_name(name)[0] == server for name in definition.tools)


def allowed(tools: Iterable[str] | None, refused: Iterable[str], server: str, tool: str) -> bool:
    """Tell whether a list of tools has one tool of a server: by its name, or all of the server."""
    return (tools is None or covers(tools, server, tool)) and not covers(refused, server, tool)


def covers(names: Iterable[str], server: str, tool: str) -> bool:
    """Tell whether one of the names stands for a tool."""
    whole = {f"{PREFIX}{server}", f"{PREFIX}{server}__*", f"{PREFIX}{server}__{tool}"}
    return any(name.partition("(")[0].strip() in whole for name in names)


def split_name(name: str) -> tuple[str, str]:
    """Return (server, tool) of `mcp__server__tool`; the tool is empty where the whole server is meant."""
    if not name.startswith(PREFIX):
        return "", ""
    server, _, tool = name.removeprefix(PREFIX).partition("(")[0].strip().partition("__")
    return server, tool


def server_of(name: str, value: object, file: str, *, trusted: bool) -> Server:
    """Read one server's configuration; what is wrong with it is its `problem`."""
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    kind = str(fields.get("type") or ("http" if "url" in fields else "stdio")).lower()
    problem = ""
    if not NAME.fullmatch(name) or "__" in name:
        problem = "its name cannot be part of a tool's name"
    elif kind not in {"stdio", "http", "streamable-http"}:
        problem = f"it is of the type {kind}, and only stdio and http are known"
    elif not text(fields.get("command")) and not text(fields.get("url")):
        problem = "it has neither a command nor a url"
    stdio = kind == "stdio"
    return Server(
        name=name,
        file=file,
        command=text(fields.get("command")) if stdio else "",
        arguments=tuple(texts(fields.get("args"))) if stdio else (),
        variables=mapping(fields.get("env")) if stdio else {},
        url="" if stdio else text(fields.get("url")),
        headers={} if stdio else mapping(fields.get("headers")),
        trusted=trusted,
        problem=problem,
    )


def text(value: object) -> str:
    """Return a text without NUL, else nothing."""
    return value if isinstance(value, str) and "\0" not in value else ""


def texts(value: object) -> list[str]:
    """Return the texts of a list."""
    parts = cast("list[object]", value) if isinstance(value, list) else []
    return [text(part) if isinstance(part, str) else str(part) for part in parts][:200]


def mapping(value: object) -> dict[str, str]:
    """Return the texts of a mapping."""
    members = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return {name: text(member) for name, member in list(members.items())[:100] if text(member)}
