"""Whether a contract is an OpenAPI description that others can build on: its frame, paths and operations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import cast

from agentboard_tasks.formats.yamltext import read_mapping
from agentboard_tasks.formats.yamlvalues import YamlRefused
from agentboard_tasks.model import Problem, Severity
from agentboard_tasks.workspace_schema import BROKEN, REPAIR, place_in

__all__ = ["openapi_problems"]

LIMIT = 20
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
BESIDES = METHODS | {"summary", "description", "servers", "parameters", "$ref"}
VERSION = re.compile(r"3\.[0-2]\.\d+(?:-.+)?|2\.0")
HINT = "see spec.openapis.org for what it takes"

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def openapi_problems(data: bytes, file: str) -> list[Problem]:
    """Return what keeps a file from being an OpenAPI description, at most 20 things."""
    text = data.decode("utf-8-sig", "replace")
    try:
        value: object = json.loads(text) if file.endswith(".json") else read_mapping(text)[0]
    except json.JSONDecodeError as error:
        return [Problem(Severity.ERROR, file, error.lineno, f"{BROKEN}: {error.msg}", error.colno, REPAIR)]
    except YamlRefused as refused:
        return [unread(file, refused)]
    except (ValueError, RecursionError):
        return [Problem(Severity.ERROR, file, 1, f"{BROKEN}: too deep, or a number too long", hint=REPAIR)]
    found = list(frame_faults(value))[:LIMIT]
    return [fault_problem(file, text, path, message) for path, message in found]


def unread(file: str, refused: YamlRefused) -> Problem:
    """Say that a YAML file is broken, or has what agentboard does not follow."""
    if "has no place" in refused.reason:
        message = "not checked as OpenAPI: it has YAML anchors, aliases, tags or merge keys"
        hint = "write the values out, if it is to be checked"
        return Problem(Severity.INFO, file, refused.line + 1, message, refused.column + 1, hint)
    message = f"no valid YAML, so no agent can build on it: {refused.reason}"
    return Problem(Severity.ERROR, file, refused.line + 1, message, refused.column + 1, REPAIR)


def fault_problem(file: str, text: str, path: Path, message: str) -> Problem:
    """Say what is wrong with one place of a description."""
    line, column = place_in(text, path) if file.endswith(".json") else (line_of(text, path), 1)
    where = "#" + "".join(f"/{part}" for part in path)
    return Problem(Severity.WARNING, file, line, f"no valid OpenAPI: {where}: {message}", column, HINT)


def line_of(text: str, path: Path) -> int:
    """Return the line of the innermost key of a path in YAML that stands on a line of its own."""
    position = 0
    for part in path:
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(str(part))}[\"']?[ \t]*:", re.MULTILINE).search(
            text, position
        )
        if found is None:
            break
        position = found.end()
    return text.count("\n", 0, position) + 1


def frame_faults(value: object) -> Iterator[Fault]:
    """Yield what is missing from the frame, then what is wrong with its paths."""
    if not isinstance(value, dict):
        yield (), "it must be an object"
        return
    top = cast("dict[str, object]", value)
    version = top.get("openapi", top.get("swagger"))
    if version is None:
        yield (), "there is no `openapi` version"
    elif not VERSION.fullmatch(str(version)):
        yield ("openapi" if "openapi" in top else "swagger",), f"there is no version {version!s:.40}"
    info = top.get("info")
    for key in ("title", "version"):
        if not isinstance(info, dict) or key not in info:
            yield ("info",) if "info" in top else (), f"`info` has no `{key}`"
    if "paths" in top:
        yield from path_faults(top["paths"])
    elif not top.keys() & {"components", "webhooks"}:
        yield (), "there are no `paths`"


def path_faults(paths: object) -> Iterator[Fault]:
    """Yield what is wrong with each path and its operations."""
    if not isinstance(paths, dict):
        yield ("paths",), "it must be an object"
        return
    for name, item in cast("dict[str, object]", paths).items():
        if not name.startswith(("/", "x-")):
            yield ("paths", name), "a path begins with `/`"
        if not isinstance(item, dict):
            yield ("paths", name), "it must be an object of operations"
            continue
        for method, operation in cast("dict[str, object]", item).items():
            yield from operation_faults(("paths", name, method), method, operation)


def operation_faults(path: Path, method: str, operation: object) -> Iterator[Fault]:
    """Yield what is wrong with one operation."""
    if method.startswith("x-") or method in BESIDES - METHODS:
        return
    if method not in METHODS:
        yield path, f"{method[:40]!r} is no HTTP method"
    elif not isinstance(operation, dict):
        yield path, "it must be an object"
    elif not isinstance(cast("dict[str, object]", operation).get("responses", {}), dict):
        yield (*path, "responses"), "it must be an object"
