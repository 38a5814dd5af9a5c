"""An agent as its file defines it, from every dialect of front matter, with what is wrong with the file."""

from __future__ import annotations

import re

from msgspec import Struct

from agentboard_agents.body import Body, Placeholder, maturity_level, names, read_body
from agentboard_agents.definition_fields import fold, items, text_of, tool_names
from agentboard_agents.definition_problems import field_problems
from agentboard_tasks.formats import frontmatter
from agentboard_tasks.formats.frontmatter import FrontMatter
from agentboard_tasks.model import Problem

__all__ = ["PROTOCOLS", "AgentDefinition", "Placeholder", "detect_protocol", "is_agent", "parse"]

PROTOCOLS = ("brief", "changeset", "ralph", "consultation", "checklist")
"""The five ways of working."""

BODY_CAP = 256 * 1024
NOT_AGENTS = re.compile(
    r"(?:readme|index|claude|agents|contributing|changelog|license|template|todo|_.*)(?:[-_.].*)?",
    re.IGNORECASE,
)


class AgentDefinition(Struct, frozen=True):
    """One agent file. Paths in it are relative to the repository; `tools` is `None` when it inherits all.

    `protocol` is the way of working that the file implies; configuration may choose another.
    """

    name: str
    stem: str
    file: str
    description: str = ""
    model: str | None = None
    tools: tuple[str, ...] | None = None
    refused_tools: tuple[str, ...] = ()
    color: str | None = None
    permission_mode: str | None = None
    max_turns: int | None = None
    skills: tuple[str, ...] = ()
    mcp_servers: tuple[str, ...] = ()
    dialect: str = "none"
    body: str = ""
    body_line: int = 1
    fields: dict[str, object] = {}
    problems: tuple[Problem, ...] = ()
    role: str | None = None
    lead: str | None = None
    tier: int | None = None
    peers: tuple[str, ...] = ()
    maturity: str | None = None
    capabilities: tuple[str, ...] = ()
    working_directory: str | None = None
    shared_directory: str | None = None
    placeholders: tuple[Placeholder, ...] = ()
    memory_directory: str | None = None
    team_protocol: str | None = None
    module_guides: tuple[str, ...] = ()
    requirements: str | None = None
    requirements_section: str | None = None
    prd: str | None = None
    progress: str | None = None
    task_list: str | None = None
    summary: str | None = None
    summary_keys: tuple[str, ...] = ()
    correction_attempts: int | None = None
    quality_commands: tuple[str, ...] = ()
    wants_changeset: bool = False
    protocol: str = "checklist"


def parse(data: bytes, file: str) -> AgentDefinition:
    """Read an agent file; whatever is wrong with it becomes a problem of the definition, never an error.

    Args:
        data: the whole file.
        file: its path, relative to the project root or absolute; its stem is the name where none is given.
    """
    front = frontmatter.split(data, file)
    text = front.body if len(front.body) <= BODY_CAP else front.body[:BODY_CAP]
    body = read_body(text, front.body_line)
    fields = fold(front.fields)
    return build(front, fields, body, file, field_problems(front, fields, data, file))


def build(
    front: FrontMatter, fields: dict[str, object], body: Body, file: str, problems: tuple[Problem, ...]
) -> AgentDefinition:
    """Put fields and body facts together; fields win."""
    stem = stem_of(file)
    tools, refused = tool_names(fields.get("tools"))
    paths = body.paths
    return AgentDefinition(
        name=text_of(fields.get("name")) or stem,
        stem=stem,
        file=file,
        description=text_of(fields.get("description")) or "",
        model=text_of(fields.get("model")),
        tools=tools,
        refused_tools=refused + items(fields.get("disallowedtools")),
        color=text_of(fields.get("color")),
        permission_mode=text_of(fields.get("permissionmode")),
        max_turns=number(fields.get("maxturns") or fields.get("steps")),
        skills=items(fields.get("skills")),
        mcp_servers=items(fields.get("mcpservers")),
        dialect=front.dialect,
        body=front.body,
        body_line=front.body_line,
        fields=dict(front.fields),
        problems=problems,
        role=text_of(fields.get("role")) or body.role,
        lead=text_of(fields.get("lead")) or body.lead,
        tier=number(fields.get("tier"), body.tier),
        peers=names(text_of(fields.get("peers")) or "") or items(fields.get("peers")) or body.peers,
        maturity=maturity_level(text_of(fields.get("maturity")) or "") or body.maturity,
        capabilities=items(fields.get("capabilities")) or body.capabilities,
        working_directory=body.working_directory,
        shared_directory=body.shared_directory,
        placeholders=body.placeholders,
        memory_directory=paths.memory_directory,
        team_protocol=paths.team_protocol,
        module_guides=paths.module_guides,
        requirements=paths.requirements,
        requirements_section=paths.requirements_section,
        prd=paths.prd,
        progress=paths.progress,
        task_list=paths.task_list,
        summary=paths.summary,
        summary_keys=body.summary_keys,
        correction_attempts=body.correction_attempts,
        quality_commands=body.quality_commands,
        wants_changeset=body.wants_changeset,
        protocol=detect_protocol(body, front.body),
    )


def stem_of(file: str) -> str:
    """Return the name of a file without directory and suffix."""
    leaf = file.replace("\\", "/").rpartition("/")[2]
    return leaf[: leaf.rfind(".")] if "." in leaf[1:] else leaf


def number(value: object, otherwise: int | None = None) -> int | None:
    """Return a field as a whole number."""
    text = text_of(value) or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


def detect_protocol(body: Body, text: str) -> str:
    """Return the way of working that a body implies; a plain task list where it implies none."""
    paths = body.paths
    signs = {
        "changeset": body.wants_changeset,
        "ralph": paths.prd is not None and ("passes" in text or paths.progress is not None),
        "brief": bool(body.placeholders) or (body.shared_directory is not None and paths.summary is not None),
        "consultation": bool(
            paths.team_protocol or paths.memory_directory or (body.tier is not None and body.lead is not None)
        ),
    }
    return next((protocol for protocol, present in signs.items() if present), "checklist")


def is_agent(definition: AgentDefinition) -> bool:
    """Tell whether a file is an agent's: a README or an index among agents that gives no name is none."""
    usual = NOT_AGENTS.fullmatch(definition.stem) is None
    return usual or text_of(fold(definition.fields).get("name")) is not None
