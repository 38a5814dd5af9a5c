"""What a review says about a task, as an indented line under its item; every other byte stays."""

from __future__ import annotations

import re

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.itemtext import one_line
from agentboard_tasks.formats.keys import keys_of
from agentboard_tasks.formats.labels import read_labels
from agentboard_tasks.formats.lines import BOM, encode, line_end, newline_of
from agentboard_tasks.formats.outline import read_outline

__all__ = ["add_feedback"]

_LEAD = re.compile(rb"[ \t]*(?:>[ \t]?)*")


def add_feedback(data: bytes, file: str, key: str, text: str) -> bytes:
    """The file with `Feedback: text` under the item with this key; unchanged where it says so already.

    Raises:
        NoSuchTask: no task has this key.
    """
    outline = read_outline(data)
    texts = [item.text for item in outline.items]
    keys = keys_of(texts, [read_labels(each) for each in texts])
    if key not in keys:
        raise NoSuchTask(file, key)
    item = outline.items[keys.index(key)]
    lines = list(outline.lines)
    newline = newline_of(lines)
    lead = _LEAD.match(lines[item.line].removeprefix(BOM))
    said = (lead[0] if lead else b"") + b"  " + encode(f"Feedback: {one_line(text)}")
    if any(line.rstrip(b"\r\n") == said for line in lines[item.line + 1 : item.end]):
        return data
    if not line_end(lines[item.line]):
        lines[item.line] += newline
        newline = b""
    lines.insert(item.line + 1, said + newline)
    return b"".join(lines)
