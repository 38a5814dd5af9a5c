"""Memory notes of agents: how they are named, and what a name says."""

from __future__ import annotations

import re
import unicodedata

from agentboard_tasks.formats.lines import decode
from agentboard_tasks.model import Note

__all__ = ["note", "note_name", "slug"]

_DATED = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})[-_](?P<topic>.+)\Z")
_OUTSIDE = re.compile(r"[^a-z0-9]+")
_HEADING = re.compile(r"#[ \t]+(.{1,200})")
_LONGEST = 60


def slug(topic: str) -> str:
    """A topic as part of a file name: lower case ASCII words and dashes; `note` if nothing is left."""
    plain = unicodedata.normalize("NFKD", topic[:500]).encode("ascii", "ignore").decode("ascii").casefold()
    return _OUTSIDE.sub("-", plain).strip("-")[:_LONGEST].rstrip("-") or "note"


def note_name(date: str, topic: str) -> str:
    """The file name of a memory note: `<date>-<topic-slug>.md`."""
    return f"{slug(date)}-{slug(topic)}.md"


def note(data: bytes, file: str, agent: str) -> Note:
    """A memory note; its name tells date and topic, the first heading the topic of an undated one."""
    stem = file.rsplit("/", 1)[-1].removesuffix(".md")
    match = _DATED.match(stem)
    if match:
        return Note(file, agent, match["date"], match["topic"].replace("-", " "))
    heading = _HEADING.match(decode(data[:4_096]).removeprefix("\ufeff").lstrip())
    return Note(file, agent, None, heading[1].strip() if heading else stem)
