"""An agent as its file defines it, from every dialect of front matter, with what is wrong with the file."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

from agentboard_agents.body import Body, Placeholder, maturity_level, names, read_body
from agentboard_agents.definition_fields import fold, items, text_of, tool_names
from agentboard_agents.definition_problems import field_problems
from agentboard_tasks.formats import frontmatter
from agentboard_tasks.model import Problem

__all__ = ["PROTOCOLS", "AgentDefinition", "Placeholder", "detect_protocol", "is_agent", "parse"]

PROTOCOLS = ("brief", "changeset", "ralph", "consultation", "checklist")
"""The five ways of working."""

BODY_CAP = 256 * 1024
NOT_AGENTS = re.compile(
    r"(?:readme|index|claude|agents|contributing|changelog|license|template|todo|_.*)(?:[-_.].*)?",
    re.IGNORECASE,
)


class AgentDefinition(Struct, frozen=True, dict=True):
    """One agent file. Paths in it are relative to the repository; `tools` is `None` when it inherits all.

    Facts of the body are read when they are first asked for.
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
    configured_protocol: str | None = None

    @cached_property
    def facts(self) -> Body:
        """What the body says."""
        return read_body(self.body[:BODY_CAP], self.body_line)

    @cached_property
    def _folded(self) -> dict[str, object]:
        return fold(self.fields)

    @property
    def role(self) -> str | None:
        """What the agent is."""
        return text_of(self._folded.get("role")) or self.facts.role

    @property
    def lead(self) -> str | None:
        """Whom it answers to, as the file spells the name."""
        return text_of(self._folded.get("lead")) or self.facts.lead

    @property
    def tier(self) -> int | None:
        """How far from the top of the hierarchy it stands."""
        stated = number(self._folded.get("tier"))
        return self.facts.tier if stated is None else stated

    @property
    def peers(self) -> tuple[str, ...]:
        """Whom it works beside, as the file spells the names."""
        stated = self._folded.get("peers")
        return names(text_of(stated) or "") or items(stated) or self.facts.peers

    @property
    def maturity(self) -> str | None:
        """Return `D1`..`D4`."""
        return maturity_level(text_of(self._folded.get("maturity")) or "") or self.facts.maturity

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What it can do unasked."""
        return items(self._folded.get("capabilities")) or self.facts.capabilities

    @property
    def working_directory(self) -> str | None:
        """Where it works."""
        return self.facts.working_directory

    @property
    def shared_directory(self) -> str | None:
        """Where it shares artifacts."""
        return self.facts.shared_directory

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """What a dispatch has to fill."""
        return self.facts.placeholders

    @property
    def memory_directory(self) -> str | None:
        """Where its notes are."""
        return self.facts.paths.memory_directory

    @property
    def team_protocol(self) -> str | None:
        """The text that its whole team loads."""
        return self.facts.paths.team_protocol

    @property
    def module_guides(self) -> tuple[str, ...]:
        """Each `CLAUDE.md` that it names."""
        return self.facts.paths.module_guides

    @property
    def requirements(self) -> str | None:
        """The requirements that it names."""
        return self.facts.paths.requirements

    @property
    def requirements_section(self) -> str | None:
        """The heading of its part of the requirements."""
        return self.facts.paths.requirements_section

    @property
    def prd(self) -> str | None:
        """The PRD that it works through."""
        return self.facts.paths.prd

    @property
    def progress(self) -> str | None:
        """The log that it appends to."""
        return self.facts.paths.progress

    @property
    def task_list(self) -> str | None:
        """Its list of tasks."""
        return self.facts.paths.task_list

    @property
    def summary(self) -> str | None:
        """Where its summary goes."""
        return self.facts.paths.summary

    @property
    def summary_keys(self) -> tuple[str, ...]:
        """The keys of the JSON at the end of its summary."""
        return self.facts.summary_keys

    @property
    def correction_attempts(self) -> int | None:
        """How often it may correct itself."""
        return self.facts.correction_attempts

    @property
    def quality_commands(self) -> tuple[str, ...]:
        """The commands that it names as its gates."""
        return self.facts.quality_commands

    @property
    def wants_changeset(self) -> bool:
        """Whether it is to answer with a change set."""
        return self.facts.wants_changeset

    @cached_property
    def protocol(self) -> str:
        """The way of working that the configuration chooses, else the one that the file implies."""
        return self.configured_protocol or detect_protocol(self.facts, self.body)


def parse(data: bytes, file: str) -> AgentDefinition:
    """Read an agent file; whatever is wrong with it becomes a problem of the definition, never an error.

    Args:
        data: the whole file.
        file: its path, relative to the project root or absolute; its stem is the name where none is given.
    """
    front = frontmatter.split(data, file)
    fields = fold(front.fields)
    stem = stem_of(file)
    tools, refused = tool_names(fields.get("tools"))
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
        problems=field_problems(front, fields, data, file),
    )


def stem_of(file: str) -> str:
    """Return the name of a file without directory and suffix."""
    leaf = file.replace("\\", "/").rpartition("/")[2]
    return leaf[: leaf.rfind(".")] if "." in leaf[1:] else leaf


def number(value: object) -> int | None:
    """Return a field as a whole number."""
    text = text_of(value) or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


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
