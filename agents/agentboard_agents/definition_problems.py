"""What is wrong with an agent's front matter, and what Claude Code would do with the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentboard_agents.definition_fields import is_known_model, items, text_of
from agentboard_tasks.formats.frontmatter import FrontMatter
from agentboard_tasks.model import Problem, Severity

__all__ = ["field_problems"]

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
REQUIRED = ("name", "description")
OPENCODE = ".opencode/"
OPENCODE_REQUIRED = ("description",)
DIALECTS = {
    "json": "the front matter is JSON; Claude Code skips this file",
    "none": "there is no front matter; Claude Code skips this file",
}
"""Dialects that the reader of front matter itself takes without a word."""

REWRITE = "write it between two lines of `---` at the top of the file, one `key: value` per line"


def field_problems(
    front: FrontMatter, fields: dict[str, object], data: bytes, file: str
) -> tuple[Problem, ...]:
    """Return the reader's problems and those of the fields, in the order of their lines."""
    found = [*front.problems, *dialect_problems(front, file)]
    if front.dialect != "none":
        found += missing_problems(fields, file)
        found += value_problems(fields, data, file)
    return tuple(sorted(found, key=lambda problem: (problem.line, problem.column))) if found else ()


def dialect_problems(front: FrontMatter, file: str) -> Iterator[Problem]:
    """Explain a dialect that Claude Code does not read."""
    message = DIALECTS.get(front.dialect)
    if message:
        yield Problem(Severity.WARNING, file, 1, message, hint=REWRITE)


def missing_problems(fields: dict[str, object], file: str) -> Iterator[Problem]:
    """Report required fields that are absent."""
    other = file.startswith(OPENCODE) or f"/{OPENCODE}" in file
    reader = "OpenCode" if other else "Claude Code"
    for key in OPENCODE_REQUIRED if other else REQUIRED:
        if text_of(fields.get(key)) is None:
            message = f"there is no `{key}`; {reader} skips this file"
            yield Problem(Severity.WARNING, file, 1, message, hint=f"add `{key}:` to the front matter")


def value_problems(fields: dict[str, object], data: bytes, file: str) -> Iterator[Problem]:
    """Report values that are read but unusual."""
    name = text_of(fields.get("name"))
    if name and not NAME.fullmatch(name):
        message = (
            f"the name is not lower case with dashes: {name!r}; Claude Code may not find the agent by it"
        )
        yield Problem(
            Severity.INFO, file, line_of(data, "name"), message, hint="use a name such as `backend-worker`"
        )
    model = text_of(fields.get("model"))
    if model and not is_known_model(model):
        message = f"the model {model!r} is no alias, full id or provider/id; it is passed on as it is"
        yield Problem(
            Severity.INFO, file, line_of(data, "model"), message, hint="use sonnet, opus, haiku or a full id"
        )

    for key in ("tools", "disallowedtools"):
        for entry in items(fields.get(key)):
            if entry.count("(") != entry.count(")"):
                message = f"a parenthesis in {entry!r:.100} is not closed: it allows nothing of that tool"
                yield Problem(
                    Severity.WARNING, file, line_of(data, key), message, hint="write Bash(git log *), Read"
                )


def line_of(data: bytes, key: str) -> int:
    """Return the line of a front matter key, counted from 1; 1 where it has none of its own."""
    text = data[: 64 * 1024].decode("utf-8", "replace")
    found = re.search(rf"^[\"']?{re.escape(key)}[\"']?[ \t]*:", text, re.MULTILINE | re.IGNORECASE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
