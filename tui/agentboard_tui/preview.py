"""A shared file as lines to read, by its kind: cards, endpoints, pretty JSON, Markdown, plain text. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice
from typing import Any, cast

from agentboard_agents.projection import CheckedClaim
from agentboard_tasks.model import Artifact, Summary
from agentboard_tasks.text import SafeText
from agentboard_tui.widgets.markdown_lines import markdown_lines
from agentboard_tui.widgets.sheet import heading, texts
from agentboard_tui.widgets.spans import Span, say

__all__ = ["changes", "preview", "summary_card"]

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ENDPOINTS = 200
MARKDOWN = frozenset({"markdown", "summary", "outcome"})
LAID_OUT = 64 * 1024
"""Bytes of Markdown that are laid out as such; a longer file shows as it is."""
LONGEST_DIFF = 2_000
MOST_CHANGES = 200
CHANGE_STYLES = {"+": "p-ok", "-": "p-fault", "@": "p-dim"}
DONE = {True: ("says it is done", "p-ok"), False: ("says it is not done", "p-ask")}
Line = list[Span]


def preview(artifact: Artifact, data: bytes, width: int) -> Iterator[Line]:
    """Return the lines of a file; only Markdown is laid out for a width."""
    yield from ([say(f"line {one.line}: {one.message}", "p-fault")] for one in artifact.problems)
    if artifact.kind in {"image", "binary"}:
        yield [say(f"{artifact.kind}, {len(data)} bytes, {_magic(data)}", "p-dim")]
    elif artifact.kind in {"json", "schema", "openapi"}:
        yield from _json(artifact.kind, data)
    elif artifact.kind in MARKDOWN and len(data) <= LAID_OUT:
        yield from markdown_lines(data.decode("utf-8", "replace"), width)
    else:
        yield from texts(data)


def changes(before: bytes, after: bytes, when: str) -> Iterator[Line]:
    """Return what differs from an earlier version that was seen `when`; nothing where nothing does."""
    one, two = ([str(line) for line in SafeText.lines(data, LONGEST_DIFF)] for data in (before, after))
    lines = list(islice(unified_diff(one, two, lineterm="", n=2), 2, 2 + MOST_CHANGES))
    if lines:
        yield from heading("CHANGED", when)
        yield from ([say(line, CHANGE_STYLES.get(line[:1], "p-plain"))] for line in lines)


def _json(kind: str, data: bytes) -> Iterator[Line]:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        yield from texts(data)
        return
    if kind == "openapi" and isinstance(value, dict):
        yield from _endpoints(cast("dict[str, Any]", value))
    yield from texts(json.dumps(value, indent=2, ensure_ascii=False))


def _endpoints(api: dict[str, Any]) -> Iterator[Line]:
    paths = api.get("paths")
    if not isinstance(paths, dict):
        return
    yield from heading("ENDPOINTS")
    for path, operations in list(cast("dict[str, object]", paths).items())[:ENDPOINTS]:
        for method in METHODS if isinstance(operations, dict) else ():
            operation = cast("dict[str, Any]", operations).get(method)
            if isinstance(operation, dict):
                words = str(cast("dict[str, Any]", operation).get("summary") or "")
                yield [say(f"{method.upper():<7} ", "p-key"), say(path, "p-name"), say(f"  {words}", "p-dim")]
    yield from heading("SOURCE")


def _magic(data: bytes) -> str:
    known = {b"\x89PNG": "PNG", b"\xff\xd8": "JPEG", b"GIF8": "GIF", b"%PDF": "PDF", b"PK": "an archive"}
    return next((name for start, name in known.items() if data.startswith(start)), "of unknown type")


def summary_card(summary: Summary, claims: Sequence[CheckedClaim]) -> Iterator[Line]:
    """Return an agent's summary as a card: what it says, beside what is so."""
    words, style = (
        ("does not say whether it is done", "p-dim") if summary.done is None else DONE[summary.done]
    )
    yield [say(summary.agent or summary.file, "p-name"), say(f"  {words}", style)]
    if summary.completed:
        yield [say(f"completed: {summary.completed}")]
    yield from ([say("blocker: ", "p-ask"), say(blocker)] for blocker in summary.blockers)
    if summary.next_action:
        yield [say("next: ", "p-dim"), say(summary.next_action)]
    if summary.files_modified:
        yield [say("files: ", "p-dim"), say(", ".join(summary.files_modified))]
    for claim in sorted(claims, key=lambda claim: claim.holds):
        yield [say("= " if claim.holds else "≠ ", "p-ok" if claim.holds else "p-fault"), say(claim.claim)]
        yield [say("    fact: ", "p-dim"), say(claim.fact, "p-dim" if claim.holds else "p-fault")]
    yield from heading("THE FILE")
