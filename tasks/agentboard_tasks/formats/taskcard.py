"""A markdown file that is one task: its front matter has a status, its body the detail."""

from __future__ import annotations

import re

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.frontmatter import FrontMatter, split
from agentboard_tasks.formats.keys import hash_key, task_id
from agentboard_tasks.formats.knownkeys import TASK_KEYS
from agentboard_tasks.formats.lines import BOM, encode, file_stem, line_end, text_of
from agentboard_tasks.formats.lines import split as split_lines
from agentboard_tasks.formats.outline import Outline, read_outline
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import priority_of
from agentboard_tasks.model import Source, State, Task, TaskList

__all__ = ["parse", "set_state"]

_STATUS = re.compile(
    r"(?P<head>(?:status|state)[ \t]{0,8}:[ \t]*)(?P<value>[^\r\n]*?)(?P<comment>[ \t]#[^\r\n]*)?\Z",
    re.IGNORECASE,
)
_LIST_NAME = re.compile(r"tasks?|todos?|backlog|.+[-_](?:tasks|todos?)", re.IGNORECASE)
_SPELLINGS: dict[State, tuple[str, ...]] = {
    State.TODO: ("todo", "pending", "open", "not_started", "not-started", "backlog", "To Do", "Not Started"),
    State.IN_PROGRESS: ("in_progress", "in-progress", "In Progress", "doing", "active"),
    State.BLOCKED: ("blocked", "Blocked"),
    State.DONE: ("done", "completed", "complete", "closed", "Done", "Completed"),
    State.SKIPPED: ("cancelled", "skipped", "Cancelled"),
}
_PREAMBLE = 4_096  # bytes in which front matter begins
_KINDS = {  # how a file spells its present status says how it would spell the others
    "pending": {State.DONE: "completed", State.TODO: "pending"},
    "completed": {State.TODO: "pending"},
    "open": {State.DONE: "closed", State.TODO: "open"},
    "closed": {State.TODO: "open"},
}


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
        agent=_text(head, "assignee", "agent", "owner").lstrip("@") or None,
        priority=priority_of(_text(head, "priority") or None),
        body=head.body.strip(),
        criteria=tuple(item.text for item in outline.items),
        notes=(status,) if " " in status else (),
        depends_on=_list(head, "depends_on", "dependencies", "blocked_by"),
        tags=_list(head, "tags", "labels"),
        parent=_text(head, "parent") or None,
        completed=_text(head, "completed") or None,
    )


def _first_heading(outline: Outline) -> str:
    return next((heading.text for heading in outline.headings if heading.level == 1), "")


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


def set_state(data: bytes, file: str, key: str, state: State, *, today: str) -> bytes:
    """The file with another status, spelled in the words that the file uses.

    Raises:
        NoSuchTask: the file's task has another key.
    """
    listed = parse(data, file)
    if listed is None or listed.tasks[0].key != key:
        raise NoSuchTask(file, key)
    if listed.tasks[0].state is state:
        return data
    lines = split_lines(data)
    for number, line in enumerate(lines[:400]):
        match = _STATUS.match(text_of(line).removeprefix("\ufeff"))
        if match:
            value = _spelled(match["value"].strip(), state)
            lines[number] = encode(match["head"] + value + (match["comment"] or "")) + line_end(line)
            break
    del today
    return b"".join(lines)


def _spelled(held: str, state: State) -> str:
    quote = held[0] if len(held) > 1 and held[0] in "'\"" and held[-1] == held[0] else ""
    bare = held.strip("'\"")
    word = _KINDS.get(bare.casefold(), {}).get(state, _SPELLINGS[state][0])
    if "-" in bare and "_" in word:
        word = word.replace("_", "-")
    if bare[:1].isupper():
        word = word.replace("_", " ").title()
    return f"{quote}{word}{quote}"
