"""The gates that a `package.json` names: its tests, its linter, its type checker."""

from __future__ import annotations

import json
import re

from agentboard_agents.gates.gate import REPORT, Gate
from agentboard_agents.gates.place import Place, missing

__all__ = ["SCRIPTS", "npm_scripts", "npm_tests"]

TAP_FLAGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"node\s.*--test\b", "tap", ("--test-reporter=tap",)),
    (r"vitest\b", "tap", ("--reporter=tap-flat",)),
    (r"mocha\b", "tap", ("--reporter=tap",)),
    (r"(npx\s+)?jest\b", "jest", ("--json", f"--outputFile={REPORT}")),
)
"""How a test script is asked for results that can be read: its start, the reader, what is added to it."""

SCRIPTS = {"lint": "lint", "typecheck": "types", "type-check": "types", "check-types": "types"}
"""Names of scripts that check the work without its tests -> what they check."""

RUNNERS = frozenset({"npx", "yarn", "pnpm", "bunx", "exec"})
PROGRAM = re.compile(r"[\w./@-]+")
WITHIN = frozenset({"cd", "echo", "test", "true", "false", "exit", "set", "[", "if", "for", "export"})
"""Words of the shell itself."""


def npm_tests(place: Place) -> list[Gate]:
    """Return the gate of the test script."""
    script = _scripts(place).get("test", "")
    if not script or "no test specified" in script:
        return []
    lacks = missing(place, "npm")
    words: tuple[str, ...] = ("npm", "test", "--silent")
    for pattern, reader, flags in TAP_FLAGS:
        if re.match(pattern, script) and not re.search(r"[;&|]", script):
            words = (*words, "--", *flags)
            return [Gate("npm test", words, place.directory, reader=reader, missing=lacks, script=script)]
    return [Gate("npm test", words, place.directory, missing=lacks, script=script)]


def npm_scripts(place: Place, checkers: frozenset[str]) -> list[Gate]:
    """Return the gates of scripts that lint or check types; those that only start one of `checkers` aside."""
    scripts = _scripts(place)
    return [
        Gate(
            f"npm run {name}",
            ("npm", "run", "--silent", name),
            place.directory,
            kind,
            missing=missing(place, "npm") or _lacks(place, scripts[name]),
            script=scripts[name],
        )
        for name, kind in SCRIPTS.items()
        if scripts.get(name) and _program(scripts[name]) not in checkers
    ]


def _lacks(place: Place, script: str) -> str:
    """Return the program of a script if it is not installed here."""
    program = _program(script)
    return "" if not program or program in WITHIN or "/" in program else missing(place, program)


def _program(script: str) -> str:
    """Return the program that a script starts with."""
    return next((word for word in PROGRAM.findall(script) if word not in RUNNERS), "")


def _scripts(place: Place) -> dict[str, str]:
    try:
        package = json.loads(place.listing.text("package.json", place.directory) or "{}")
        scripts = package["scripts"]
        return {name: text.strip() for name, text in scripts.items() if isinstance(text, str)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # a broken package.json has no scripts; `agentboard check` is where it is reported
