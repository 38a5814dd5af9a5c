"""Patches of PRDs: one member of one story; key order, indentation and number spelling stay."""

from __future__ import annotations

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.jsontext import Json, Member, dump, read_json
from agentboard_tasks.formats.lines import encode
from agentboard_tasks.formats.spellings import spelled
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import StorySpan, is_true, locate, says_status
from agentboard_tasks.model import State

__all__ = ["set_member", "set_passes", "set_state"]

_FILE = "the PRD"


def set_member(data: bytes, key: str, member: str, value: Json, *, file: str = _FILE) -> bytes:
    """The file with one member of one story set; the value goes on one line.

    Raises:
        NoSuchTask: no story has this key.
        FormatError: the file is no PRD.
    """
    text, story = _find(data, key, file)
    held = [one for one in story.members if one.key == member]
    if held and story.value[member] == value and type(story.value[member]) is type(value):
        return data
    written = dump(value, ascii_only=text.isascii())
    if held:
        return encode(text[: held[-1].start] + written + text[held[-1].end :])
    return encode(_with_member(text, story, dump(member, ascii_only=text.isascii()), written))


def _find(data: bytes, key: str, file: str) -> tuple[str, StorySpan]:
    text, value = read_json(data, file)
    for story in locate(text, value, file):
        if story.key == key:
            return text, story
    raise NoSuchTask(file, key)


def _with_member(text: str, story: StorySpan, name: str, value: str) -> str:
    """The text with a member added last, spaced like the one before it."""
    if not story.members:
        return text[: story.start] + "{" + f"{name}: {value}" + "}" + text[story.end :]
    last = story.members[-1]
    lead = _lead(text, story, last)
    colon = text[last.key_end : last.start]
    return text[: last.end] + "," + lead + name + colon + value + text[last.end :]


def _lead(text: str, story: StorySpan, last: Member) -> str:
    """The white space before a member's key."""
    start = last.key_start
    while start > story.start + 1 and text[start - 1] in " \t\r\n":
        start -= 1
    lead = text[start : last.key_start]
    return lead if lead or len(story.members) > 1 else " "


def set_passes(data: bytes, key: str, value: bool, *, file: str = _FILE) -> bytes:
    """The file with `passes` of one story set, in the JSON type that the story already uses for it."""
    _, story = _find(data, key, file)
    return set_member(data, key, "passes", _in_type_of(story.value.get("passes"), value), file=file)


def _in_type_of(held: Json, value: bool) -> Json:
    if isinstance(held, str) and held.strip().casefold() in ("true", "false"):
        return "true" if value else "false"
    if isinstance(held, int) and not isinstance(held, bool) and held in (0, 1):
        return int(value)
    return value


def set_state(data: bytes, file: str, key: str, state: State) -> bytes:
    """The file with one story in another state, as far as the PRD has a member that says so.

    A story that has a status and no `passes` gets another status. Elsewhere in progress is written only where
    the file uses `inProgress`; blocked and skipped have no member.
    """
    text, value = read_json(data, file)
    stories = locate(text, value, file)
    if key not in {story.key for story in stories}:
        raise NoSuchTask(file, key)
    story = next(story for story in stories if story.key == key)
    if says_status(story.value):
        return set_member(data, key, "status", _status(story, stories, state), file=file)
    patched = set_passes(data, key, state is State.DONE, file=file)
    if any("inProgress" in story.value for story in stories):
        return _set_in_progress(patched, file, key, state is State.IN_PROGRESS)
    return patched


def _status(story: StorySpan, stories: list[StorySpan], state: State) -> str:
    """How a PRD whose stories have a status spells a state: as another story does, else in the same style."""
    held = [str(one.value["status"]) for one in (story, *stories) if isinstance(one.value.get("status"), str)]
    return next((text for text in held if sentence_state(text) is state), spelled(held[0], state))


def _set_in_progress(data: bytes, file: str, key: str, value: bool) -> bytes:
    _, story = _find(data, key, file)
    if is_true(story.value.get("inProgress")) is value:
        return data
    return set_member(data, key, "inProgress", _in_type_of(story.value.get("inProgress"), value), file=file)
