"""What settings files say about permissions: `.claude/settings.json`, its local kin, and the user's own."""

from __future__ import annotations

import os
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentboard_agents.permission_rules import Rule, parse_rule
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.model import Problem, Severity

__all__ = ["MODES", "PROJECT_FILES", "USER_FILE", "Settings", "load_settings"]

PROJECT_FILES = (".claude/settings.json", ".claude/settings.local.json")
USER_FILE = ".claude/settings.json"
CAP = 256 * 1024
MOST_RULES = 1_000
KINDS = ("deny", "ask", "allow")
MODES = ("default", "acceptEdits", "plan", "dontAsk", "bypassPermissions")


class Settings(Struct, frozen=True):
    """One settings file. `own` is the user's; the others come with the repository."""

    file: str
    own: bool
    deny: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    allow: tuple[Rule, ...] = ()
    mode: str = ""
    hooks: dict[str, Any] = {}
    problems: tuple[Problem, ...] = ()


def load_settings(root: str, home: str | None = None) -> tuple[Settings, ...]:
    """Return the settings files that there are, the user's first; a broken one says why in `problems`."""
    home = os.path.expanduser("~") if home is None else home
    own = read_settings(home, USER_FILE, os.path.join(home, USER_FILE), own=True)
    same = os.path.realpath(home) == os.path.realpath(root)
    found = [] if same else [read_settings(root, name, name, own=False) for name in PROJECT_FILES]
    return tuple(settings for settings in (own, *found) if settings is not None)


def read_settings(directory: str, name: str, shown: str, *, own: bool) -> Settings | None:
    """Read one file; `None` when it is not there."""
    try:
        data = Root(directory).read(name, cap=CAP).data
        values: object = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except Missing:
        return None
    except FileFault as fault:
        return broken(shown, own, f"cannot be read: {fault.reason}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        return broken(shown, own, f"no valid JSON, nothing in it counts: {fault}")
    return settings_of(members(values), shown, own)


def broken(file: str, own: bool, message: str) -> Settings:
    """Return settings of which nothing counts: every tool asks, for a deny may be among what is lost."""
    problem = Problem(Severity.ERROR, file, 1, f"{message}; commands and edits ask until it is put right")
    asking = tuple(Rule(tool, "", file) for tool in ("Bash", "Edit", "Agent", "mcp__*"))
    return Settings(file, own, ask=asking, problems=(problem,))


def settings_of(values: dict[str, Any], file: str, own: bool) -> Settings:
    """Return what a decoded file says."""
    permissions = members(values.get("permissions"))
    problems: list[Problem] = []
    deny, ask, allow = (rules_of(permissions.get(kind), kind, file, problems) for kind in KINDS)
    mode = permissions.get("defaultMode")
    known = mode if isinstance(mode, str) and mode in MODES else ""
    if mode is not None and not known:
        problems.append(Problem(Severity.WARNING, file, 1, f"defaultMode {mode!r} is not known here"))
    return Settings(file, own, deny, ask, allow, known, members(values.get("hooks")), tuple(problems))


def rules_of(value: object, kind: str, file: str, problems: list[Problem]) -> tuple[Rule, ...]:
    """Read a list of rules; what is none becomes a problem."""
    found: list[Rule] = []
    for text in cast("list[object]", value)[:MOST_RULES] if isinstance(value, list) else ():
        rule = parse_rule(text, file)
        if rule is None:
            hint = "Tool or Tool(specifier), like Bash(npm run *)"
            problems.append(
                Problem(Severity.WARNING, file, 1, f"no rule in {kind}: {text!r:.200}", hint=hint)
            )
        else:
            found.append(rule)
    return tuple(found)


def members(value: object) -> dict[str, Any]:
    """Return the members of an object; none where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
