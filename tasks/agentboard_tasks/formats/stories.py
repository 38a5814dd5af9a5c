"""The stories of a PRD: where they are in its text, and each as a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.jsontext import Json, Lines, Member, elements, is_list, is_object, members
from agentboard_tasks.formats.keys import hash_key, task_id
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.model import Source, State, Task

__all__ = [
    "NotAPrd",
    "StorySpan",
    "denial",
    "first_text",
    "is_true",
    "locate",
    "priority_of",
    "state_of",
    "story_task",
    "texts",
]

_NO_STORIES = "no list of stories (`userStories` or `stories`): not a PRD, nothing of it is shown"
_LISTS = ("userStories", "stories", "user_stories")
_RANKS = {
    "critical": 0,
    "urgent": 0,
    "highest": 0,
    "high": 1,
    "medium": 2,
    "normal": 2,
    "low": 3,
    "lowest": 4,
}
_NOTES = ("technicalNotes", "notes", "completionNotes", "targetFiles")
_SIGNS = frozenset({"passes", "acceptanceCriteria", "acceptance", "userStory"})


class NotAPrd(FormatError):
    """Valid JSON, but without a list of stories."""


class StorySpan(Struct, frozen=True):
    """One story: its value, key, own id (as text) if it has one, and offsets in the text."""

    value: dict[str, Json]
    key: str
    identity: str | None
    start: int
    end: int
    members: list[Member]
    line: int
    column: int


def locate(text: str, value: Json, file: str) -> list[StorySpan]:
    """The stories of a PRD in file order; entries that are no objects are passed over.

    Raises:
        NotAPrd: there is no list of stories.
    """
    start = _list_start(text, value, file)
    spans = [(at, end) for at, end in elements(text, start) if text[at] == "{"]
    held = _list_of(value)
    values = [item for item in held if is_object(item)]
    keys = _keys(values)
    lines = Lines(text)
    return [
        StorySpan(item, key, _identity(item), at, end, members(text, at), *_place(lines, at))
        for item, key, (at, end) in zip(values, keys, spans, strict=True)
    ]


def _is_story(item: Mapping[str, Json]) -> bool:
    return not _SIGNS.isdisjoint(item) or {"id", "title"}.issubset(item)


def _place(lines: Lines, offset: int) -> tuple[int, int]:
    where = lines.place(offset)
    return where.line, where.column


def _list_of(value: Json) -> list[Json]:
    if is_list(value):
        return value
    return next(value[name] for name in _LISTS if is_list(value.get(name)))


def _list_start(text: str, value: Json, file: str) -> int:
    if is_list(value) and any(is_object(item) and _is_story(item) for item in value):
        return text.index("[")
    if is_object(value):
        for name in _LISTS:
            if is_list(value.get(name)):
                return [member for member in members(text, text.index("{")) if member.key == name][-1].start
    raise NotAPrd(error(file, 1, _NO_STORIES, hint="add the list, or give the file another name"))


def _identity(story: Mapping[str, Json]) -> str | None:
    value = story.get("id", story.get("storyId"))
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    text = str(value).strip()
    return text if text and not text.startswith("-") else None


def _keys(stories: list[dict[str, Json]]) -> list[str]:
    uses = Counter(identity for identity in map(_identity, stories) if identity is not None)
    seen: Counter[str] = Counter()
    keys: list[str] = []
    for story in stories:
        identity = _identity(story)
        if identity is not None and uses[identity] == 1:
            keys.append(identity)
            continue
        key = hash_key(_title(story) or (identity or ""))
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}.{seen[key]}")
    return keys


def story_task(span: StorySpan, file: str, agent: str | None) -> Task:
    """One story as a task."""
    story = span.value
    return Task(
        id=task_id(file, span.key),
        key=span.key,
        title=_title(story) or span.key,
        state=state_of(story),
        source=Source(file, span.line),
        format="prd",
        agent=first_text(story, "agent", "assignee") or agent,
        priority=priority_of(story.get("priority")),
        body=first_text(story, "description", "userStory", "story"),
        criteria=_any(story, "acceptanceCriteria", "acceptance", "acceptance_criteria", "criteria", "steps"),
        notes=tuple(text for name in _NOTES for text in texts(story.get(name))),
        depends_on=_any(story, "dependsOn", "depends_on", "dependencies", "blockedBy"),
        tags=_any(story, "labels", "tags"),
        completed=first_text(story, "completedAt", "completed_at") or None,
        checkpoint=is_true(story.get("checkpoint")) or is_object(story.get("checkpoint")),
    )


def state_of(story: Mapping[str, Json]) -> State:
    """The state of a story; where it has `passes`, no other member says that it is done."""
    if is_true(story.get("passes")):
        return State.DONE
    beside = _said_beside_passes(story)
    return beside if "passes" not in story or beside is not State.DONE else State.TODO


def denial(story: Mapping[str, Json], *, done: bool) -> State | None:
    """What other members than `passes` say of a story, if that cannot be true beside it being done or not."""
    beside = _said_beside_passes(story)
    if done:
        return beside if beside in (State.IN_PROGRESS, State.BLOCKED, State.SKIPPED) else None
    return beside if beside is State.DONE else None


def _said_beside_passes(story: Mapping[str, Json]) -> State:
    if is_true(story.get("blocked")):
        return State.BLOCKED
    if is_true(story.get("inProgress")) or is_true(story.get("in_progress")):
        return State.IN_PROGRESS
    status = story.get("status")
    said = isinstance(status, str) and bool(status.strip())
    unknown = State.TODO if not said or "passes" in story else State.OTHER
    return (sentence_state(status) if isinstance(status, str) else None) or unknown


def is_true(value: Json) -> bool:
    """Whether a member says yes, in any of the types that files use for it."""
    if isinstance(value, str):
        return value.strip().casefold() in ("true", "yes", "1")
    return isinstance(value, bool | int | float) and bool(value)


def _title(story: Mapping[str, Json]) -> str:
    text = first_text(story, "title", "name", "story", "userStory", "description", "iWant", "goal")
    return text.strip().splitlines()[0] if text.strip() else ""


def first_text(value: Mapping[str, Json], *names: str) -> str:
    """The first of some members that is text and not empty."""
    return next(
        (value[name] for name in names if isinstance(value.get(name), str) and value[name].strip()), ""
    )


def _any(story: Mapping[str, Json], *names: str) -> tuple[str, ...]:
    return next((found for name in names if (found := texts(story.get(name)))), ())


def texts(value: Json) -> tuple[str, ...]:
    """A list of texts from what files have in its place: a list of scalars or objects, one text, nothing."""
    if is_list(value):
        return tuple(found for item in value[:10_000] if (found := _text(item)))
    found = _text(value)
    return (found,) if found else ()


def _text(value: Json) -> str:
    if is_object(value):
        return first_text(value, "text", "description", "criterion", "title", "id", "path", "file")
    if value is None or isinstance(value, bool | list):
        return ""
    return str(value).strip()


def priority_of(value: Json) -> int | None:
    """A priority as a number, 0 or 1 being the most urgent, from a number or a word."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < 1e9 else None
    word = str(value).strip().casefold()
    number = word.removeprefix("p")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else _RANKS.get(word)
