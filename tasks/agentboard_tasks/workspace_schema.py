"""Whether a JSON value is a JSON Schema: the shape of its keywords, as the metaschema asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from agentboard_tasks.model import Problem, Severity

__all__ = ["schema_problems"]

TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
DEPTH = 32
LIMIT = 20


def is_type(value: object) -> bool:
    """Tell whether a value names one or several types."""
    names = cast("list[object]", value) if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def is_names(value: object) -> bool:
    """Tell whether a value is a list of names."""
    return isinstance(value, list) and all(isinstance(name, str) for name in cast("list[object]", value))


def is_list(value: object) -> bool:
    """Tell whether a value is a list."""
    return isinstance(value, list)


def is_count(value: object) -> bool:
    """Tell whether a value is a whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


KEYWORDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "type": (is_type, "a JSON type, or a list of them"),
    "required": (is_names, "a list of property names"),
    "enum": (is_list, "a list"),
    "pattern": (lambda value: isinstance(value, str), "a text"),
    "format": (lambda value: isinstance(value, str), "a text"),
    "$ref": (lambda value: isinstance(value, str), "a text"),
    "minLength": (is_count, "a whole number from 0"),
    "maxLength": (is_count, "a whole number from 0"),
    "minItems": (is_count, "a whole number from 0"),
    "maxItems": (is_count, "a whole number from 0"),
}
MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def schema_problems(value: object, file: str) -> list[Problem]:
    """Return what keeps a value from being a JSON Schema, at most 20 things."""
    faults: list[str] = []
    check(value, "#", faults, 0)
    return [Problem(Severity.WARNING, file, 1, f"no valid JSON Schema: {fault}") for fault in faults[:LIMIT]]


def check(value: object, place: str, faults: list[str], depth: int) -> None:
    """Add the faults of one schema and of those inside it."""
    if isinstance(value, bool) or depth > DEPTH or len(faults) >= LIMIT:
        return
    if not isinstance(value, dict):
        faults.append(f"{place} must be an object or a boolean")
        return
    schema = cast("dict[str, object]", value)
    for keyword, (holds, wanted) in KEYWORDS.items():
        if keyword in schema and not holds(schema[keyword]):
            faults.append(f"{place}/{keyword} must be {wanted}")
    for keyword in schema.keys() & {*MAPS, *LISTS, *SINGLE}:
        check_inner(schema[keyword], keyword, f"{place}/{keyword}", faults, depth + 1)


def check_inner(value: object, keyword: str, place: str, faults: list[str], depth: int) -> None:
    """Check the schemas that a keyword holds."""
    if keyword in MAPS and isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            check(inner, f"{place}/{name}", faults, depth)
    elif is_list(value) and (keyword in LISTS or keyword == "items"):
        for number, inner in enumerate(cast("list[object]", value)):
            check(inner, f"{place}/{number}", faults, depth)
    elif keyword in SINGLE:
        check(value, place, faults, depth)
    else:
        faults.append(f"{place} must be {'an object' if keyword in MAPS else 'a list'}")
