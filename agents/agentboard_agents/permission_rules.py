"""Permission rules, `Tool(specifier)`: what they say, and whether they are about a given act.

The forms are those of `.claude/settings.json`: https://code.claude.com/docs/en/permissions
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

from agentboard_agents import shell_rules
from agentboard_agents.shell_words import Seen, plain_command

__all__ = ["AGENTS", "EDITORS", "READERS", "SHELL", "Act", "Rule", "domain_of", "parse_rule", "path_matches"]

READERS = frozenset({"Read", "Grep", "Glob", "LS", "NotebookRead"})
EDITORS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
AGENTS = frozenset({"Agent", "Task"})
SHELL = "Bash"
RULE = re.compile(r"(?P<tool>[A-Za-z][\w*-]*)(?:\((?P<specifier>.*)\))?\s*\Z", re.DOTALL)
LONGEST = 2_000


class Act(Struct, frozen=True):
    """What a tool is about to do. `subject` is what rules speak of: a command, a path, a domain, a name.

    Paths are relative to the repository. `aliases` are other names of the same: an agent has a stem, too.
    `seen` holds what can be seen in a command that was looked into.
    """

    tool: str
    subject: str = ""
    aliases: tuple[str, ...] = ()
    seen: Seen = Seen()


class Rule(Struct, frozen=True):
    """One rule; without a specifier it is about every use of the tool. `file` is where it is written."""

    tool: str
    specifier: str = ""
    file: str = ""

    def __str__(self) -> str:
        """Return the rule as it is written in a settings file."""
        return f"{self.tool}({self.specifier})" if self.specifier else self.tool

    def governs(self, tool: str) -> bool:
        """Tell whether the rule is about a tool at all."""
        if self.tool.startswith("mcp__"):
            return mcp_matches(self.tool, tool)
        groups = {"Read": READERS, "Edit": EDITORS, "Agent": AGENTS, "Task": AGENTS}
        return tool == self.tool or tool in groups.get(self.tool, ())

    def allows(self, act: Act) -> bool:
        """Tell whether the rule, as an allow rule, covers all of the act: in doubt it does not."""
        if not self.governs(act.tool):
            return False
        if act.tool == SHELL:
            plain = not self.specifier and plain_command(act.subject) is not None
            return plain or shell_rules.allows(self.specifier, act.subject)
        return not self.specifier or self._is_about(act, strict=True)

    def reaches(self, act: Act) -> bool:
        """Tell whether the rule, to deny or to ask, could be about a part of the act: in doubt it is."""
        if act.tool == SHELL and self.tool in {"Read", "Edit"}:
            return bool(self.specifier) and self._names_a_file_of(act)
        if not self.governs(act.tool):
            return False
        if not self.specifier:
            return True
        if act.tool == SHELL:
            return shell_rules.reaches(self.specifier, act.seen, act.subject)
        return self._is_about(act, strict=False)

    def _is_about(self, act: Act, *, strict: bool) -> bool:
        """Tell whether the specifier is about what the act is about, by any of its names."""
        compare = specific(self.tool, act.tool, strict=strict)
        return any(compare(self.specifier, name) for name in (act.subject, *act.aliases))

    def _names_a_file_of(self, act: Act) -> bool:
        """Tell whether a command names a file that the rule is about: any word to read, targets to write."""
        words = [word for argv in act.seen.commands for word in argv[1:]] if self.tool == "Read" else []
        files = [*words, *act.seen.read, *act.seen.written] if self.tool == "Read" else act.seen.written
        paths = {path for word in files for path in (plain_path(word), word.rpartition(":")[2]) if path}
        return any(path_matches(self.specifier, path) for path in paths)


def parse_rule(text: object, file: str = "") -> Rule | None:
    """Return a rule, or `None` for what is none; `Bash(*)` is `Bash`."""
    found = RULE.match(text) if isinstance(text, str) and len(text) <= LONGEST else None
    if found is None:
        return None
    specifier = (found["specifier"] or "").strip()
    return Rule(found["tool"], "" if specifier in {"*", "**", ":*"} else specifier, file)


def specific(rule: str, tool: str, *, strict: bool) -> Callable[[str, str], bool]:
    """Return what compares the specifier of a rule with the subject of an act."""
    if tool in READERS | EDITORS:
        return path_matches
    if tool == "WebFetch":
        return domain_is if strict else domain_within
    if rule in AGENTS:
        return lambda specifier, subject: specifier.strip().casefold() == subject.strip().casefold()
    return fnmatchcase_of if not strict else str.__eq__


def fnmatchcase_of(specifier: str, subject: str) -> bool:
    """Compare with wildcards."""
    return fnmatchcase(subject, specifier)


def mcp_matches(rule: str, tool: str) -> bool:
    """Tell whether `mcp__server`, `mcp__server__*` or `mcp__server__tool` names a tool."""
    return fnmatchcase(tool, rule) or tool.startswith(f"{rule}__")


def path_matches(specifier: str, path: str) -> bool:
    """Tell whether a gitignore-style pattern matches a path of the repository, or a directory above it."""
    return bool(path) and path_spec(specifier)(path)


@lru_cache(1_000)
def path_spec(specifier: str) -> Callable[[str], bool]:
    """Return the matcher of a pattern; one that is no pattern matches nothing, and is a problem elsewhere."""
    from pathspec import GitIgnoreSpec

    line = re.sub(r"\A\./", "/", specifier)
    line = f"\\{line}" if line[:1] in {"!", "#"} else line
    try:
        return GitIgnoreSpec.from_lines([line]).match_file
    except ValueError:
        return matches_nothing


def matches_nothing(_path: str) -> bool:
    """Match no path."""
    return False


def plain_path(word: str) -> str:
    """Return a word of a command as a path of the repository, as far as it is one."""
    return re.sub(r"\A(?:\./|/project/)+", "", word) if not word.startswith("-") else word.partition("=")[2]


def domain_is(specifier: str, url: str) -> bool:
    """Tell whether an address is of a domain, or of one beneath `*.domain`."""
    domain, host = specifier.removeprefix("domain:").strip().casefold(), host_of(url)
    if domain.startswith("*."):
        return host.endswith(domain[1:])
    return bool(host) and host == domain


def domain_within(specifier: str, url: str) -> bool:
    """Tell whether an address is of a domain, or of any beneath it, or cannot be read."""
    domain, host = domain_of(specifier), host_of(url)
    return not host or host == domain or host.endswith(f".{domain}")


def domain_of(specifier: str) -> str:
    """Return the domain that a specifier names; what is beneath it belongs to it."""
    return specifier.removeprefix("domain:").strip().casefold().removeprefix("*.")


def host_of(url: str) -> str:
    """Return the host of an address; nothing for what is no address of the web."""
    if re.search(r"[\s\\\x00-\x1f]", url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return (
        host.casefold().rstrip(".") if parts.scheme in {"http", "https"} and "@" not in parts.netloc else ""
    )
