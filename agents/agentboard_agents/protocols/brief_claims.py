"""What a summary claims beside what is so, and the assumptions that a change writes down. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agentboard_agents.session_checks import Verdict
from agentboard_tasks.model import Summary

__all__ = ["assumptions_in", "checked_claims"]

ASSUMPTION = re.compile(r"\bTodo:\s*Assumption\s+made:\s*(\S.*)", re.IGNORECASE)
NEW_FILE = re.compile(r'\+\+\+ "?b/(.*?)"?\t?$')
HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
COMMENT_ENDS = ("*/", "-->", '"""', "'''")


def checked_claims(
    summary: Summary, changed: Sequence[str], verdict: Verdict
) -> Iterator[tuple[str, str, bool]]:
    """Yield each claim, the fact, and whether they agree."""
    for file in summary.files_modified:
        path = file.removeprefix("/project/").removeprefix("./").lstrip("/")
        known = any(path == one or one.endswith(f"/{path}") for one in changed)
        yield f"files_modified: {file}", "changed" if known else "not in the diff", known
    named = {file.rsplit("/", 1)[-1] for file in summary.files_modified}
    for path in changed if summary.files_modified else ():
        if path.rsplit("/", 1)[-1] not in named:
            yield f"files_modified without {path}", "changed, and not named", False
    if summary.done is not None:
        fact = "the checks pass" if verdict.passed else f"the checks do not pass: {verdict.reason}"
        yield f"completed: {summary.completed}", fact, summary.done == verdict.passed


def assumptions_in(diff: str) -> Iterator[tuple[str, str, int]]:
    """Yield each assumption in the added lines of a diff: text, file, line."""
    file, line = "", 0
    for row in diff.splitlines():
        if header := NEW_FILE.match(row):
            file = header.group(1)
        elif hunk := HUNK.match(row):
            line = int(hunk.group(1))
        elif row.startswith("+"):
            if found := ASSUMPTION.search(row):
                yield stripped(found.group(1)), file, line
            line += 1
        elif row.startswith(" "):
            line += 1


def stripped(text: str) -> str:
    """Return a comment's text without the mark that ends the comment."""
    text = text.strip()
    for end in COMMENT_ENDS:
        text = text.removesuffix(end).strip()
    return text
