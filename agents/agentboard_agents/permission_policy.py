"""What an agent may do unasked: the rules of all settings, its mode, and the sandbox, in one verdict."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.permission_rules import (
    AGENTS,
    EDITORS,
    READERS,
    SHELL,
    Act,
    Rule,
    parse_rule,
    path_matches,
)
from agentboard_agents.permission_settings import PROJECT_FILES, USER_FILE, Settings, load_settings
from agentboard_agents.project import Project
from agentboard_agents.shell_rules import seen_within
from agentboard_agents.trust import Trust, load_trust, trust_file
from agentboard_agents.trust_wants import allow_want, mode_want

__all__ = ["Decision", "LivePolicy", "Policy", "act_of", "load_policy"]

Verdict = Literal["allow", "ask", "deny", "unsaid"]

UNREADABLE = "\0"
"""A specifier that nothing matches."""

HARMLESS = (
    READERS | {"TodoRead", "TodoWrite", "AskUserQuestion", "BashOutput", "WebFetch", "WebSearch"} | AGENTS
)
"""Tools that plan mode leaves: they change nothing."""


LOOKS_INTO_COMMANDS = frozenset({SHELL, "Read", "Edit"})
"""Tools whose rules are also about what a command runs, reads and writes."""


class Decision(Struct, frozen=True):
    """What the rules say about an act, and which one says so; `unsaid` when none does."""

    verdict: Verdict
    reason: str = ""


class Policy(Struct, frozen=True):
    """The rules that count, and the mode. Allow rules of an untrusted repository are not among them."""

    deny: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    allow: tuple[Rule, ...] = ()
    mode: str = "default"
    only: tuple[Rule, ...] = ()
    """All that a definition leaves of a tool, as in `tools: Bash(git log:*)`."""

    def decide(self, act: Act) -> Decision:
        """Return the verdict: deny wins, then ask, then allow.

        A command is looked into only where a rule may be about something in it, for that takes a process.
        """
        if act.tool == SHELL and any(rule.tool in LOOKS_INTO_COMMANDS for rule in (*self.deny, *self.ask)):
            act = msgspec.structs.replace(act, seen=seen_within(act.subject))
        for rule in self.deny:
            if rule.reaches(act):
                return Decision("deny", f"the rule {rule} in {rule.file} denies it")
        left = [rule for rule in self.only if rule.tool == act.tool]
        if left and not any(rule.allows(act) for rule in left):
            return Decision("deny", f"this agent has of {act.tool} only {', '.join(map(str, left))}")
        if self.mode == "plan" and act.tool not in HARMLESS:
            return Decision("deny", "this agent only plans (permissionMode: plan): it may read, not change")
        for rule in self.ask:
            if rule.reaches(act):
                return Decision("ask", f"the rule {rule} in {rule.file} asks")
        if act.tool == SHELL and not act.seen.readable and self._minds_commands:
            return Decision("ask", "rules deny some commands, and which ones this runs cannot be told")
        allowed = next((rule for rule in self.allow if rule.allows(act)), None)
        return Decision("allow", f"the rule {allowed} allows it") if allowed else Decision("unsaid")

    def withholds(self, tool: str) -> bool:
        """Tell whether a rule denies every use of a tool: it is not offered then."""
        return any(not rule.specifier and rule.governs(tool) for rule in self.deny)

    def hides(self, path: str) -> bool:
        """Tell whether a search leaves a file of the repository out: reading it is denied, or would ask."""
        return any(
            rule.tool == "Read" and path_matches(rule.specifier, path) for rule in (*self.deny, *self.ask)
        )

    @property
    def _minds_commands(self) -> bool:
        return any(rule.tool == SHELL for rule in (*self.deny, *self.ask))


def load_policy(
    project: Project, definition: AgentDefinition, trust: Trust, home: str | None = None
) -> Policy:
    """Return what counts for an agent; deny and ask rules always do, what widens only after trust."""
    found = load_settings(project.root, home)
    return Policy(
        (
            *rules_in(definition.refused_tools, definition.file),
            *(rule for settings in found for rule in settings.deny),
        ),
        tuple(rule for settings in found for rule in settings.ask),
        tuple(rule for settings in found for rule in settings.allow if may_widen(settings, rule, trust)),
        mode_of(definition, found, trust),
        restrictions(definition),
    )


def rules_in(tools: Iterable[str], file: str) -> tuple[Rule, ...]:
    """Return the entries of a list of tools that are about some uses of a tool only.

    One that cannot be read is about its tool, and names nothing.
    """
    return tuple(
        rule
        for text in tools
        if "(" in text
        and (
            rule := parse_rule(text, file) or Rule(text.partition("(")[0].strip(), UNREADABLE, file)
        ).specifier
    )


def restrictions(definition: AgentDefinition) -> tuple[Rule, ...]:
    """Return what a definition leaves of tools that it lists with a specifier alone; names come by commas."""
    listed = definition.tools or ()
    rules = [rule for rule in rules_in(listed, definition.file) if rule.tool not in listed]
    return tuple(
        msgspec.structs.replace(rule, specifier=part.strip())
        for rule in rules
        for part in (rule.specifier.split(",") if rule.tool in AGENTS else [rule.specifier])
    )


class LivePolicy:
    """The policy of an agent as the files say it now: a rule that is added counts from the next call on."""

    def __init__(self, project: Project, definition: AgentDefinition, home: str | None = None) -> None:
        self._project = project
        self._definition = definition
        self._home = os.path.expanduser("~") if home is None else home
        self._stamps: tuple[object, ...] = ()
        self._policy = Policy()

    def now(self) -> Policy:
        """Return the policy, read again if a file has changed."""
        stamps = tuple(stamp_of(path) for path in self._files())
        if stamps != self._stamps:
            trust = load_trust(self._project)
            self._policy = load_policy(self._project, self._definition, trust, self._home)
            self._stamps = stamps
        return self._policy

    def _files(self) -> list[str]:
        own = [os.path.join(self._home, USER_FILE), trust_file(self._project)]
        return own + [os.path.join(self._project.root, name) for name in PROJECT_FILES]


def stamp_of(path: str) -> tuple[int, int, int] | None:
    """Return what changes with a file."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def may_widen(settings: Settings, rule: Rule, trust: Trust) -> bool:
    """Tell whether an allow rule counts: it is the user's own, or was trusted as it stands."""
    return settings.own or trust.has(allow_want(trust.project, str(rule), settings.file))


def mode_of(definition: AgentDefinition, found: Iterable[Settings], trust: Trust) -> str:
    """Return the mode: the agent's own, else that of the last settings file; wider ones only after trust."""
    own = definition.permission_mode
    said = [(definition.file, definition.file.startswith("/"), own)] if own else []
    said += [
        (settings.file, settings.own, settings.mode) for settings in reversed(list(found)) if settings.mode
    ]
    for file, mine, mode in said:
        if (
            mine
            or mode in {"plan", "dontAsk", "default"}
            or trust.has(mode_want(trust.project, mode or "", file))
        ):
            return mode or "default"
    return "default"


def act_of(tool: str, given: dict[str, object], working_directory: str, roots: Iterable[str]) -> Act:
    """Return a tool call as an act. Absolute paths beneath one of `roots` are paths of the repository."""
    if tool == SHELL:
        return Act(tool, text_of(given, "command"))
    if tool in READERS | EDITORS:
        path = text_of(given, "file_path", "notebook_path", "path")
        return Act(tool, repository_path(path, working_directory, roots))
    return Act(tool, text_of(given, "url", "agent", "subagent_type"))


def text_of(given: dict[str, object], *names: str) -> str:
    """Return the first of some arguments that is a text."""
    return next((value for name in names if isinstance(value := given.get(name), str)), "")


def repository_path(path: str, working_directory: str, roots: Iterable[str]) -> str:
    """Return a tool's path relative to the repository; one outside of it is refused by the tool."""
    if not path.startswith("/"):
        return posixpath.normpath(posixpath.join(working_directory or ".", path or "."))
    whole = posixpath.normpath(path)
    for root in roots:
        if whole == root or whole.startswith(f"{root}/"):
            return whole[len(root) + 1 :] or "."
    return whole.lstrip("/")
