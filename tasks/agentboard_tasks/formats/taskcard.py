"""A markdown file that is one task: its front matter has a status, its body the detail."""

from __future__ import annotations

import re

from agentboard_tasks.formats.frontmatter import FrontMatter, split
from agentboard_tasks.formats.keys import hash_key, task_id
from agentboard_tasks.formats.knownkeys import TASK_KEYS
from agentboard_tasks.formats.lines import BOM, file_stem
from agentboard_tasks.formats.outline import Outline, read_outline
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import priority_of
from agentboard_tasks.model import Source, State, Task, TaskList

__all__ = ["parse"]

_LIST_NAME = re.compile(r"tasks?|todos?|backlog|.+[-_](?:tasks|todos?)", re.IGNORECASE)
_PREAMBLE = 4_096  # bytes in which front matter begins


def parse(data: bytes, file: str) -> TaskList | None:
    """The one task of a file whose front matter is a task's, else None."""
    if data[:_PREAMBLE].removeprefix(BOM).lstrip()[:3] != b"---":
        return None
    head = split(data, file, TASK_KEYS)
    if not _is_task(head):
        return None
    outline = read_outline(data)
    if head.get("task_id") is None and _is_list(outline, file):
        return None
    task = _task(head, outline, file)
    return TaskList(file, task.title, task.agent, (task,), sections=False, problems=head.problems)


def _is_task(head: FrontMatter) -> bool:
    if head.get("task_id") is not None:
        return True
    named = any(head.get(name) is not None for name in ("id", "title", "priority", "assignee", "depends_on"))
    return (head.get("status") is not None) and named


def _is_list(outline: Outline, file: str) -> bool:
    """Whether a file is a list of tasks all the same: by its name, or by sections that are states."""
    states = {heading.state for heading in outline.headings if heading.state is not None}
    return bool(outline.items) and (len(states) > 1 or _LIST_NAME.fullmatch(file_stem(file)) is not None)


def _task(head: FrontMatter, outline: Outline, file: str) -> Task:
    status = _text(head, "status", "state")
    identity = _text(head, "task_id", "id")
    title = _text(head, "title", "name") or _first_heading(outline) or identity or file_stem(file)
    key = identity.lstrip("-") or hash_key(title)
    return Task(
        id=task_id(file, key),
        key=key,
        title=title,
        state=sentence_state(status) or (State.OTHER if status else State.TODO),
        source=Source(file, 1),
        format="frontmatter",
        agent=_person(head),
        priority=priority_of(_text(head, "priority") or None),
        body=head.body.strip(),
        criteria=tuple(item.text for item in outline.items if item.text),
        notes=(status,) if " " in status else (),
        depends_on=_list(head, "depends_on", "dependencies", "blocked_by"),
        tags=_list(head, "tags", "labels"),
        parent=_text(head, "parent") or None,
        completed=_text(head, "completed") or None,
    )


def _first_heading(outline: Outline) -> str:
    return next((heading.text for heading in outline.headings if heading.level == 1), "")


def _person(head: FrontMatter) -> str | None:
    """Whom a task is for: the first of several."""
    names = (
        _text(head, name) or next(iter(_list(head, name)), "") for name in ("assignee", "agent", "owner")
    )
    return next((name.strip().lstrip("@") for name in names if name), "") or None


def _text(head: FrontMatter, *names: str) -> str:
    for name in names:
        value = head.get(name)
        if isinstance(value, str) and value not in ("", "null", "~"):
            return value.strip()
    return ""


def _list(head: FrontMatter, *names: str) -> tuple[str, ...]:
    for name in names:
        value = head.get(name)
        if isinstance(value, list):
            return tuple(item for item in value if isinstance(item, str) and item)
        if isinstance(value, str) and value not in ("", "null", "~", "none", "None"):
            return tuple(part.strip() for part in value.strip("[]").split(",") if part.strip())
    return ()
