"""What settings files say about permissions: `.claude/settings.json`, its local kin, and the user's own."""

from __future__ import annotations

import json
import os
from typing import Any, cast

from msgspec import Struct, structs

from agentboard_agents.permission_rules import Rule, parse_rule
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.jsontext import place, read_json
from agentboard_tasks.model import Problem, Severity

__all__ = ["MODES", "PROJECT_FILES", "USER_FILE", "Settings", "load_settings", "parse_settings"]

PROJECT_FILES = (".claude/settings.json", ".claude/settings.local.json")
USER_FILE = ".claude/settings.json"
CAP = 256 * 1024
MOST_RULES = 1_000
AS_LIST = 'write it as a list: ["Bash(npm run *)"]'
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
    place = os.path.realpath(os.path.join(home, USER_FILE))  # a link of the user's own is followed
    own = read_settings(*os.path.split(place), os.path.join(home, USER_FILE), own=True)
    same = os.path.realpath(home) == os.path.realpath(root)
    found = [] if same else [read_settings(root, name, name, own=False) for name in PROJECT_FILES]
    return tuple(settings for settings in (own, *found) if settings is not None)


def read_settings(directory: str, name: str, shown: str, *, own: bool) -> Settings | None:
    """Read one file; `None` when it is not there."""
    try:
        return parse_settings(Root(directory).read(name, cap=CAP).data, shown, own=own)
    except Missing:
        return None
    except FileFault as fault:
        return broken(shown, own, Problem(Severity.ERROR, shown, 1, f"cannot be read: {fault.reason}"))


def parse_settings(data: bytes, shown: str, *, own: bool) -> Settings:
    """Read the bytes of one file."""
    try:
        text, values = read_json(data, shown)
    except FormatError as fault:
        return broken(shown, own, fault.problem)
    return settings_of(members(values), shown, text, own=own)


def broken(file: str, own: bool, problem: Problem) -> Settings:
    """Return settings of which nothing counts: every tool asks, for a deny may be among what is lost."""
    message = f"{problem.message}; nothing in it counts, and commands and edits ask until it is put right"
    asking = tuple(Rule(tool, "", file) for tool in ("Bash", "Edit", "Agent", "mcp__*"))
    said = structs.replace(problem, message=message, hint=problem.hint or "make it a plain, readable file")
    return Settings(file, own, ask=asking, problems=(said,))


def settings_of(values: dict[str, Any], file: str, text: str = "", *, own: bool) -> Settings:
    """Return what a decoded file says; problems are looked for in its `text`."""
    permissions = members(values.get("permissions"))
    problems: list[Problem] = []
    deny, ask, allow = (rules_of(permissions.get(kind), kind, file, text, problems) for kind in KINDS)
    mode = permissions.get("defaultMode")
    known = mode if isinstance(mode, str) and mode in MODES else ""
    if mode is not None and not known:
        message = f"defaultMode {mode!r:.80} is not known here: the default counts"
        problems.append(located(file, text, mode, message, f"one of {', '.join(MODES)}"))
    return Settings(file, own, deny, ask, allow, known, members(values.get("hooks")), tuple(problems))


def rules_of(value: object, kind: str, file: str, text: str, problems: list[Problem]) -> tuple[Rule, ...]:
    """Read a list of rules; what is none becomes a problem."""
    if value is not None and not isinstance(value, list):
        problems.append(located(file, text, value, f"{kind} is no list: it is read as one rule", AS_LIST))
        value = [value]
    found: list[Rule] = []
    for given in cast("list[object]", value or [])[:MOST_RULES]:
        rule = parse_rule(given, file)
        if rule is None:
            message = f"no rule in {kind}, so nothing follows from it: {given!r:.200}"
            problems.append(
                located(file, text, given, message, "Tool or Tool(specifier), like Bash(npm run *)")
            )
        else:
            found.append(rule)
    return tuple(found)


def located(file: str, text: str, value: object, message: str, hint: str) -> Problem:
    """Return a problem at the first place where a value stands in the text of a file."""
    spelled = json.dumps(value, ensure_ascii=False)
    at = text.find(spelled)
    where = place(text, max(at, 0))
    return Problem(Severity.WARNING, file, where.line, message, where.column, hint)


def members(value: object) -> dict[str, Any]:
    """Return the members of an object; none where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
