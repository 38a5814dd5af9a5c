"""Everything that a repository wants to run or to allow, gathered from its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from agentboard_agents.config import PROJECT_FILE, Config
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.definition_fields import fold
from agentboard_agents.permission_settings import Settings, load_settings
from agentboard_agents.project import Project
from agentboard_agents.survey import Survey
from agentboard_agents.trust import Trust, Want, as_list, want
from agentboard_tasks.files import FileFault, Root

__all__ = [
    "allow_want",
    "copy_want",
    "gate_want",
    "mcp_want",
    "mode_want",
    "setup_want",
    "trusted_gates",
    "wants",
]

MCP_FILE = ".mcp.json"
CAP = 256 * 1024
NARROW = frozenset({"", "default", "plan", "dontAsk"})
"""Modes that let an agent do no more than it may anyway."""


def wants(survey: Survey, home: str | None = None) -> tuple[Want, ...]:
    """Return what the repository wants; the user's own files are not asked about."""
    project = survey.project
    found = [gate_want(project, gate.name, gate.command) for gate in survey.config.gates]
    found += [copy_want(project, path) for path in survey.config.setup.copy]
    found += [setup_want(project, command) for command in survey.config.setup.commands]
    for settings in load_settings(project.root, home):
        found += [] if settings.own else of_settings(project, settings)
    found += [mcp_want(project, name, server) for name, server in mcp_servers(project).items()]
    for agent in survey.team.agents:
        found += of_definition(project, agent)
    return tuple({one.digest: one for one in found}.values())


def of_settings(project: Project, settings: Settings) -> Iterator[Want]:
    """Yield what one settings file wants."""
    for rule in settings.allow:
        yield allow_want(project, str(rule), settings.file)
    if settings.mode not in NARROW:
        yield mode_want(project, settings.mode, settings.file)
    for event, hooks in settings.hooks.items():
        yield want(project, "hook", event, hooks, settings.file)


def of_definition(project: Project, agent: AgentDefinition) -> Iterator[Want]:
    """Yield what one agent file of the repository wants."""
    if agent.file.startswith("/"):
        return
    if (agent.permission_mode or "") not in NARROW:
        yield mode_want(project, agent.permission_mode or "", agent.file)
    fields = fold(agent.fields)
    for name, server in inline_servers(fields.get("mcpservers")):
        yield mcp_want(project, name, server, agent.file)
    if fields.get("hooks"):
        yield want(project, "hook", agent.name, fields["hooks"], agent.file)


def inline_servers(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the servers that front matter describes itself; names alone refer to `.mcp.json`."""
    parts = as_list(value) or [value]
    for part in parts:
        if isinstance(part, dict):
            yield from cast("dict[str, Any]", part).items()


def mcp_servers(project: Project) -> dict[str, Any]:
    """Return the servers of `.mcp.json` by name; none where it is missing or broken."""
    try:
        values: Any = msgspec.json.decode(Root(project.root).read(MCP_FILE, cap=CAP).data)
    except (FileFault, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    servers: Any = cast("dict[str, Any]", values).get("mcpServers") if isinstance(values, dict) else None
    return cast("dict[str, Any]", servers) if isinstance(servers, dict) else {}


def gate_want(project: Project, name: str, command: str) -> Want:
    """Return a configured gate as a wish."""
    return want(project, "gate", name, command, PROJECT_FILE)


def copy_want(project: Project, path: str) -> Want:
    """Return a path that is copied into each work tree as a wish; what the file says may change."""
    return want(project, "copy", path, f"copy:{path}", PROJECT_FILE)


def setup_want(project: Project, command: str) -> Want:
    """Return a command that prepares each work tree as a wish."""
    return want(project, "setup", command, command, PROJECT_FILE)


def mcp_want(project: Project, name: str, server: Any, file: str = MCP_FILE) -> Want:
    """Return an MCP server as a wish; `server` is its configuration as it is written."""
    return want(project, "mcp", name, server, file)


def allow_want(project: Project, rule: str, file: str) -> Want:
    """Return an allow rule as a wish."""
    return want(project, "allow", rule, rule, file)


def mode_want(project: Project, mode: str, file: str) -> Want:
    """Return a permission mode as a wish."""
    return want(project, "permissionMode", mode, mode, file)


def trusted_gates(config: Config, trust: Trust) -> tuple[tuple[str, str], ...]:
    """Return the configured gates that may run: (name, command)."""
    pairs = [(gate.name, gate.command) for gate in config.gates]
    return tuple(pair for pair in pairs if trust.has(gate_want(trust.project, *pair)))
