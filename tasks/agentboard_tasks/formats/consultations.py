"""Consultations that were left for later: agentboard's own files, one for each question.

---
from: backend-engineer
to: db-architect
lead: architecture-lead
asked: 2026-05-06
run: 0c1d
---

The question, in any number of lines.

## Answer

What the one who was asked said; without this part the consultation is open.
"""

from __future__ import annotations

import re

from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.itemtext import one_line
from agentboard_tasks.formats.lines import decode, encode
from agentboard_tasks.model import Consultation

__all__ = ["DIRECTORY", "answered", "compose", "parse"]

DIRECTORY = ".claude/agents-shared/deferred"
_HEAD = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<fields>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ANSWER = re.compile(r"^## Answer[ \t]*\r?$", re.MULTILINE)
_FIELDS = (("from", "asker"), ("to", "addressee"), ("lead", "lead"), ("asked", "asked"), ("run", "run"))


def compose(asked: Consultation) -> bytes:
    """The file of a question; a line of it that would begin the answer is indented."""
    head = [f"{name}: {one_line(getattr(asked, field))}" for name, field in _FIELDS if getattr(asked, field)]
    question = _ANSWER.sub(lambda found: f"  {found[0]}", asked.question.strip())
    return encode("\n".join(["---", *head, "---", "", question, ""]))


def parse(data: bytes, file: str) -> Consultation:
    """The consultation in a file.

    Raises:
        FormatError: it does not say who asks whom.
    """
    text = decode(data)
    head = _HEAD.match(text)
    fields = dict(_field(line) for line in head["fields"].splitlines()) if head else {}
    if head is None or not fields.get("from") or not fields.get("to"):
        hint = "it begins with front matter that has `from:` and `to:`"
        raise FormatError(error(file, 1, "no consultation: it does not say who asks whom", hint=hint))
    body = text[head.end() :]
    mark = _ANSWER.search(body)
    question, answer = (body[: mark.start()], body[mark.end() :]) if mark else (body, "")
    named = {field: fields.get(name, "") for name, field in _FIELDS}
    return Consultation(file=file, question=question.strip(), answer=answer.strip(), **named)


def answered(data: bytes, file: str, answer: str) -> bytes:
    """The file with its answer at the end.

    Raises:
        FormatError: it is no consultation, or has an answer.
    """
    if parse(data, file).answer:
        raise FormatError(error(file, 1, "this consultation has an answer"))
    return data.rstrip() + encode(f"\n\n## Answer\n\n{answer.strip()}\n")


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip().strip("\"'")
