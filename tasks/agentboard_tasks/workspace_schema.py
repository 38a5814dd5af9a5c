"""Whether a JSON value is a JSON Schema, as the metaschema of its own draft says."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from typing import Any

from agentboard_tasks.formats.jsontext import Lines, elements, is_list, is_object, members
from agentboard_tasks.model import Problem, Severity

__all__ = ["BROKEN", "REPAIR", "place_in", "schema_problems"]

BROKEN = "no valid JSON, so no agent can build on it"
REPAIR = "correct it there; it may be half-written"

LIMIT = 20
NODES = 20_000
"""Values in a schema that are checked; a larger one is data that calls itself a schema."""
LONGEST = 160
WANTED = {
    "type": "must be a JSON type (null, boolean, object, array, number, string, integer), or a list of them",
    "required": "must be a list of property names, each once",
    "properties": "must be an object of schemas",
    "minLength": "must be a whole number from 0",
    "maxLength": "must be a whole number from 0",
    "minItems": "must be a whole number from 0",
    "maxItems": "must be a whole number from 0",
    "pattern": "must be a text",
    "format": "must be a text",
    "$ref": "must be a text",
    "enum": "must be a list",
    "allOf": "must be a list of schemas that is not empty",
    "anyOf": "must be a list of schemas that is not empty",
    "oneOf": "must be a list of schemas that is not empty",
}
"""What the metaschema asks of the usual keywords, in words."""

Path = tuple[str | int, ...]


def schema_problems(value: Any, file: str, text: str = "") -> list[Problem]:
    """Return what keeps a value from being a JSON Schema, at most 20 things.

    Args:
        value: the parsed file.
        file: its path, for problems.
        text: the file itself, where the lines of problems are looked up.
    """
    if count(value, NODES) > NODES:
        message = f"not checked as JSON Schema: it has more than {NODES:,} values"
        return [Problem(Severity.INFO, file, 1, message, hint="split it, if it is to be checked")]
    try:
        faults = metaschema_faults(value)
    except RecursionError:
        message = "no usable JSON Schema: it is nested too deeply"
        return [Problem(Severity.WARNING, file, 1, message, hint="use $defs instead of nesting")]
    return [fault_problem(file, text, path, message) for path, message in list(faults.items())[:LIMIT]]


def metaschema_faults(value: Any) -> dict[Path, str]:
    """Return how a value differs from the metaschema, by place.

    The draft is the one that `$schema` names; without it a schema of draft 7 is as good as one of 2020-12.
    """
    drafts: Any = import_module("jsonschema.validators")  # costs a tenth of a second, so only where needed
    newest = drafts.Draft202012Validator
    named = isinstance(value, dict) and "$schema" in value
    faults = faults_by(drafts.validator_for(value, default=newest) if named else newest, value)
    return {} if faults and not named and not faults_by(drafts.Draft7Validator, value) else faults


def faults_by(draft: Any, value: Any) -> dict[Path, str]:
    """Return how a value differs from the metaschema of one draft, by place."""
    faults: dict[Path, str] = {}
    for fault in islice(draft(draft.META_SCHEMA).iter_errors(value), 10 * LIMIT):
        faults.setdefault(tuple(fault.absolute_path), str(fault.message))
    return faults


def fault_problem(file: str, text: str, path: Path, message: str) -> Problem:
    """Say what is wrong with one place of a schema."""
    where = "#" + "".join(f"/{part}" for part in path)
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    words = WANTED.get(key) if path and path[-1] == key else None
    line, column = place_in(text, path)
    said = words or (message if len(message) <= LONGEST else f"{message[:LONGEST]}…")
    hint = "see json-schema.org for what the keyword takes"
    return Problem(Severity.WARNING, file, line, f"no valid JSON Schema: {where}: {said}", column, hint)


def place_in(text: str, path: Path) -> tuple[int, int]:
    """Return line and column, from 1, of a value in a valid JSON text."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    for part in path:
        if isinstance(part, str) and text[start : start + 1] == "{":
            found = [member.start for member in members(text, start) if member.key == part]
        elif isinstance(part, int) and text[start : start + 1] == "[":
            found = [span[0] for span in islice(elements(text, start), part, part + 1)]
        else:
            found = []
        if not found:
            break
        start = found[-1]
    place = Lines(text).place(start)
    return place.line, place.column


def count(value: Any, limit: int) -> int:
    """Count the values in a value, up to one more than `limit`."""
    held: list[Any] = [value]
    seen = 0
    while held and seen <= limit:
        one = held.pop()
        seen += 1
        if is_object(one):
            held.extend(islice(one.values(), limit + 1))
        elif is_list(one):
            held.extend(islice(one, limit + 1))
    return seen
