"""Artifacts that agents share: what each is, by whom, and whether it can be used."""

from __future__ import annotations

import json
import re

from agentboard_tasks.files import FileFault, Root, Stamp
from agentboard_tasks.formats import summary
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.summary import Outcome
from agentboard_tasks.model import Artifact, Problem, Severity, Summary
from agentboard_tasks.workspace_schema import BROKEN, REPAIR, schema_problems
from agentboard_tasks.workspace_survey import fault_problem

__all__ = ["artifact_kind", "read_artifact"]

CAP = 1024 * 1024
KINDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r".+-summary\.md", "summary"),
        (r".+-outcome\.md", "outcome"),
        (r"(?:.*[-_.])?schema\.json", "schema"),
        (r"(?:.*[-_.])?(?:openapi|swagger)(?:[-_.].*)?\.(?:ya?ml|json)", "openapi"),
        (r".+\.jsonl?", "json"),
        (r".+\.(?:md|markdown|mdx)", "markdown"),
        (r".+\.(?:png|jpe?g|gif|webp|svg|bmp|ico)", "image"),
        (r".+\.(?:zip|gz|tar|pdf|woff2?|so|bin|exe|db|sqlite3?|pyc|mp4)", "binary"),
    )
)
AGENT = re.compile(r"(.+)-(?:summary|outcome)\.md", re.IGNORECASE)


def artifact_kind(path: str) -> str:
    """Return what an artifact is by its name: summary, outcome, schema, openapi, json, markdown, image…"""
    name = path.rpartition("/")[2]
    return next((kind for pattern, kind in KINDS if pattern.fullmatch(name)), "text")


def read_artifact(
    root: Root, path: str, stamp: Stamp, owner: str | None
) -> tuple[Artifact, Summary | Outcome | None]:
    """Describe an artifact; summaries and JSON are read to see whether they hold."""
    kind = artifact_kind(path)
    found: Summary | Outcome | None = None
    problems: tuple[Problem, ...] = ()
    try:
        if kind in ("summary", "outcome"):
            found = read_summary(root, path, kind)
            problems = found.problems
        elif kind == "openapi":
            from agentboard_tasks.workspace_openapi import openapi_problems  # YAML is slow to import

            problems = tuple(openapi_problems(root.read(path, cap=CAP).data, path))
        elif kind in ("schema", "json") and not path.lower().endswith("l"):
            problems = tuple(json_problems(root.read(path, cap=CAP).data, path, schema=kind == "schema"))
    except FileFault as fault:
        problems = (fault_problem(fault, path),)
    except FormatError as error:
        problems = (error.problem,)
    return Artifact(path, kind, owner or author(path), stamp.mtime_ns / 1e9, stamp.size, problems), found


def read_summary(root: Root, path: str, kind: str) -> Summary | Outcome:
    """Read an agent's summary, or a reviewer's outcome."""
    parse = summary.parse if kind == "summary" else summary.parse_outcome
    return parse(root.read(path, cap=CAP).data, path)


def author(path: str) -> str | None:
    """Return the agent that a summary or outcome is from, by its name."""
    found = AGENT.fullmatch(path.rpartition("/")[2])
    return found.group(1) if found else None


def json_problems(data: bytes, path: str, *, schema: bool) -> list[Problem]:
    """Check that a file is JSON, and a schema a JSON Schema."""
    try:
        text = data.decode("utf-8-sig")
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        return [Problem(Severity.ERROR, path, error.lineno, f"{BROKEN}: {error.msg}", error.colno, REPAIR)]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [Problem(Severity.ERROR, path, line, f"{BROKEN}: it is not UTF-8", hint=REPAIR)]
    except (ValueError, RecursionError):
        return [Problem(Severity.ERROR, path, 1, f"{BROKEN}: too deep, or a number too long", hint=REPAIR)]
    return schema_problems(value, path, text) if schema else []
